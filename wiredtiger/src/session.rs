//! Sessions: where all work with data begins.

use std::cell::Cell;
use std::fmt;
use std::ops::RangeBounds;
use std::sync::Arc;

use crate::connection::Shared;
use crate::cursor::{Cursor, CursorMut};
use crate::error::Result;
use crate::options::{CheckpointOptions, Durability, TableOptions, TransactionOptions};
use crate::pack::Pack;
use crate::range::Range;
use crate::raw::RawSession;
use crate::table::{Table, TableEntry};
use crate::transaction::Transaction;
use crate::value_ref::ValueRef;

/// What one thread at a time works with.
///
/// A session can be stored, sent to another thread, and pooled; it has no lifetime. It is also
/// the token that keeps memory safe: what reads takes `&self` and may lend values out of the
/// engine's memory; what writes, begins a transaction or takes a checkpoint would move that
/// memory, and takes `&mut self`. The compiler sorts them out.
///
/// An operation outside a [`Transaction`] is a transaction of its own, at the connection's
/// [`Durability`]. Such writes are tried again by the engine when they conflict with others,
/// except for changes at a cursor's position, which can fail with
/// [`Rollback`](crate::ErrorKind::Rollback).
///
/// Do not hold a value or a positioned cursor while you wait for another session: what it keeps
/// in the cache can be what the other one waits for.
pub struct Session {
    raw: RawSession,
    /// Of reads, which have the session shared.
    key: Cell<Vec<u8>>,
    /// Of writes.
    scratch: Scratch,
}

/// Buffers for packed keys and values, kept from call to call.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// Larger buffers are not kept.
const KEEP_SCRATCH: usize = 1 << 20;

impl Session {
    pub(crate) fn new(raw: RawSession) -> Self {
        Self {
            raw,
            key: Cell::default(),
            scratch: Scratch::default(),
        }
    }

    #[inline]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        self.raw.shared()
    }

    /// Without settling: for a transaction, which has the session for itself.
    #[inline]
    pub(crate) fn raw_mut(&mut self) -> &mut RawSession {
        &mut self.raw
    }

    /// The session and its buffers. Without settling, as `raw_mut`.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&mut RawSession, &mut Scratch) {
        (&mut self.raw, &mut self.scratch)
    }

    pub(crate) fn raw(&self) -> &RawSession {
        &self.raw
    }

    /// The session, without a transaction or cursor that was forgotten.
    #[inline]
    pub(crate) fn settled(&mut self) -> Result<&mut RawSession> {
        self.raw.settle()?;
        Ok(&mut self.raw)
    }

    /// A buffer for packing a `K`.
    #[inline]
    fn with_scratch<K: Pack, R>(&self, work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        if !K::USES_SCRATCH {
            return work(&mut Vec::new());
        }
        let mut key = self.key.take();
        let result = work(&mut key);
        if key.capacity() <= KEEP_SCRATCH {
            self.key.set(key);
        }
        result
    }

    /// Creates a table that is not there, and opens it. The options count only for a new table.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the name has other characters
    ///   than ASCII letters, digits, `_`, `-` and `.`, begins with a dot or with `WiredTiger`, or
    ///   an option is not valid.
    /// - [`TypeMismatch`](crate::ErrorKind::TypeMismatch): the table is there, with other types.
    /// - [`AlreadyExists`](crate::ErrorKind::AlreadyExists): it is there, and the options say
    ///   [`exclusive`](TableOptions::exclusive).
    pub fn create_table<K: Pack, V: Pack>(
        &mut self,
        name: &str,
        options: &TableOptions,
    ) -> Result<Table<K, V>> {
        let entry = entry::<K, V>(name)?;
        let config = options.config::<K, V>()?.finish();
        self.create_with(name, &config, options)?;
        let table = Table::new(self.shared().tables.intern(entry));
        self.check_table(&table)?;
        Ok(table)
    }

    /// Opens a table that is there.
    ///
    /// # Errors
    /// - [`NotFound`](crate::ErrorKind::NotFound): it is not.
    /// - [`TypeMismatch`](crate::ErrorKind::TypeMismatch): it has other types; the message shows
    ///   both.
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): it cannot have this name.
    pub fn open_table<K: Pack, V: Pack>(&self, name: &str) -> Result<Table<K, V>> {
        let table = Table::new(self.shared().tables.intern(entry::<K, V>(name)?));
        self.check_table(&table)?;
        Ok(table)
    }

    /// Opening a cursor is what finds the table and compares its formats.
    fn check_table<K: Pack, V: Pack>(&self, table: &Table<K, V>) -> Result<()> {
        self.raw.cursor(self.slot(table)?)?;
        Ok(())
    }

    #[inline]
    pub(crate) fn slot<K: Pack, V: Pack>(&self, table: &Table<K, V>) -> Result<usize> {
        table.slot(self.shared().number)
    }

    /// The value at `key`, borrowed from the engine's memory: no copy, no allocation.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the key is empty or larger than
    ///   4 GiB, or the table is another connection's.
    /// - [`Rollback`](crate::ErrorKind::Rollback): inside a transaction, which has to be rolled
    ///   back.
    #[inline]
    pub fn get<K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
    ) -> Result<Option<ValueRef<'_, V>>> {
        let slot = self.slot(table)?;
        self.with_scratch::<K, _>(|scratch| {
            let key = K::pack(key, scratch)?;
            self.raw.get(slot, key, ValueRef::new)
        })
    }

    /// A copy of the value at `key`.
    ///
    /// # Errors
    /// As for [`get`](Self::get), and [`Decode`](crate::ErrorKind::Decode) when the stored bytes
    /// are not what the type says.
    #[inline]
    pub fn get_owned<K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
    ) -> Result<Option<V>> {
        self.get(table, key)?.map(ValueRef::into_owned).transpose()
    }

    /// Whether `key` is there.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    #[inline]
    pub fn contains_key<K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
    ) -> Result<bool> {
        Ok(self.get(table, key)?.is_some())
    }

    /// The entries in a range of keys, in their order.
    ///
    /// # Errors
    /// As for [`get`](Self::get), about the ends of the range.
    #[inline]
    pub fn range<'k, K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        range: impl RangeBounds<K::Ref<'k>>,
    ) -> Result<Range<'_, K, V>> {
        let cursor = self.raw.cursor(self.slot(table)?)?;
        self.with_scratch::<K, _>(|scratch| Range::new(cursor, &range, scratch))
    }

    /// A cursor that reads. There can be several at a time, on any tables.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table is another connection's.
    #[inline]
    pub fn cursor<K: Pack, V: Pack>(&self, table: &Table<K, V>) -> Result<Cursor<'_, K, V>> {
        let raw = self.raw.cursor(self.slot(table)?)?;
        Ok(Cursor::new(raw))
    }

    /// A cursor that reads and writes. It has the session for itself.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table is another connection's.
    pub fn cursor_mut<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
    ) -> Result<CursorMut<'_, K, V>> {
        self.settled()?;
        CursorMut::open(self, table)
    }

    /// Stores `value` at `key`, in place of what is there.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the key is empty, key or value
    ///   are larger than 4 GiB, or the table is another connection's.
    /// - [`InteriorNul`](crate::ErrorKind::InteriorNul): a string has a NUL inside.
    /// - [`Rollback`](crate::ErrorKind::Rollback): the cache stayed full for
    ///   [`cache_max_wait`](crate::ConnectionOptions::cache_max_wait).
    /// - [`CacheFull`](crate::ErrorKind::CacheFull): the database in memory is full.
    #[inline]
    pub fn put<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<()> {
        self.settled()?;
        self.put_unsettled(table, key, value)
    }

    /// Stores `value` at a key that is not there yet.
    ///
    /// # Errors
    /// [`DuplicateKey`](crate::ErrorKind::DuplicateKey): it is there, and nothing changes. For
    /// the rest as [`put`](Self::put).
    pub fn insert_new<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<()> {
        self.settled()?;
        self.insert_new_unsettled(table, key, value)
    }

    /// Stores `value` at a key that is there already; `false`, and nothing stored, when it is not.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub fn update<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<bool> {
        self.settled()?;
        self.update_unsettled(table, key, value)
    }

    /// Removes `key`; `false` when it is not there.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub fn remove<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
    ) -> Result<bool> {
        self.settled()?;
        self.remove_unsettled(table, key)
    }

    /// Begins a transaction with default options.
    ///
    /// # Errors
    /// As for [`begin_with`](Self::begin_with).
    #[inline(always)]
    pub fn begin(&mut self) -> Result<Transaction<'_>> {
        self.settled()?.begin(None)?;
        Ok(Transaction::new(self, None))
    }

    /// Begins a transaction. It has the session for itself until it is committed, rolled back or
    /// dropped, which rolls it back.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): an option is not valid, or the
    /// durability is not to be had on this connection.
    pub fn begin_with(&mut self, options: &TransactionOptions) -> Result<Transaction<'_>> {
        let durability = options.durability_on(self.shared().durability)?;
        let config = options.config()?.map(|config| config.finish());
        self.settled()?.begin(config.as_ref())?;
        Ok(Transaction::new(self, Some(durability)))
    }

    /// Takes a checkpoint: all that is committed is on disk afterwards, whatever the durability.
    /// It can last; others go on meanwhile.
    ///
    /// # Errors
    /// - [`NotSupported`](crate::ErrorKind::NotSupported): the database is in memory.
    /// - [`Io`](crate::ErrorKind::Io): the disk is full or fails.
    pub fn checkpoint(&mut self) -> Result<()> {
        self.checkpoint_with(&CheckpointOptions::new())
    }

    /// Takes a checkpoint that has a name, for example.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the name has other characters than
    /// ASCII letters, digits, `_` and `-`. Otherwise as [`checkpoint`](Self::checkpoint).
    pub fn checkpoint_with(&mut self, options: &CheckpointOptions) -> Result<()> {
        let config = options.config()?.finish();
        self.settled()?.checkpoint(&config)
    }

    /// Brings the log of all that is committed, by any session, up to `durability`. Does nothing
    /// for the levels below [`Durability::Process`].
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the connection has no log.
    /// - [`Io`](crate::ErrorKind::Io): the disk is full or fails.
    pub fn log_flush(&mut self, durability: Durability) -> Result<()> {
        self.settled()?.flush_log_to(durability)
    }

    /// Closes the cursors that the session keeps for its next calls, and frees what it has
    /// buffered. Open cursors of any session stop a table from being dropped.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn reset(&mut self) -> Result<()> {
        self.key.take();
        self.scratch = Scratch::default();
        self.settled()?.reset()
    }
}

fn entry<K: Pack, V: Pack>(name: &str) -> Result<TableEntry> {
    TableEntry::new(name, K::FORMAT.into(), V::FORMAT.into())
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("in_transaction", &self.raw.in_transaction())
            .finish_non_exhaustive()
    }
}
