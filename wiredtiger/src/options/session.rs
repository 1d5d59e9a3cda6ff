//! Options of a session.

use std::time::Duration;

use crate::config::{Config, Method, Millis};
use crate::error::Result;
use crate::options::Isolation;

/// Options of a [`Session`](crate::Session).
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct SessionOptions {
    isolation: Option<Isolation>,
    cache_max_wait: Option<Duration>,
    ignore_cache_size: Option<bool>,
    raw: Option<String>,
}

impl SessionOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What reads outside transactions see, and transactions that do not say otherwise. At a level
    /// that is read-only, writes outside transactions fail with
    /// [`NotSupported`](crate::ErrorKind::NotSupported). Default: [`Isolation::Snapshot`].
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = Some(isolation);
        self
    }

    /// How long an operation waits for room in a full cache. Rounded up to milliseconds.
    /// Default: the connection's setting.
    pub fn cache_max_wait(mut self, wait: Duration) -> Self {
        self.cache_max_wait = Some(wait);
        self
    }

    /// Spares this session from helping the eviction when the cache is full. For the few sessions
    /// that must not wait; the cache can grow over its size. Default: off.
    pub fn ignore_cache_size(mut self, ignore: bool) -> Self {
        self.ignore_cache_size = Some(ignore);
        self
    }

    /// Settings of `WT_CONNECTION.open_session` in the engine's own language, for what has no
    /// method here. Checked when the session opens.
    pub fn raw(mut self, settings: impl Into<String>) -> Self {
        self.raw = Some(settings.into());
        self
    }

    pub(crate) fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        config.set_opt("isolation", self.isolation.map(Isolation::word));
        config.set_opt("cache_max_wait_ms", self.cache_max_wait.map(Millis));
        config.set_opt("ignore_cache_size", self.ignore_cache_size);
        if let Some(raw) = &self.raw {
            config.raw(Method::OpenSession, raw)?;
        }
        Ok(config)
    }
}
