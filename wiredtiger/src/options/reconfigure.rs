//! Options that an open database changes, and how it is closed.

use std::time::Duration;

use bytesize::ByteSize;

use crate::config::{Config, Method, Millis, Seconds};
use crate::error::Result;
use crate::options::{CheckpointPolicy, EvictionOptions, Statistics};

/// What changes of a database that is open; what is not set stays as it is. Nothing of it is kept
/// for the next opening.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// use wiredtiger::{ByteSize, Connection, ReconfigureOptions, Statistics};
///
/// let connection = Connection::options().open_in_memory()?;
/// connection.reconfigure(
///     &ReconfigureOptions::new()
///         .cache_size(ByteSize::mib(64))
///         .statistics(Statistics::Fast),
/// )?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ReconfigureOptions {
    cache_size: Option<ByteSize>,
    cache_max_wait: Option<Duration>,
    operation_timeout: Option<Duration>,
    io_capacity: Option<ByteSize>,
    checkpoint: Option<CheckpointPolicy>,
    eviction: EvictionOptions,
    statistics: Option<Statistics>,
    remove_log: Option<bool>,
    raw: Option<String>,
}

impl ReconfigureOptions {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// The size of the cache, 1 MB to 10 TB.
    pub fn cache_size(mut self, size: ByteSize) -> Self {
        self.cache_size = Some(size);
        self
    }

    /// How long an operation waits for room in a full cache before it fails. Rounded up to
    /// milliseconds.
    pub fn cache_max_wait(mut self, wait: Duration) -> Self {
        self.cache_max_wait = Some(wait);
        self
    }

    /// How long an operation of a transaction may wait before it fails with
    /// [`Rollback`](crate::ErrorKind::Rollback). Rounded up to milliseconds.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = Some(timeout);
        self
    }

    /// How many bytes a second the engine reads and writes at most, 1 MB at least; zero: without
    /// limit.
    pub fn io_capacity(mut self, bytes_a_second: ByteSize) -> Self {
        self.io_capacity = Some(bytes_a_second);
        self
    }

    /// When checkpoints are taken. Not for a database in memory or one that is only read.
    pub fn checkpoint(mut self, policy: CheckpointPolicy) -> Self {
        self.checkpoint = Some(policy);
        self
    }

    /// How the cache is kept below its size.
    pub fn eviction(mut self, eviction: EvictionOptions) -> Self {
        self.eviction = eviction;
        self
    }

    /// Which statistics are kept.
    pub fn statistics(mut self, statistics: Statistics) -> Self {
        self.statistics = Some(statistics);
        self
    }

    /// Removes log files that no recovery needs.
    pub fn remove_log(mut self, on: bool) -> Self {
        self.remove_log = Some(on);
        self
    }

    /// Settings of `WT_CONNECTION.reconfigure` in the engine's own language, for what has no method
    /// here. Checked when they are used.
    pub fn raw(mut self, settings: impl Into<String>) -> Self {
        self.raw = Some(settings.into());
        self
    }

    pub(crate) fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        config.set_opt("cache_size", self.cache_size);
        config.set_opt("cache_max_wait_ms", self.cache_max_wait.map(Millis));
        config.set_opt("operation_timeout_ms", self.operation_timeout.map(Millis));
        config.set_opt("statistics", self.statistics.map(Statistics::words));
        self.eviction.write(&mut config)?;
        config.group("io_capacity", |capacity| {
            capacity.set_opt("total", self.io_capacity);
            Ok(())
        })?;
        config.group("checkpoint", |checkpoint| {
            if let Some(policy) = self.checkpoint {
                checkpoint
                    .set("wait", Seconds(policy.every))
                    .set("log_size", policy.log_size);
            }
            Ok(())
        })?;
        config.group("log", |log| {
            log.set_opt("remove", self.remove_log);
            Ok(())
        })?;
        if let Some(raw) = &self.raw {
            config.raw(Method::Reconfigure, raw)?;
        }
        Ok(config)
    }
}

/// How a database is closed.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct CloseOptions {
    leak_memory: bool,
    all_timestamps: bool,
}

impl CloseOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does not free the cache, which takes time: for a process that ends anyway. Default: off.
    pub fn leak_memory(mut self, on: bool) -> Self {
        self.leak_memory = on;
        self
    }

    /// Writes what is committed after the stable timestamp, too. Default: off.
    pub fn all_timestamps(mut self, on: bool) -> Self {
        self.all_timestamps = on;
        self
    }

    pub(crate) fn config(self) -> Config {
        let mut config = Config::new();
        if self.leak_memory {
            config.set("leak_memory", true);
        }
        if self.all_timestamps {
            config.set("use_timestamp", false);
        }
        config
    }
}
