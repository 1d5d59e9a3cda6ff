//! Reading the state that a checkpoint has kept.

use std::cell::RefCell;
use std::fmt;
use std::ops::RangeBounds;

use crate::config::Config;
use crate::cursor::Cursor;
use crate::error::Result;
use crate::options::check_name;
use crate::pack::Pack;
use crate::range::Range;
use crate::session::Session;
use crate::table::{EntryKind, Table, TableEntry};
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
    /// The tables that were read.
    slots: RefCell<Vec<usize>>,
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
            slots: RefCell::default(),
        }
    }
}

impl CheckpointView<'_> {
    /// The table as the checkpoint has it. It is a table of its own, which only this view knows.
    fn old<K: Pack, V: Pack>(&self, table: &Table<K, V>) -> Result<Table<K, V>> {
        let tables = &self.session.shared().tables;
        let now = tables.get(self.session.slot(table)?)?;
        let old = Table::new(tables.intern(TableEntry {
            uri: now.uri.clone(),
            key_format: now.key_format.clone(),
            value_format: now.value_format.clone(),
            kind: EntryKind::Checkpoint(self.settings.clone()),
        }));
        let slot = self.session.slot(&old)?;
        let mut slots = self.slots.borrow_mut();
        if !slots.contains(&slot) {
            slots.push(slot);
        }
        Ok(old)
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
        self.session.get(&self.old(table)?, key)
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
        self.session.get_owned(&self.old(table)?, key)
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
        self.session.range(&self.old(table)?, range)
    }

    /// A cursor that reads.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn cursor<K: Pack, V: Pack>(&self, table: &Table<K, V>) -> Result<Cursor<'_, K, V>> {
        self.session.cursor(&self.old(table)?)
    }
}

impl Drop for CheckpointView<'_> {
    fn drop(&mut self) {
        // Open cursors would keep the checkpoint from being replaced.
        for slot in self.slots.get_mut() {
            self.session.raw().close_idle_cursors(*slot);
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
