//! Options of what is done to a table as a whole.

use bytesize::ByteSize;

use crate::config::Config;
use crate::error::Result;
use crate::progress::{Progress, Watcher};

/// How a table is checked.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct VerifyOptions {
    pub(crate) strict: bool,
    pub(crate) read_corrupt: bool,
    pub(crate) stable_timestamp: bool,
    pub(crate) progress: Option<Watcher>,
}

impl VerifyOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes for an error what is only unusual, too. Default: off.
    pub fn strict(mut self, on: bool) -> Self {
        self.strict = on;
        self
    }

    /// Goes on after an unreadable block, so that all of them are told. Default: off.
    pub fn read_corrupt(mut self, on: bool) -> Self {
        self.read_corrupt = on;
        self
    }

    /// Fails when the table has data after the stable timestamp, as it may not after a close or
    /// [`rollback_to_stable`](crate::Connection::rollback_to_stable). Default: off.
    pub fn stable_timestamp(mut self, on: bool) -> Self {
        self.stable_timestamp = on;
        self
    }

    /// Who is told how far it is, every few pages.
    pub fn progress(mut self, watch: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.progress = Some(Watcher::new(watch));
        self
    }
}

/// How a damaged table is repaired.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct SalvageOptions {
    pub(crate) force: bool,
    pub(crate) progress: Option<Watcher>,
}

impl SalvageOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Salvages a file that does not even look like one of the engine's. Default: off.
    pub fn force(mut self, on: bool) -> Self {
        self.force = on;
        self
    }

    /// Who is told how far it is, every few pages.
    pub fn progress(mut self, watch: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.progress = Some(Watcher::new(watch));
        self
    }
}

/// How a table is mostly read, which the operating system is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccessPattern {
    /// No advice.
    None,
    /// Single rows.
    Random,
    /// Scans.
    Sequential,
}

impl AccessPattern {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Random => "random",
            Self::Sequential => "sequential",
        }
    }
}

/// What changes of a table that is there; what is not set stays as it is.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct AlterOptions {
    app_metadata: Option<String>,
    access_pattern: Option<AccessPattern>,
    cache_resident: Option<bool>,
    os_cache_max: Option<ByteSize>,
    os_cache_dirty_max: Option<ByteSize>,
}

impl AlterOptions {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Text that is stored with the table and means nothing to the engine.
    pub fn app_metadata(mut self, text: impl Into<String>) -> Self {
        self.app_metadata = Some(text.into());
        self
    }

    /// What the operating system is told about the reads of the file.
    pub fn access_pattern(mut self, pattern: AccessPattern) -> Self {
        self.access_pattern = Some(pattern);
        self
    }

    /// Keeps the table's pages in memory, and does not count them as evictable.
    pub fn cache_resident(mut self, on: bool) -> Self {
        self.cache_resident = Some(on);
        self
    }

    /// How much of the file the operating system's cache should hold at most; 0 means any.
    pub fn os_cache_max(mut self, size: ByteSize) -> Self {
        self.os_cache_max = Some(size);
        self
    }

    /// How much of what was written may wait in the operating system's cache before it is flushed;
    /// 0 means any.
    pub fn os_cache_dirty_max(mut self, size: ByteSize) -> Self {
        self.os_cache_dirty_max = Some(size);
        self
    }

    pub(crate) fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        if let Some(text) = &self.app_metadata {
            config.quoted("app_metadata", text)?;
        }
        config.set_opt(
            "access_pattern_hint",
            self.access_pattern.map(AccessPattern::word),
        );
        config.set_opt("cache_resident", self.cache_resident);
        config.set_opt("os_cache_max", self.os_cache_max);
        config.set_opt("os_cache_dirty_max", self.os_cache_dirty_max);
        Ok(config)
    }
}
