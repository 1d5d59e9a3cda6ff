//! Options of a database that few programs need.

use std::time::Duration;

use bytesize::ByteSize;

use crate::config::{Config, Millis, Seconds};
use crate::error::Result;
use crate::options::ConnectionOptions;

#[derive(Clone, Debug, Default)]
pub(super) struct Tuning {
    operation_timeout: Option<Duration>,
    cache_overhead: Option<u32>,
    checkpoint_sync: Option<bool>,
    io_capacity: Option<ByteSize>,
    close_idle_files: Option<Duration>,
    block_cache: Option<ByteSize>,
    statistics_log: Option<Duration>,
    prefetch: Option<bool>,
    verify_metadata: Option<bool>,
    mmap_all: Option<bool>,
}

impl Tuning {
    pub(super) fn write(&self, config: &mut Config) -> Result<()> {
        config
            .set_opt("operation_timeout_ms", self.operation_timeout.map(Millis))
            .set_opt("cache_overhead", self.cache_overhead)
            .set_opt("checkpoint_sync", self.checkpoint_sync)
            .set_opt("verify_metadata", self.verify_metadata)
            .set_opt("mmap_all", self.mmap_all);
        config.group("io_capacity", |io| {
            io.set_opt("total", self.io_capacity);
            Ok(())
        })?;
        config.group("file_manager", |files| {
            files.set_opt("close_idle_time", self.close_idle_files.map(Seconds));
            Ok(())
        })?;
        config.group("statistics_log", |log| {
            log.set_opt("wait", self.statistics_log.map(Seconds));
            Ok(())
        })?;
        if let Some(size) = self.block_cache {
            config.group("block_cache", |cache| {
                cache
                    .set("enabled", true)
                    .set("type", "DRAM")
                    .set("size", size);
                Ok(())
            })?;
        }
        if let Some(on) = self.prefetch {
            config.group("prefetch", |prefetch| {
                prefetch.set("available", on).set("default", on);
                Ok(())
            })?;
        }
        Ok(())
    }
}

impl ConnectionOptions {
    /// How long an operation of a transaction may take before it fails as
    /// [`Rollback`](crate::ErrorKind::Rollback), if the transaction does not say otherwise. Rounded
    /// up to milliseconds. Default: without limit.
    pub fn operation_timeout(mut self, limit: Duration) -> Self {
        self.tuning_mut().operation_timeout = Some(limit);
        self
    }

    /// What the allocator takes on top of the cache, in per cent of its size, 0 to 30: so much
    /// less is cached. Default: 8.
    pub fn cache_overhead(mut self, per_cent: u32) -> Self {
        self.tuning_mut().cache_overhead = Some(per_cent);
        self
    }

    /// Whether a checkpoint is flushed to the disk before it counts. Without, power loss can damage
    /// the database. Default: on.
    pub fn checkpoint_sync(mut self, on: bool) -> Self {
        self.tuning_mut().checkpoint_sync = Some(on);
        self
    }

    /// How much checkpoints, eviction and the log may read and write in a second, all together, at
    /// least 1 MB. Default: without limit.
    pub fn io_capacity(mut self, per_second: ByteSize) -> Self {
        self.tuning_mut().io_capacity = Some(per_second);
        self
    }

    /// Closes the file of a table that nobody has used for so long, up to 100000 seconds; zero is
    /// never. Rounded up to seconds. Default: 30 seconds.
    pub fn close_idle_files(mut self, after: Duration) -> Self {
        self.tuning_mut().close_idle_files = Some(after);
        self
    }

    /// Keeps blocks as they are in the files in so much memory, besides the cache: compressed, if
    /// they are. Default: none.
    pub fn block_cache(mut self, size: ByteSize) -> Self {
        self.tuning_mut().block_cache = Some(size);
        self
    }

    /// Writes the statistics into files in the home, once in so long, up to 100000 seconds; they
    /// must be [kept](Self::statistics). Rounded up to seconds. Default: never.
    pub fn statistics_log(mut self, every: Duration) -> Self {
        self.tuning_mut().statistics_log = Some(every);
        self
    }

    /// Reads pages before a scan comes to them. Default: off.
    pub fn prefetch(mut self, on: bool) -> Self {
        self.tuning_mut().prefetch = Some(on);
        self
    }

    /// Checks the metadata of the database while it is opened. Default: off.
    pub fn verify_metadata(mut self, on: bool) -> Self {
        self.tuning_mut().verify_metadata = Some(on);
        self
    }

    /// Reads and writes all files through memory maps. Default: off.
    pub fn mmap_all(mut self, on: bool) -> Self {
        self.tuning_mut().mmap_all = Some(on);
        self
    }
}
