//! Some of the columns of a table.

use std::ffi::{CStr, CString};
use std::fmt;
use std::marker::PhantomData;

use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Result};
use crate::name::uri_of_columns;
use crate::pack::Pack;
use crate::session::Session;
use crate::table::{EntryKind, Table, TableEntry};

/// Some columns of a [`Table`], in an order of your choice, as a type of their own. It is for
/// reading only.
///
/// A small handle like the table's: `Copy`, for every session of its connection.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions};
///
/// let options = TableOptions::new().columns(["id", "name", "town", "age"]);
/// let people: Table<u64, (String, String, u8)> = session.create_table("people", &options)?;
/// session.put(&people, 1, ("Ada", "London", 36))?;
///
/// let ages = session.project::<_, _, (u8, String)>(&people, &["age", "name"])?;
/// let mut cursor = session.projected(&ages)?;
/// assert!(cursor.search(1)?);
/// assert_eq!(cursor.value()?, (36, "Ada"));
/// # Ok(())
/// # }
/// ```
pub struct Projection<K, P> {
    /// Never lent: a write through it would be of some columns only.
    table: Table<K, P>,
    types: PhantomData<fn() -> (K, P)>,
}

impl<K, P> Clone for Projection<K, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, P> Copy for Projection<K, P> {}

impl<K, P> Projection<K, P> {
    pub(crate) fn table(&self) -> &Table<K, P> {
        &self.table
    }
}

impl<K: Pack, P: Pack> fmt::Debug for Projection<K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Projection").field(&self.table).finish()
    }
}

impl Session {
    /// The columns of `table` with these names, of the key, the value or both, as a `P`.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table has no columns of these
    ///   names, or none at all; see [`TableOptions::columns`](crate::TableOptions::columns).
    /// - [`TypeMismatch`](crate::ErrorKind::TypeMismatch): they have other types than `P`.
    pub fn project<K: Pack, V: Pack, P: Pack>(
        &self,
        table: &Table<K, V>,
        columns: &[&str],
    ) -> Result<Projection<K, P>> {
        let tables = &self.shared().tables;
        let whole = tables.get(self.slot(table)?)?;
        let uri = named_columns(&whole.uri, columns)?;
        let entry = TableEntry::of(uri, K::FORMAT.into(), P::FORMAT.into(), EntryKind::Table);
        let table = Table::new(tables.intern(entry));
        // Opening a cursor is what finds the columns and compares their formats.
        drop(self.cursor(&table)?);
        Ok(Projection {
            table,
            types: PhantomData,
        })
    }

    /// A cursor that reads a projection.
    ///
    /// # Errors
    /// As for [`cursor`](Self::cursor).
    pub fn projected<K: Pack, P: Pack>(
        &self,
        projection: &Projection<K, P>,
    ) -> Result<Cursor<'_, K, P>> {
        self.cursor(&projection.table)
    }
}

/// The URI of columns, of which there is at least one.
pub(crate) fn named_columns(uri: &CStr, columns: &[&str]) -> Result<CString> {
    let names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    if names.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "projection",
            "no columns are named",
        ));
    }
    uri_of_columns(uri, &names)
}
