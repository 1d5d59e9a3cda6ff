//! How the engine is set up for a cache.

use wiredtiger::{CheckpointPolicy, ConnectionOptions, LogOptions, Preset, TableOptions};

use crate::config::LocalConfig;

impl LocalConfig {
    /// The options with which the cache opens its engine: those of [`Preset::Cache`], and its own
    /// sizes. For measurements beside the cache; a home that a cache has open cannot be opened a
    /// second time.
    pub fn connection_options(&self) -> ConnectionOptions {
        Preset::Cache
            .connection()
            .create(true)
            .cache_size(self.cache_size)
            .session_max(u32::try_from(self.max_sessions).unwrap_or(u32::MAX))
            .checkpoint(CheckpointPolicy {
                every: self.checkpoint_every,
                log_size: self.checkpoint_log_size,
            })
            .log(LogOptions::new().file_max(self.log_file_size))
    }

    /// The options of the table with the entries.
    pub fn table_options(&self) -> TableOptions {
        Preset::Cache.table()
    }
}
