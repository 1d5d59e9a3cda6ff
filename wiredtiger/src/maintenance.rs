//! What is done to a table as a whole: dropping, renaming, emptying, checking, repairing.

use std::ops::RangeBounds;

use crate::config::Config;
use crate::dynamic::DynTable;
use crate::error::{Error, ErrorKind, Result};
use crate::named::Named;
use crate::options::{AlterOptions, Durability, SalvageOptions, SessionOptions, VerifyOptions};
use crate::pack::{Pack, Value};
use crate::progress::{self, Watch};
use crate::range::pack_ends;
use crate::session::Session;
use crate::table::Table;
use crate::transaction::Transaction;

impl Session {
    /// Drops a table, its file included. Handles of it fail with
    /// [`NotFound`](ErrorKind::NotFound) from then on.
    ///
    /// The engine wants the table for itself and nothing of it unwritten. This session's cursors
    /// are closed; when there are changes that are not on disk a checkpoint is taken, and it is
    /// tried again for half a second. Other sessions keep the cursors that they have used: see
    /// [`reset`](Self::reset) and [`SessionPool::close_idle`](crate::SessionPool::close_idle).
    ///
    /// # Errors
    /// - [`NotFound`](ErrorKind::NotFound): there is no such table.
    /// - [`Busy`](ErrorKind::Busy): another session has a cursor on it, or a backup runs.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): a table cannot have this name, or
    ///   the handle is another connection's.
    pub fn drop_table<T: Named + ?Sized>(&mut self, table: &T) -> Result<()> {
        let uri = table.uri(self)?.0;
        self.settled()?.drop_object(&uri, &Default::default())
    }

    /// Gives a table another name. Handles of the old name fail with
    /// [`NotFound`](ErrorKind::NotFound) from then on; open the new name.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists): there is a table of the new name. For
    /// the rest as [`drop_table`](Self::drop_table).
    pub fn rename_table<T: Named + ?Sized>(&mut self, table: &T, name: &str) -> Result<()> {
        let from = table.uri(self)?.0;
        let to = name.uri(self)?.0;
        self.settled()?.rename(&from, &to)
    }

    /// Removes all entries of a table, in a transaction of its own.
    ///
    /// # Errors
    /// As for [`truncate`](Self::truncate).
    pub fn clear_table<T: Named + ?Sized>(&mut self, table: &T) -> Result<()> {
        let uri = table.uri(self)?.0;
        self.settled()?.truncate_all(&uri)
    }

    /// Removes the entries in a range of keys, in a transaction of its own. Pages that are not in
    /// memory are not read for it.
    ///
    /// # Errors
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): an end of the range cannot be a
    ///   key, or the table is another connection's.
    /// - [`Rollback`](ErrorKind::Rollback): another transaction changes the same entries.
    pub fn truncate<'k, K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        range: impl RangeBounds<K::Ref<'k>>,
    ) -> Result<()> {
        self.settled()?;
        self.truncate_unsettled(table, &range)
    }

    fn truncate_unsettled<'k, K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        range: &impl RangeBounds<K::Ref<'k>>,
    ) -> Result<()> {
        let slot = self.slot(table)?;
        let (raw, scratch) = self.parts();
        let mut other = Vec::new();
        let (from, to) = pack_ends::<K>(range, &mut scratch.key, &mut other)?;
        raw.truncate_between(slot, from, to)
    }

    /// Removes the rows in a range of keys, in a transaction of its own.
    ///
    /// # Errors
    /// As for [`truncate`](Self::truncate), and
    /// - [`Encode`](ErrorKind::Encode): an end of the range is not of the table's format.
    /// - [`NotSupported`](ErrorKind::NotSupported): it is an index, or some columns of a table.
    pub fn truncate_rows<'k>(
        &mut self,
        table: &DynTable,
        range: impl RangeBounds<&'k [Value<'k>]>,
    ) -> Result<()> {
        self.settled()?;
        self.truncate_rows_unsettled(table, &range)
    }

    fn truncate_rows_unsettled<'k>(
        &mut self,
        table: &DynTable,
        range: &impl RangeBounds<&'k [Value<'k>]>,
    ) -> Result<()> {
        let slot = table.slot_to_write(self)?;
        let range = table.pack_range(range)?;
        let (from, to) = range.ends();
        self.raw_mut().truncate_between(slot, from, to)
    }

    /// Checks the file of a table. It reads all of it; others wait when they want to write to the
    /// table or open it.
    ///
    /// # Errors
    /// - [`Other`](ErrorKind::Other) or [`TrySalvage`](ErrorKind::TrySalvage): it is
    ///   damaged; the message says where.
    /// - [`NotSupported`](ErrorKind::NotSupported): the database is in memory.
    /// - As for [`drop_table`](Self::drop_table).
    pub fn verify<T: Named + ?Sized>(&mut self, table: &T, options: &VerifyOptions) -> Result<()> {
        let uri = table.uri(self)?.0;
        let config = options.config().finish();
        let watch = Watch::new(options.progress.clone(), None);
        let raw = self.settled()?;
        progress::during(watch, || raw.verify(&uri, &config))
    }

    /// Repairs the file of a damaged table as far as that is possible; what cannot be read is
    /// lost. [Verify](Self::verify) the table first: of a sound one, too, the engine takes every page
    /// that it finds in the file, and entries that were removed lately come back.
    ///
    /// # Errors
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): the file is not one of the
    ///   engine's at all, see [`SalvageOptions::force`].
    /// - [`NotSupported`](ErrorKind::NotSupported): the database is in memory.
    /// - As for [`drop_table`](Self::drop_table).
    pub fn salvage<T: Named + ?Sized>(
        &mut self,
        table: &T,
        options: &SalvageOptions,
    ) -> Result<()> {
        let uri = table.uri(self)?.0;
        let config = options.config().finish();
        let watch = Watch::new(options.progress.clone(), None);
        let raw = self.settled()?;
        progress::during(watch, || raw.salvage(&uri, &config))
    }

    /// Changes options of a table that is there. A database in memory keeps what it has.
    ///
    /// # Errors
    /// As for [`drop_table`](Self::drop_table), and
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) for a text that cannot be stored.
    pub fn alter<T: Named + ?Sized>(&mut self, table: &T, options: &AlterOptions) -> Result<()> {
        let uri = table.uri(self)?.0;
        let config = options.config()?.finish();
        self.settled()?.alter(&uri, &config)
    }

    /// Changes options of this session; those that are not set stay as they are.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): a setting is not valid.
    pub fn reconfigure(&mut self, options: &SessionOptions) -> Result<()> {
        let config = options.config()?.finish();
        self.settled()?.reconfigure(&config)
    }

    /// Writes a text into the log, where [`Session::log`] and the engine's tools show it.
    ///
    /// # Errors
    /// - [`InteriorNul`](ErrorKind::InteriorNul): it has a NUL inside.
    /// - [`NotSupported`](ErrorKind::NotSupported): the connection has no log.
    pub fn log_message(&mut self, text: &str) -> Result<()> {
        if self.shared().durability == Durability::Checkpoint {
            // The engine would say that it is done.
            let why = "the connection has no log";
            return Err(Error::new(
                ErrorKind::NotSupported,
                "WT_SESSION.log_printf",
                why,
            ));
        }
        self.settled()?.log_message(text)
    }

    /// How many transactions have begun, in the whole database, since the oldest whose state this
    /// session keeps the engine from forgetting; 0 when it keeps none. A number that grows is a
    /// value, cursor or transaction that has been held for too long.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn transaction_pinned_range(&self) -> Result<u64> {
        self.raw().pinned_range()
    }
}

impl Transaction<'_> {
    /// Removes the entries in a range of keys.
    ///
    /// # Errors
    /// As for [`Session::truncate`].
    pub fn truncate<'k, K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        range: impl RangeBounds<K::Ref<'k>>,
    ) -> Result<()> {
        self.session_mut().truncate_unsettled(table, &range)
    }

    /// Removes the rows in a range of keys.
    ///
    /// # Errors
    /// As for [`Session::truncate_rows`].
    pub fn truncate_rows<'k>(
        &mut self,
        table: &DynTable,
        range: impl RangeBounds<&'k [Value<'k>]>,
    ) -> Result<()> {
        self.session_mut().truncate_rows_unsettled(table, &range)
    }
}

impl VerifyOptions {
    fn config(&self) -> Config {
        let mut config = Config::new();
        for (key, on) in [
            ("strict", self.strict),
            ("read_corrupt", self.read_corrupt),
            ("stable_timestamp", self.stable_timestamp),
        ] {
            if on {
                config.set(key, true);
            }
        }
        config
    }
}

impl SalvageOptions {
    fn config(&self) -> Config {
        let mut config = Config::new();
        if self.force {
            config.set("force", true);
        }
        config
    }
}
