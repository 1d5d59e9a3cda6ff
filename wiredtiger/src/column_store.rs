//! Tables whose keys are record numbers.

use std::fmt;
use std::marker::PhantomData;

use crate::error::Result;
use crate::pack::{Pack, RecordNumber};
use crate::raw::{Mode, RawCursor, Write};
use crate::session::Session;
use crate::table::{EntryKind, Table, TableEntry};
use crate::transaction::Transaction;

/// Appends to a table with record numbers. It has its session, or its transaction, for itself.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{RecordNumber, Table, TableOptions};
///
/// let lines: Table<RecordNumber, String> = session.create_table("l", &TableOptions::new())?;
/// let mut appender = session.appender(&lines)?;
/// assert_eq!(appender.append("first")?, RecordNumber::FIRST);
/// assert_eq!(appender.append("second")?.get(), 2);
/// # Ok(())
/// # }
/// ```
pub struct Appender<'s, V> {
    raw: RawCursor<'s, Write>,
    scratch: Vec<u8>,
    value: PhantomData<fn() -> V>,
}

impl<'s, V: Pack> Appender<'s, V> {
    /// The caller has settled the session, or is its transaction.
    fn open(session: &'s mut Session, table: &Table<RecordNumber, V>) -> Result<Self> {
        let slot = session.appending(session.slot(table)?)?;
        let raw = session.raw_mut().cursor_mut(slot, Mode::Overwrite)?;
        Ok(Self {
            raw,
            scratch: Vec::new(),
            value: PhantomData,
        })
    }

    /// Stores `value` at the number after the largest one that was ever there; the answer is that
    /// number.
    ///
    /// # Errors
    /// As for [`Session::put`].
    pub fn append(&mut self, value: V::Ref<'_>) -> Result<RecordNumber> {
        let number = self.raw.append(V::pack(value, &mut self.scratch)?)?;
        RecordNumber::unpack(&number).map_err(|error| self.raw.undecodable(error))
    }
}

impl<V> fmt::Debug for Appender<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Appender")
            .field("uri", &self.raw.uri())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// The place of the cursors that append to the table at `slot`.
    pub(crate) fn appending(&self, slot: usize) -> Result<usize> {
        let tables = &self.shared().tables;
        let entry = TableEntry {
            kind: EntryKind::Append,
            ..TableEntry::clone(&*tables.get(slot)?)
        };
        Ok(tables.intern(entry).slot())
    }

    /// What appends to a table with record numbers.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table is another connection's.
    pub fn appender<V: Pack>(&mut self, table: &Table<RecordNumber, V>) -> Result<Appender<'_, V>> {
        self.settled()?;
        Appender::open(self, table)
    }

    /// Stores `value` at the number after the largest one that was ever in the table; the answer is
    /// that number. For many values an [`appender`](Self::appender) is faster.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub fn append<V: Pack>(
        &mut self,
        table: &Table<RecordNumber, V>,
        value: V::Ref<'_>,
    ) -> Result<RecordNumber> {
        self.appender(table)?.append(value)
    }
}

impl Transaction<'_> {
    /// As [`Session::appender`], in this transaction. Numbers of a transaction that is rolled back
    /// are not given again.
    ///
    /// # Errors
    /// As for [`Session::appender`].
    pub fn appender<V: Pack>(&mut self, table: &Table<RecordNumber, V>) -> Result<Appender<'_, V>> {
        Appender::open(self.session_mut(), table)
    }

    /// As [`Session::append`], in this transaction.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub fn append<V: Pack>(
        &mut self,
        table: &Table<RecordNumber, V>,
        value: V::Ref<'_>,
    ) -> Result<RecordNumber> {
        self.appender(table)?.append(value)
    }
}
