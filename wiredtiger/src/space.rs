//! Space: how much a table takes of its disk, and giving back what it does not need.

use std::time::Duration;

use bytesize::ByteSize;

use crate::config::Config;
use crate::error::{ErrorKind, Result};
use crate::name::table_uri;
use crate::named::Named;
use crate::pack::Pack;
use crate::progress::{self, Cancel, Progress, Watch, Watcher};
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
#[derive(Clone, Debug)]
#[must_use]
pub struct CompactOptions {
    time_limit: Duration,
    free_at_least: ByteSize,
    dry_run: bool,
    progress: Option<Watcher>,
    cancel: Option<Cancel>,
}

impl Default for CompactOptions {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(1200),
            free_at_least: ByteSize::mib(20),
            dry_run: false,
            progress: None,
            cancel: None,
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

    /// Only estimates the work, in the engine's messages. Default: off.
    pub fn dry_run(mut self, on: bool) -> Self {
        self.dry_run = on;
        self
    }

    /// Who is told how far it is, at each of its steps.
    pub fn progress(mut self, watch: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.progress = Some(Watcher::new(watch));
        self
    }

    /// What stops it, within one of its steps.
    pub fn cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = Some(cancel.clone());
        self
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        config.set("timeout", self.time_limit.as_secs().max(1));
        self.target(&mut config);
        if self.dry_run {
            config.set("dryrun", true);
        }
        config
    }

    fn target(&self, config: &mut Config) {
        let least = ByteSize(self.free_at_least.0.max(1 << 20));
        config.set("free_space_target", least);
    }
}

/// What the compaction in the background does.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct BackgroundCompaction {
    options: CompactOptions,
    once: bool,
    exclude: Vec<String>,
}

impl BackgroundCompaction {
    /// Over and over, through all tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// A file with less to give back is left alone, 1 MiB at least. Default: 20 MiB.
    pub fn free_at_least(mut self, size: ByteSize) -> Self {
        self.options = self.options.free_at_least(size);
        self
    }

    /// How long it stays with one file, in whole seconds, one at least. Default: 20 minutes.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.options = self.options.time_limit(limit);
        self
    }

    /// Ends after it has been at every table once. Default: off.
    pub fn once(mut self, on: bool) -> Self {
        self.once = on;
        self
    }

    /// Leaves a table alone.
    pub fn exclude(mut self, name: impl Into<String>) -> Self {
        self.exclude.push(name.into());
        self
    }

    fn config(&self) -> Result<Config> {
        let mut config = self.options.config();
        config.set("background", true);
        if self.once {
            config.set("run_once", true);
        }
        if !self.exclude.is_empty() {
            let uris: Result<Vec<_>> = self.exclude.iter().map(|name| table_uri(name)).collect();
            config.list("exclude", &uris?)?;
        }
        Ok(config)
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
    /// when the time was over, or it was cancelled, before the end of the work; what was done
    /// stays done. A database in memory has nothing to compact.
    ///
    /// # Errors
    /// - [`Busy`](ErrorKind::Busy): the table is being compacted already, or the engine's cache
    ///   is too full for it now.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): the table is another connection's.
    /// - [`Io`](ErrorKind::Io): the disk is full or fails.
    pub fn compact<T: Named + ?Sized>(
        &mut self,
        table: &T,
        options: &CompactOptions,
    ) -> Result<bool> {
        let uri = table.uri(self)?.0;
        let config = options.config().finish();
        let raw = self.settled()?;
        let watch = Watch::new(options.progress.clone(), options.cancel.clone());
        let cancelled = || options.cancel.as_ref().is_some_and(Cancel::is_cancelled);
        match progress::during(watch, || raw.compact(&uri, &config)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Io(std::io::ErrorKind::TimedOut) => Ok(false),
            Err(error) if error.kind() == ErrorKind::Other && cancelled() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Begins to compact tables on a thread of the engine, and returns at once. It goes on until
    /// [`stop_background_compaction`](Self::stop_background_compaction).
    ///
    /// # Errors
    /// - [`Busy`](ErrorKind::Busy): the engine is still about to start or stop it.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): it runs already with other options, or a
    ///   table cannot have the name.
    /// - [`NotSupported`](ErrorKind::NotSupported): the database is in memory or read-only.
    pub fn start_background_compaction(&mut self, options: &BackgroundCompaction) -> Result<()> {
        let config = options.config()?.finish();
        self.settled()?.compact_in_background(&config)
    }

    /// Ends the compaction in the background; a file that is being worked on is left as it is.
    ///
    /// # Errors
    /// As for [`start_background_compaction`](Self::start_background_compaction).
    pub fn stop_background_compaction(&mut self) -> Result<()> {
        let config = Config::new().set("background", false).finish();
        self.settled()?.compact_in_background(&config)
    }
}
