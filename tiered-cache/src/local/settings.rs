//! How the engine is set up for a cache.

use std::time::Duration;

use bytesize::ByteSize;
use wiredtiger::{
    CheckpointPolicy, Compressor, ConnectionOptions, LogOptions, Preset, TableOptions,
};

use crate::config::{Compression, LocalConfig};

/// The engine takes no larger distance between two checkpoints.
const ENGINE_LOG_MAX: u64 = 2 << 30;

/// Room in the engine's memory takes milliseconds. What waits so long waits for threads that a failing
/// disk has ended, and would wait for good.
const CACHE_MAX_WAIT: Duration = Duration::from_secs(30);

/// Smaller ones are not worth their names.
const LOG_FILE_MIN: u64 = 256 << 10;

impl LocalConfig {
    /// The options with which the cache opens its engine: those of [`Preset::Cache`], and its own
    /// sizes. For measurements beside the cache; a home that a cache has open cannot be opened a
    /// second time.
    pub fn connection_options(&self) -> ConnectionOptions {
        Preset::Cache
            .connection()
            .create(true)
            .cache_size(self.cache_size)
            .cache_max_wait(CACHE_MAX_WAIT)
            .session_max(u32::try_from(self.max_sessions).unwrap_or(u32::MAX))
            .checkpoint(CheckpointPolicy {
                every: self.checkpoint_every,
                // The cache takes its own in time; these are for when it cannot. The engine does
                // not take others' for its own: as close together, each would come twice.
                log_size: ByteSize((8 * self.log_between_checkpoints()).min(ENGINE_LOG_MAX)),
            })
            .log(LogOptions::new().file_max(ByteSize(self.log_file_bytes())))
    }

    /// The options of the table with the entries.
    pub fn table_options(&self) -> TableOptions {
        Preset::Cache
            .table()
            .block_compressor(match self.compression {
                Compression::None => Compressor::None,
                #[cfg(feature = "disk-lz4")]
                Compression::Lz4 => Compressor::Lz4,
                #[cfg(feature = "disk-zstd")]
                Compression::Zstd => Compressor::Zstd,
            })
    }

    /// Bytes of one log file.
    pub(crate) fn log_file_bytes(&self) -> u64 {
        let share = self.max_disk.as_u64() / 64;
        self.log_file_size.as_u64().min(share.max(LOG_FILE_MIN))
    }

    /// Bytes of log after which a checkpoint is taken.
    pub(crate) fn log_between_checkpoints(&self) -> u64 {
        let share = (self.max_disk.as_u64() / 10).max(2 * self.log_file_bytes());
        self.checkpoint_log_size.as_u64().min(share)
    }

    /// Bytes of the sketch of frequencies.
    pub(crate) fn frequency_bytes(&self) -> u64 {
        // Three tenths of the bound are content: of rows of 1 KiB one for each 3.3 KiB.
        let share = (self.max_disk.as_u64() / 256).min(256 << 20);
        self.frequency_memory.map_or(share, |size| size.as_u64())
    }
}
