//! Positions in tables whose formats are known only at run time.

use std::cmp::Ordering;
use std::fmt;
use std::ops::RangeBounds;

use crate::dynamic::DynTable;
use crate::error::{Error, ErrorKind, Result};
use crate::modify::Change;
use crate::pack::{Row, Value};
use crate::range::set_packed_bounds;
use crate::raw::{Content, Mode, RawCursor, Read, Write};
use crate::session::{Scratch, Session};

/// A position in a [`DynTable`], with the key and the value there as [`Row`]s.
///
/// The twin of [`Cursor`](crate::Cursor) for formats that are known only at run time.
pub struct RowCursor<'s, Access = Read> {
    raw: RawCursor<'s, Access>,
    table: DynTable,
    scratch: Scratch,
}

/// A [`RowCursor`] that also writes. It has its session, or its transaction, for itself.
pub type RowCursorMut<'s> = RowCursor<'s, Write>;

impl<'s, Access> RowCursor<'s, Access> {
    pub(crate) fn new(raw: RawCursor<'s, Access>, table: DynTable) -> Self {
        Self {
            raw,
            table,
            scratch: Scratch::default(),
        }
    }

    /// Goes to `key`. When it is not there the answer is `false`, and the cursor is nowhere.
    ///
    /// # Errors
    /// As for [`Session::get_row`].
    pub fn search(&mut self, key: &[Value<'_>]) -> Result<bool> {
        let key = self.table.pack_key(key, &mut self.scratch.key)?;
        self.raw.search(key)
    }

    /// Goes to `key`, or to a key next to it: the larger one if there is one. The answer is how
    /// the key found compares to `key`; `None` if the table (within the bounds) is
    /// empty.
    ///
    /// # Errors
    /// As for [`Session::get_row`].
    pub fn search_near(&mut self, key: &[Value<'_>]) -> Result<Option<Ordering>> {
        let key = self.table.pack_key(key, &mut self.scratch.key)?;
        self.raw.search_near(key)
    }

    /// Goes to the next entry; from nowhere to the first. After the last one the answer is
    /// `false`, and the cursor is nowhere.
    ///
    /// # Errors
    /// [`Rollback`](ErrorKind::Rollback): inside a transaction, which has to be rolled
    /// back.
    #[allow(
        clippy::should_implement_trait,
        reason = "the engine's name; an entry is not an item"
    )]
    pub fn next(&mut self) -> Result<bool> {
        self.raw.next()
    }

    /// Goes to the entry before; from nowhere to the last. Before the first one the answer is
    /// `false`, and the cursor is nowhere.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub fn prev(&mut self) -> Result<bool> {
        self.raw.prev()
    }

    /// The key at the position.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): the cursor is nowhere. Columns are
    /// decoded when they are asked for.
    pub fn key(&self) -> Result<Row<'_>> {
        Ok(self.table.key_row(self.raw.key()?))
    }

    /// The value at the position.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    pub fn value(&self) -> Result<Row<'_>> {
        Ok(self.table.value_row(self.raw.value()?))
    }

    /// Key and value at the position.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    pub fn entry(&self) -> Result<(Row<'_>, Row<'_>)> {
        let (key, value) = self.raw.entry()?;
        Ok((self.table.key_row(key), self.table.value_row(value)))
    }

    /// Limits the cursor to a range of keys until the next [`reset`](Self::reset); it gives up its
    /// position, and earlier limits. The answer is `false` if the range is empty by itself: then
    /// there is no limit. A write outside the limits fails with
    /// [`NotFound`](ErrorKind::NotFound).
    ///
    /// # Errors
    /// - As for [`Session::get_row`], about the ends of the range.
    /// - [`NotSupported`](ErrorKind::NotSupported): it is an index with a collator, and the
    ///   lower end is excluded or the upper one included.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::TableOptions;
    ///
    /// let options = TableOptions::new();
    /// let table = session.create_dyn_table("t", &"Q".parse()?, &"S".parse()?, &options)?;
    /// for (number, word) in (1_u64..).zip(["one", "two", "three"]) {
    ///     session.put_row(&table, &[number.into()], &[word.into()])?;
    /// }
    /// let mut cursor = session.row_cursor(&table)?;
    /// assert!(cursor.set_bounds(&[2_u64.into()][..]..)?);
    /// assert!(cursor.next()?);
    /// assert_eq!(cursor.value()?.get(0)?.as_str(), Some("two"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_bounds<'k>(&mut self, range: impl RangeBounds<&'k [Value<'k>]>) -> Result<bool> {
        self.raw.reset()?;
        let range = self.table.pack_range(&range)?;
        let (from, to) = range.ends();
        if self.table.is_index() {
            return self.raw.keep_index_bounds(from, to);
        }
        set_packed_bounds(&mut self.raw, from, to, RawCursor::keep_bound)
    }

    /// The largest key of the table, packed; nothing if it is empty. It is read by
    /// [`DynTable::key_format`] and [`Format::row`](crate::Format::row). It counts keys that the
    /// running transaction does not see, and removed ones that the engine has not forgotten yet. The
    /// cursor is nowhere afterwards.
    ///
    /// # Errors
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): the cursor has bounds.
    /// - [`NotSupported`](ErrorKind::NotSupported): it is an index.
    pub fn largest_key(&mut self) -> Result<Option<Vec<u8>>> {
        if self.table.is_index() {
            let why = "an index does not tell its largest key: step back from nowhere";
            let refused = Error::new(ErrorKind::NotSupported, "WT_CURSOR.largest_key", why);
            return Err(refused.on(&self.raw.uri()));
        }
        self.raw.largest_key(|key| Ok(key.to_vec()))
    }

    /// How the key at the position compares to that of another cursor, of the same session and
    /// table.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): one of the cursors is nowhere, or
    /// they are of different sessions or tables.
    pub fn compare<B>(&self, other: &RowCursor<'_, B>) -> Result<Ordering> {
        self.raw.compare(&other.raw)
    }

    /// Whether both cursors, of the same session and table, are at the same key. It costs less than
    /// [`compare`](Self::compare).
    ///
    /// # Errors
    /// As for [`compare`](Self::compare).
    pub fn equals<B>(&self, other: &RowCursor<'_, B>) -> Result<bool> {
        self.raw.equals(&other.raw)
    }

    /// Gives up position and bounds.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn reset(&mut self) -> Result<()> {
        self.raw.reset()
    }
}

impl<'s> RowCursor<'s, Read> {
    /// Another cursor at the same entry, without the bounds of this one.
    ///
    /// # Errors
    /// As for [`Cursor::duplicate`](crate::Cursor::duplicate).
    pub fn duplicate(&self) -> Result<Self> {
        Ok(Self::new(self.raw.duplicate()?, self.table.clone()))
    }
}

impl RowCursorMut<'_> {
    /// A cursor that reads, at the same entry; nothing can be written as long as it is used.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): the cursor is nowhere, or its entry
    /// was just removed.
    pub fn duplicate(&self) -> Result<RowCursor<'_>> {
        Ok(RowCursor::new(self.raw.duplicate()?, self.table.clone()))
    }

    /// Applies `changes`, one after the other, to the value at the position; the cursor stays there.
    /// The value must be one column, of bytes or text without a size: `u` or `S`.
    ///
    /// # Errors
    /// As for [`Cursor::modify_current`](crate::Cursor::modify_current), and
    /// [`NotSupported`](ErrorKind::NotSupported): the value is of another format.
    pub fn modify_current(&mut self, changes: &[Change<'_>]) -> Result<()> {
        let of = match self.table.value_format().as_str() {
            "u" => Content::Bytes,
            "S" => Content::Text,
            other => {
                let why = format!("values of the format {other} cannot be changed in part");
                let refused = Error::new(ErrorKind::NotSupported, "WT_CURSOR.modify", why);
                return Err(refused.on(&self.raw.uri()));
            }
        };
        self.raw.modify_current(changes, of)
    }

    /// Goes to `key` and keeps it for this transaction, as [`reserve`](crate::CursorMut::reserve) of
    /// the typed cursor does.
    ///
    /// # Errors
    /// - [`NotSupported`](ErrorKind::NotSupported): no transaction was begun.
    /// - [`Rollback`](ErrorKind::Rollback): another transaction has changed the entry.
    /// - As for [`Session::get_row`].
    pub fn reserve(&mut self, key: &[Value<'_>]) -> Result<bool> {
        let key = self.table.pack_key(key, &mut self.scratch.key)?;
        self.raw.reserve(key)
    }
}

impl<'s> RowCursorMut<'s> {
    /// The caller has settled the session, or is its transaction.
    pub(crate) fn open(session: &'s mut Session, table: &DynTable) -> Result<Self> {
        let slot = table.slot_to_write(session)?;
        let raw = session.raw_mut().cursor_mut(slot, Mode::Overwrite)?;
        Ok(Self::new(raw, table.clone()))
    }

    /// Stores `value` at `key`, in place of what is there. The cursor is nowhere afterwards.
    ///
    /// # Errors
    /// As for [`Session::put_row`].
    pub fn insert(&mut self, key: &[Value<'_>], value: &[Value<'_>]) -> Result<()> {
        let key = self.table.pack_key(key, &mut self.scratch.key)?;
        let value = self.table.pack_value(value, &mut self.scratch.value)?;
        self.raw.insert(key, value)
    }

    /// Removes `key`; `false` when it is not there. The cursor is nowhere afterwards.
    ///
    /// # Errors
    /// As for [`Session::put_row`].
    pub fn remove(&mut self, key: &[Value<'_>]) -> Result<bool> {
        let key = self.table.pack_key(key, &mut self.scratch.key)?;
        self.raw.remove(key)
    }

    /// Replaces the value at the position; the cursor stays there.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): the cursor is nowhere. For the
    /// rest as [`Session::put_row`].
    pub fn update_current(&mut self, value: &[Value<'_>]) -> Result<()> {
        let value = self.table.pack_value(value, &mut self.scratch.value)?;
        self.raw.update_current(value)
    }

    /// Removes the entry at the position; the next step goes on from there.
    ///
    /// # Errors
    /// As for [`CursorMut::remove_current`](crate::CursorMut).
    pub fn remove_current(&mut self) -> Result<()> {
        self.raw.remove_current()
    }
}

impl<Access> fmt::Debug for RowCursor<'_, Access> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowCursor")
            .field("uri", &self.raw.uri())
            .finish_non_exhaustive()
    }
}
