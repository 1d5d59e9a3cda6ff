//! Reading the state that a checkpoint has kept.

use std::cell::RefCell;
use std::fmt;
use std::ops::RangeBounds;

use crate::config::Config;
use crate::cursor::Cursor;
use crate::dynamic::{DynTable, RowRef};
use crate::error::Result;
use crate::index::Index;
use crate::index_cursor::IndexCursor;
use crate::options::check_name;
use crate::pack::{Pack, Value};
use crate::projection::Projection;
use crate::range::Range;
use crate::row_cursor::RowCursor;
use crate::session::Session;
use crate::table::{Table, TableId};
use crate::value_ref::ValueRef;

/// The tables as a checkpoint has them, for reading. The checkpoint cannot be replaced or dropped
/// while somebody has read it through such a view; that ends with the view.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let dir = tempfile::tempdir().expect("a temporary folder");
/// # let connection = wiredtiger::Connection::create(dir.path().join("home"))?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{CheckpointOptions, Table, TableOptions};
///
/// let stock: Table<String, u64> = session.create_table("stock", &TableOptions::new())?;
/// session.put(&stock, "apples", 3)?;
/// session.checkpoint_with(&CheckpointOptions::new().name("monday"))?;
/// session.put(&stock, "apples", 7)?;
///
/// let monday = session.at_checkpoint("monday")?;
/// assert_eq!(monday.get_owned(&stock, "apples")?, Some(3));
/// # Ok(())
/// # }
/// ```
pub struct CheckpointView<'s> {
    session: &'s Session,
    settings: std::ffi::CString,
    /// What was read, by its place as it is now, and as the checkpoint has it.
    known: RefCell<Vec<(usize, TableId)>>,
}

impl Session {
    /// The tables as the checkpoint `name` has them.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): no checkpoint can have this name.
    /// Whether there is one is found when a table is read: then the error is
    /// [`NotFound`](crate::ErrorKind::NotFound).
    pub fn at_checkpoint(&self, name: &str) -> Result<CheckpointView<'_>> {
        check_name(name, "WT_SESSION.open_cursor")?;
        let mut config = Config::new();
        config.quoted("checkpoint", name)?;
        Ok(self.view(&mut config))
    }

    /// The tables as the last checkpoint has them, whether it has a name or not.
    #[must_use]
    pub fn at_last_checkpoint(&self) -> CheckpointView<'_> {
        self.view(Config::new().set("checkpoint", "WiredTigerCheckpoint"))
    }

    fn view(&self, config: &mut Config) -> CheckpointView<'_> {
        let settings = config.set("raw", true).finish();
        CheckpointView {
            session: self,
            settings: settings.as_c_str().into(),
            known: RefCell::default(),
        }
    }
}

impl CheckpointView<'_> {
    /// What is at `slot`, as the checkpoint has it: a table of its own, which only this view knows.
    fn old(&self, slot: usize) -> Result<TableId> {
        let mut known = self.known.borrow_mut();
        if let Some((_, old)) = known.iter().find(|(now, _)| *now == slot) {
            return Ok(*old);
        }
        let tables = &self.session.shared().tables;
        let old = tables.intern(tables.get(slot)?.at_checkpoint(self.settings.clone()));
        known.push((slot, old));
        Ok(old)
    }

    pub(crate) fn old_table<K: Pack, V: Pack>(&self, table: &Table<K, V>) -> Result<Table<K, V>> {
        Ok(Table::new(self.old(self.session.slot(table)?)?))
    }

    pub(crate) fn session(&self) -> &Session {
        self.session
    }

    fn old_rows(&self, table: &DynTable) -> Result<DynTable> {
        Ok(table.moved_to(self.old(table.slot(self.session)?)?))
    }

    /// The value at `key`, as [`Session::get`] lends it.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound): there is no such checkpoint, or the table was not
    /// there yet. For the rest as [`Session::get`].
    pub fn get<K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
    ) -> Result<Option<ValueRef<'_, V>>> {
        self.session.get(&self.old_table(table)?, key)
    }

    /// A copy of the value at `key`.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn get_owned<K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
    ) -> Result<Option<V>> {
        self.session.get_owned(&self.old_table(table)?, key)
    }

    /// The entries in a range of keys, in their order.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn range<'k, K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        range: impl RangeBounds<K::Ref<'k>>,
    ) -> Result<Range<'_, K, V>> {
        self.session.range(&self.old_table(table)?, range)
    }

    /// A cursor that reads.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn cursor<K: Pack, V: Pack>(&self, table: &Table<K, V>) -> Result<Cursor<'_, K, V>> {
        self.session.cursor(&self.old_table(table)?)
    }

    /// A cursor that reads a projection.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn projected<K: Pack, P: Pack>(
        &self,
        projection: &Projection<K, P>,
    ) -> Result<Cursor<'_, K, P>> {
        self.cursor(projection.table())
    }

    /// A cursor that reads an index.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn index_cursor<K: Pack, P: Pack>(
        &self,
        index: &Index<K, P>,
    ) -> Result<IndexCursor<'_, K, P>> {
        let old = self.old(index.slot(self.session)?)?;
        self.session.index_cursor(&Index::new(old))
    }

    /// The row at `key`, as [`Session::get_row`] lends it.
    ///
    /// # Errors
    /// As for [`get`](Self::get), and [`Encode`](crate::ErrorKind::Encode): the key is not one of
    /// the table's format.
    pub fn get_row(&self, table: &DynTable, key: &[Value<'_>]) -> Result<Option<RowRef<'_>>> {
        self.session.get_row(&self.old_rows(table)?, key)
    }

    /// A cursor that reads the rows of a table, or of an index, whose formats are known only at run
    /// time.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn row_cursor(&self, table: &DynTable) -> Result<RowCursor<'_>> {
        self.session.row_cursor(&self.old_rows(table)?)
    }
}

impl Drop for CheckpointView<'_> {
    fn drop(&mut self) {
        // Open cursors would keep the checkpoint from being replaced.
        for (_, old) in self.known.get_mut() {
            self.session.raw().close_idle_cursors(old.slot());
        }
    }
}

impl fmt::Debug for CheckpointView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckpointView")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
