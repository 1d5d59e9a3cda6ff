//! How the engine is set up for a cache.

use bytesize::ByteSize;
use wiredtiger::{
    CheckpointPolicy, Connection, ConnectionOptions, EvictionOptions, LogOptions, TableOptions,
};

use crate::config::LocalConfig;

impl LocalConfig {
    /// The options with which the cache opens its engine. For measurements beside the cache; a home
    /// that a cache has open cannot be opened a second time.
    ///
    /// The engine's defaults make threads that write clean up as soon as a tenth of its memory is
    /// changed, which in a cache it always is: in a first measurement that took three quarters of the
    /// speed of overwrites and made the slowest in a thousand a hundred times slower. Two threads
    /// clean up instead, from 60 per cent on.
    pub fn connection_options(&self) -> ConnectionOptions {
        Connection::options()
            .create(true)
            .cache_size(self.cache_size)
            .session_max(u32::try_from(self.max_sessions).unwrap_or(u32::MAX))
            .checkpoint(CheckpointPolicy {
                every: self.checkpoint_every,
                log_size: self.checkpoint_log_size,
            })
            .log(LogOptions::new().file_max(self.log_file_size))
            .eviction(
                EvictionOptions::new()
                    .dirty_target(60)
                    .dirty_trigger(80)
                    .updates_target(60)
                    .updates_trigger(80)
                    .threads(2, 2),
            )
    }

    /// The options of the table with the entries. Larger pages in memory are split less often.
    pub fn table_options(&self) -> TableOptions {
        TableOptions::new().memory_page_max(ByteSize::mib(10))
    }
}
