//! Options of the log.

use std::time::Duration;

use bytesize::ByteSize;

use crate::config::{Config, Seconds};
use crate::error::Result;
use crate::options::Compressor;

/// The log, which every durability above [`Durability::Checkpoint`](crate::Durability::Checkpoint) needs.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct LogOptions {
    file_max: Option<ByteSize>,
    compressor: Option<Compressor>,
    custom_compressor: Option<String>,
    prealloc: Option<bool>,
    prealloc_files: Option<u32>,
    remove: Option<bool>,
    recover: Option<bool>,
    zero_fill: Option<bool>,
    force_write_wait: Option<Duration>,
    os_cache_dirty_percent: Option<u32>,
}

impl LogOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The size of one log file, 100 KiB to 2 GB. Default: 100 MB.
    pub fn file_max(mut self, size: ByteSize) -> Self {
        self.file_max = Some(size);
        self
    }

    /// How log records are compressed. Default: [`Compressor::None`].
    ///
    /// A log is read with the compression that it was written with: change it only after a clean
    /// close.
    pub fn compressor(mut self, compressor: Compressor) -> Self {
        self.compressor = Some(compressor);
        self.custom_compressor = None;
        self
    }

    /// As [`compressor`](Self::compressor), by the compression that is registered under this name
    /// with [`ConnectionOptions::compressor`](crate::ConnectionOptions::compressor). Recovery needs
    /// it, too. A commit whose record cannot be compressed fails, and the engine stops: a
    /// compression that may give up returns `None` instead of an error.
    pub fn custom_compressor(mut self, name: impl Into<String>) -> Self {
        self.custom_compressor = Some(name.into());
        self.compressor = None;
        self
    }

    /// Creates log files before they are needed. Default: on.
    pub fn prealloc(mut self, on: bool) -> Self {
        self.prealloc = Some(on);
        self
    }

    /// How many files are created before they are needed at the start, 1 to 500. Default: 1.
    pub fn prealloc_files(mut self, files: u32) -> Self {
        self.prealloc_files = Some(files);
        self
    }

    /// Removes log files that no recovery needs. Default: on.
    pub fn remove(mut self, on: bool) -> Self {
        self.remove = Some(on);
        self
    }

    /// Recovers a home that was not closed. Off: such a home is refused with
    /// [`RunRecovery`](crate::ErrorKind::RunRecovery); the engine leaks a few kilobytes then.
    /// Default: on.
    pub fn recover(mut self, on: bool) -> Self {
        self.recover = Some(on);
        self
    }

    /// Writes zeros into a log file when it is created: later writes do not change its size. Default:
    /// off.
    pub fn zero_fill(mut self, on: bool) -> Self {
        self.zero_fill = Some(on);
        self
    }

    /// How long records may wait in the buffer before they are written to the operating system, 1 to
    /// 60 seconds, rounded up to seconds. Default: until it is full, or a commit asks for more.
    pub fn force_write_wait(mut self, wait: Duration) -> Self {
        self.force_write_wait = Some(wait);
        self
    }

    /// Up to how many hundredths of a log file may wait in the operating system's cache before they
    /// are written out; 0 means all. Default: 0.
    pub fn os_cache_dirty_percent(mut self, percent: u32) -> Self {
        self.os_cache_dirty_percent = Some(percent);
        self
    }

    pub(super) fn write(&self, config: &mut Config) -> Result<()> {
        config.group("log", |log| {
            log.set_opt("file_max", self.file_max);
            log.set_opt("compressor", self.compressor.map(Compressor::word));
            if let Some(name) = &self.custom_compressor {
                log.quoted("compressor", name)?;
            }
            log.set_opt("prealloc", self.prealloc);
            log.set_opt("prealloc_init_count", self.prealloc_files);
            log.set_opt("remove", self.remove);
            let recover = self.recover.map(|on| if on { "on" } else { "error" });
            log.set_opt("recover", recover);
            log.set_opt("zero_fill", self.zero_fill);
            log.set_opt("force_write_wait", self.force_write_wait.map(Seconds));
            log.set_opt("os_cache_dirty_pct", self.os_cache_dirty_percent);
            Ok(())
        })?;
        Ok(())
    }
}
