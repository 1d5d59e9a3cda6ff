//! Space: how much a table takes of its disk, and giving back what it does not need.

use std::time::Duration;

use bytesize::ByteSize;

use crate::config::Config;
use crate::error::{ErrorKind, Result};
use crate::pack::Pack;
use crate::session::Session;
use crate::table::Table;

/// What a table takes of its disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableSpace {
    /// The table's file.
    pub file: ByteSize,
    /// The blocks that the last checkpoint refers to. The rest of the file is what has been
    /// written since, and what later writes use again before the file grows. 0 before the first
    /// checkpoint.
    pub live: ByteSize,
}

/// How much work a compaction may be.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct CompactOptions {
    time_limit: Duration,
    free_at_least: ByteSize,
}

impl Default for CompactOptions {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(1200),
            free_at_least: ByteSize::mib(20),
        }
    }
}

impl CompactOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The engine stops after so long, in whole seconds, one at least. Default: 20 minutes.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// A file with less to give back is left alone, 1 MiB at least. Default: 20 MiB.
    pub fn free_at_least(mut self, size: ByteSize) -> Self {
        self.free_at_least = size;
        self
    }

    fn config(self) -> Config {
        let mut config = Config::new();
        config.set("timeout", self.time_limit.as_secs().max(1)).set(
            "free_space_target",
            ByteSize(self.free_at_least.0.max(1 << 20)),
        );
        config
    }
}

impl Session {
    /// What a table takes of its disk. It costs a look at the file and one at the engine's
    /// metadata, some microseconds, and no statistics. A database in memory takes nothing.
    ///
    /// # Errors
    /// - [`NotFound`](ErrorKind::NotFound): the table has been dropped.
    /// - [`Io`](ErrorKind::Io): the file cannot be looked at.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): the table is another connection's.
    pub fn table_space<K: Pack, V: Pack>(&mut self, table: &Table<K, V>) -> Result<TableSpace> {
        let uri = self.shared().tables.get(self.slot(table)?)?.uri.clone();
        self.settled()?.table_space(&uri)
    }

    /// Moves blocks from the end of a table's file to free places before, and cuts the end off,
    /// as far as that pays. It takes checkpoints. Others go on meanwhile, more slowly. `false`
    /// when the time was over before the end of the work; what was done stays done.
    ///
    /// # Errors
    /// - [`Busy`](ErrorKind::Busy): the table is being compacted already, or the engine's cache
    ///   is too full for it now.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): the table is another connection's.
    /// - [`Io`](ErrorKind::Io): the disk is full or fails.
    pub fn compact<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        options: &CompactOptions,
    ) -> Result<bool> {
        let uri = self.shared().tables.get(self.slot(table)?)?.uri.clone();
        let config = options.config().finish();
        match self.settled()?.compact(&uri, &config) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Io(std::io::ErrorKind::TimedOut) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
