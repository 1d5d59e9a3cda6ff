//! Writes of rows whose formats are known only at run time, for sessions and transactions alike.

use crate::dynamic::DynTable;
use crate::error::Result;
use crate::pack::Value;
use crate::raw::Mode;
use crate::row_cursor::RowCursorMut;
use crate::session::Session;
use crate::transaction::Transaction;

impl Session {
    /// Stores `value` at `key`, in place of what is there.
    ///
    /// # Errors
    /// - [`Encode`](crate::ErrorKind::Encode): key or value are not of the table's formats; the
    ///   message says which column.
    /// - [`NotSupported`](crate::ErrorKind::NotSupported): it is an index.
    /// - For the rest as [`put`](Self::put).
    pub fn put_row(
        &mut self,
        table: &DynTable,
        key: &[Value<'_>],
        value: &[Value<'_>],
    ) -> Result<()> {
        self.settled()?;
        self.insert_row_unsettled(table, key, value, Mode::Overwrite)
    }

    /// Stores `value` at a key that is not there yet.
    ///
    /// # Errors
    /// [`DuplicateKey`](crate::ErrorKind::DuplicateKey): it is there, and nothing changes. For
    /// the rest as [`put_row`](Self::put_row).
    pub fn insert_new_row(
        &mut self,
        table: &DynTable,
        key: &[Value<'_>],
        value: &[Value<'_>],
    ) -> Result<()> {
        self.settled()?;
        self.insert_row_unsettled(table, key, value, Mode::NoOverwrite)
    }

    /// Stores `value` at a key that is there already; `false`, and nothing stored, when it is not.
    ///
    /// # Errors
    /// As for [`put_row`](Self::put_row).
    pub fn update_row(
        &mut self,
        table: &DynTable,
        key: &[Value<'_>],
        value: &[Value<'_>],
    ) -> Result<bool> {
        self.settled()?;
        self.update_row_unsettled(table, key, value)
    }

    /// Removes `key`; `false` when it is not there.
    ///
    /// # Errors
    /// As for [`put_row`](Self::put_row).
    pub fn remove_row(&mut self, table: &DynTable, key: &[Value<'_>]) -> Result<bool> {
        self.settled()?;
        self.remove_row_unsettled(table, key)
    }

    /// Appends a row to a table with record numbers: it is stored at the number after the largest
    /// one that was ever there, which is the answer.
    ///
    /// # Errors
    /// As for [`put_row`](Self::put_row), and [`NotSupported`](crate::ErrorKind::NotSupported):
    /// the keys of the table are no record numbers.
    pub fn append_row(&mut self, table: &DynTable, value: &[Value<'_>]) -> Result<u64> {
        self.settled()?;
        self.append_row_unsettled(table, value)
    }

    fn append_row_unsettled(&mut self, table: &DynTable, value: &[Value<'_>]) -> Result<u64> {
        table.check_appends()?;
        let slot = self.appending(table.slot_to_write(self)?)?;
        let (raw, scratch) = self.parts();
        let value = table.pack_value(value, &mut scratch.value)?;
        let mut cursor = raw.cursor_mut(slot, Mode::Overwrite)?;
        let number = cursor.append(value)?;
        let number = table.key_row(&number).get(0)?;
        Ok(number.as_uint().unwrap_or_default())
    }
}

/// A session settles before it calls these; a transaction has the session for itself.
impl Session {
    fn insert_row_unsettled(
        &mut self,
        table: &DynTable,
        key: &[Value<'_>],
        value: &[Value<'_>],
        mode: Mode,
    ) -> Result<()> {
        let slot = table.slot_to_write(self)?;
        let (raw, scratch) = self.parts();
        let key = table.pack_key(key, &mut scratch.key)?;
        let value = table.pack_value(value, &mut scratch.value)?;
        raw.insert(slot, mode, key, value)
    }

    fn update_row_unsettled(
        &mut self,
        table: &DynTable,
        key: &[Value<'_>],
        value: &[Value<'_>],
    ) -> Result<bool> {
        let slot = table.slot_to_write(self)?;
        let (raw, scratch) = self.parts();
        let key = table.pack_key(key, &mut scratch.key)?;
        let value = table.pack_value(value, &mut scratch.value)?;
        raw.update(slot, key, value)
    }

    fn remove_row_unsettled(&mut self, table: &DynTable, key: &[Value<'_>]) -> Result<bool> {
        let slot = table.slot_to_write(self)?;
        let (raw, scratch) = self.parts();
        let key = table.pack_key(key, &mut scratch.key)?;
        raw.remove(slot, key)
    }
}

impl Transaction<'_> {
    /// As [`Session::put_row`], in this transaction.
    ///
    /// # Errors
    /// As for [`Session::put_row`], and [`Rollback`](crate::ErrorKind::Rollback): another
    /// transaction has changed the key since this one began.
    pub fn put_row(
        &mut self,
        table: &DynTable,
        key: &[Value<'_>],
        value: &[Value<'_>],
    ) -> Result<()> {
        self.session_mut()
            .insert_row_unsettled(table, key, value, Mode::Overwrite)
    }

    /// As [`Session::insert_new_row`], in this transaction.
    ///
    /// # Errors
    /// As for [`Session::insert_new_row`], and [`Rollback`](crate::ErrorKind::Rollback): another
    /// transaction has changed the key since this one began.
    pub fn insert_new_row(
        &mut self,
        table: &DynTable,
        key: &[Value<'_>],
        value: &[Value<'_>],
    ) -> Result<()> {
        self.session_mut()
            .insert_row_unsettled(table, key, value, Mode::NoOverwrite)
    }

    /// As [`Session::update_row`], in this transaction.
    ///
    /// # Errors
    /// As for [`Session::update_row`], and [`Rollback`](crate::ErrorKind::Rollback): another
    /// transaction has changed the key since this one began.
    pub fn update_row(
        &mut self,
        table: &DynTable,
        key: &[Value<'_>],
        value: &[Value<'_>],
    ) -> Result<bool> {
        self.session_mut().update_row_unsettled(table, key, value)
    }

    /// As [`Session::remove_row`], in this transaction.
    ///
    /// # Errors
    /// As for [`Session::remove_row`], and [`Rollback`](crate::ErrorKind::Rollback): another
    /// transaction has changed the key since this one began.
    pub fn remove_row(&mut self, table: &DynTable, key: &[Value<'_>]) -> Result<bool> {
        self.session_mut().remove_row_unsettled(table, key)
    }

    /// As [`Session::append_row`], in this transaction.
    ///
    /// # Errors
    /// As for [`Session::append_row`].
    pub fn append_row(&mut self, table: &DynTable, value: &[Value<'_>]) -> Result<u64> {
        self.session_mut().append_row_unsettled(table, value)
    }

    /// A cursor that reads and writes in this transaction.
    ///
    /// # Errors
    /// As for [`Session::row_cursor_mut`].
    pub fn row_cursor_mut(&mut self, table: &DynTable) -> Result<RowCursorMut<'_>> {
        RowCursorMut::open(self.session_mut(), table)
    }
}
