//! Loading a new table in the order of its keys.

use std::fmt;
use std::marker::PhantomData;

use crate::config::Config;
use crate::dynamic::DynTable;
use crate::error::Result;
use crate::pack::{Pack, Value};
use crate::raw::LooseCursor;
use crate::session::{Scratch, Session};
use crate::table::Table;

/// Loads an empty table, much faster than single writes: pages are made one after the other, and
/// nothing goes to the log. The entries are seen when the loader is [finished](Self::finish), and
/// as durable as the next checkpoint.
///
/// A database in memory has no such way: there it stores the entries one by one, in any order.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions};
///
/// let squares: Table<u64, u64> = session.create_table("squares", &TableOptions::new())?;
/// let mut loader = session.bulk_load(&squares)?;
/// for number in 0..1000 {
///     loader.insert(number, number * number)?;
/// }
/// assert_eq!(loader.finish()?, 1000);
/// assert_eq!(session.get_owned(&squares, 30)?, Some(900));
/// # Ok(())
/// # }
/// ```
#[must_use = "a loader that is dropped does not say whether all was stored"]
pub struct BulkLoader<'s, K, V> {
    loader: Loader<'s>,
    types: PhantomData<fn() -> (K, V)>,
}

/// As [`BulkLoader`], for a table whose formats are known only at run time.
#[must_use = "a loader that is dropped does not say whether all was stored"]
pub struct RowLoader<'s> {
    loader: Loader<'s>,
    table: DynTable,
}

struct Loader<'s> {
    cursor: LooseCursor<'s>,
    scratch: Scratch,
    count: u64,
    uri: String,
    /// It has the session for itself.
    session: PhantomData<&'s mut Session>,
}

impl Session {
    /// Begins to load a table that is empty and that nobody else uses. This session's cursors are
    /// closed.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table is not new, or it is another
    ///   connection's.
    /// - [`Busy`](crate::ErrorKind::Busy): another session has a cursor on it, see
    ///   [`drop_table`](Session::drop_table).
    pub fn bulk_load<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
    ) -> Result<BulkLoader<'_, K, V>> {
        let slot = self.slot(table)?;
        Ok(BulkLoader {
            loader: self.loader(slot)?,
            types: PhantomData,
        })
    }

    /// As [`bulk_load`](Self::bulk_load), for a table whose formats are known only at run time.
    ///
    /// # Errors
    /// As for [`bulk_load`](Self::bulk_load), and [`NotSupported`](crate::ErrorKind::NotSupported):
    /// it is an index, or some columns of a table.
    pub fn bulk_load_rows(&mut self, table: &DynTable) -> Result<RowLoader<'_>> {
        let slot = table.slot_to_write(self)?;
        Ok(RowLoader {
            loader: self.loader(slot)?,
            table: table.clone(),
        })
    }

    fn loader(&mut self, slot: usize) -> Result<Loader<'_>> {
        let uri = self.shared().tables.uri(slot);
        let raw = self.settled()?;
        raw.reset()?;
        let config = Config::new().set("bulk", true).finish();
        Ok(Loader {
            cursor: raw.open_loose_on(slot, &config)?,
            scratch: Scratch::default(),
            count: 0,
            uri,
            session: PhantomData,
        })
    }
}

impl<K: Pack, V: Pack> BulkLoader<'_, K, V> {
    /// Stores an entry, whose key must come after all that were stored before.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the key does not come after the one
    ///   before, the message shows both; or key or value are empty or too large as for
    ///   [`put`](Session::put). The entry is left out, and the loader can go on.
    /// - [`Io`](crate::ErrorKind::Io): the disk is full or fails.
    pub fn insert(&mut self, key: K::Ref<'_>, value: V::Ref<'_>) -> Result<()> {
        let Loader {
            cursor, scratch, ..
        } = &mut self.loader;
        let key = K::pack(key, &mut scratch.key)?;
        let value = V::pack(value, &mut scratch.value)?;
        let inserted = cursor.bulk_insert(key, value);
        self.loader.stored(inserted)
    }

    /// Writes what is left, and says how many entries were stored.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io): the disk is full or fails. The table may hold a part of the entries.
    pub fn finish(self) -> Result<u64> {
        self.loader.finish()
    }
}

impl RowLoader<'_> {
    /// Stores a row, whose key must come after all that were stored before.
    ///
    /// # Errors
    /// As for [`BulkLoader::insert`], and [`Encode`](crate::ErrorKind::Encode): key or value are not
    /// of the table's formats.
    pub fn insert(&mut self, key: &[Value<'_>], value: &[Value<'_>]) -> Result<()> {
        let Loader {
            cursor, scratch, ..
        } = &mut self.loader;
        let key = self.table.pack_key(key, &mut scratch.key)?;
        let value = self.table.pack_value(value, &mut scratch.value)?;
        let inserted = cursor.bulk_insert(key, value);
        self.loader.stored(inserted)
    }

    /// Writes what is left, and says how many rows were stored.
    ///
    /// # Errors
    /// As for [`BulkLoader::finish`].
    pub fn finish(self) -> Result<u64> {
        self.loader.finish()
    }
}

impl Loader<'_> {
    fn stored(&mut self, inserted: Result<()>) -> Result<()> {
        inserted.map_err(|error| error.on(&self.uri))?;
        self.count += 1;
        Ok(())
    }

    fn finish(self) -> Result<u64> {
        let closed = self.cursor.close();
        closed.map_err(|error| error.on(&self.uri))?;
        Ok(self.count)
    }

    fn describe(&self, text: &mut fmt::DebugStruct<'_, '_>) -> fmt::Result {
        text.field("uri", &self.uri)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for BulkLoader<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.loader.describe(&mut f.debug_struct("BulkLoader"))
    }
}

impl fmt::Debug for RowLoader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.loader.describe(&mut f.debug_struct("RowLoader"))
    }
}
