//! Positions in tables whose formats are known only at run time.

use std::cmp::Ordering;
use std::fmt;

use crate::dynamic::DynTable;
use crate::error::Result;
use crate::pack::{Row, Value};
use crate::raw::{Mode, RawCursor, Read, Write};
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
    /// the key found compares to `key`; `None` if the table is empty.
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
    /// [`Rollback`](crate::ErrorKind::Rollback): inside a transaction, which has to be rolled
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
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor is nowhere. Columns are
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

    /// Gives up the position.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn reset(&mut self) -> Result<()> {
        self.raw.reset()
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
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor is nowhere. For the
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
