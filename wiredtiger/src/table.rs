//! Tables: what they are called and what they hold.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::{Error, ErrorKind, Result};
use crate::name::table_uri;
use crate::pack::Pack;
use crate::raw::Mode;

/// A table of a database, with the types of its keys and values.
///
/// It is a small handle: `Copy`, without a lifetime, for every session of the connection that it
/// came from. [`Session::create_table`](crate::Session::create_table) and
/// [`Session::open_table`](crate::Session::open_table) make one, and check that the types are
/// those of the table that is stored.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// use wiredtiger::{Table, TableOptions};
///
/// let mut session = connection.open_session()?;
/// let stock: Table<String, u64> = session.create_table("stock", &TableOptions::new())?;
/// session.put(&stock, "apples", 3)?;
/// assert_eq!(session.get_owned(&stock, "apples")?, Some(3));
/// # Ok(())
/// # }
/// ```
pub struct Table<K, V> {
    id: TableId,
    types: PhantomData<fn() -> (K, V)>,
}

/// A place in the registry of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TableId {
    connection: u64,
    slot: usize,
}

impl TableId {
    pub(crate) fn slot(self) -> usize {
        self.slot
    }

    /// The place in the registry of the connection `number`.
    #[inline]
    pub(crate) fn slot_on(self, number: u64) -> Result<usize> {
        if self.connection == number {
            Ok(self.slot)
        } else {
            Err(foreign())
        }
    }
}

impl<K: Pack, V: Pack> Table<K, V> {
    pub(crate) fn new(id: TableId) -> Self {
        Self {
            id,
            types: PhantomData,
        }
    }

    /// The place in the registry of the connection `number`.
    #[inline]
    pub(crate) fn slot(&self, number: u64) -> Result<usize> {
        self.id.slot_on(number)
    }
}

#[cold]
fn foreign() -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "table",
        "the table was opened on another connection: open it on this one",
    )
}

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Table<K, V> {}

impl<K, V> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<K, V> Eq for Table<K, V> {}

impl<K: Pack, V: Pack> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("slot", &self.id.slot)
            .field("key_format", &K::FORMAT)
            .field("value_format", &V::FORMAT)
            .finish()
    }
}

/// What a cursor on a table needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TableEntry {
    pub(crate) uri: CString,
    pub(crate) key_format: String,
    pub(crate) value_format: String,
    pub(crate) kind: EntryKind,
    /// The settings of cursors that show it as a checkpoint has it.
    pub(crate) checkpoint: Option<CString>,
}

/// What the cursors of an entry are like.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EntryKind {
    /// Those of a table, or of some of its columns.
    Table,
    /// Inserts take the next record number.
    Append,
    /// Keys may be followed by the columns of the primary key.
    Index,
}

impl TableEntry {
    /// The table `name` as it is now.
    pub(crate) fn new(name: &str, key_format: String, value_format: String) -> Result<Self> {
        // The name is checked: it holds no NUL.
        let uri = CString::new(table_uri(name)?).unwrap_or_default();
        Ok(Self::of(uri, key_format, value_format, EntryKind::Table))
    }

    /// What `uri` names, as it is now.
    pub(crate) fn of(
        uri: CString,
        key_format: String,
        value_format: String,
        kind: EntryKind,
    ) -> Self {
        Self {
            uri,
            key_format,
            value_format,
            kind,
            checkpoint: None,
        }
    }

    /// The same as a checkpoint has it, by these settings of its cursors.
    pub(crate) fn at_checkpoint(&self, settings: CString) -> Self {
        Self {
            checkpoint: Some(settings),
            ..self.clone()
        }
    }

    /// The settings that a cursor is opened with, all of them raw.
    pub(crate) fn cursor_settings(&self, mode: Mode) -> &CStr {
        match (&self.checkpoint, &self.kind, mode) {
            (Some(settings), _, _) => settings,
            (None, EntryKind::Append, _) => c"append=true,raw=true",
            (None, _, Mode::Overwrite) => c"raw=true",
            (None, _, Mode::NoOverwrite) => c"overwrite=false,raw=true",
        }
    }
}

/// The tables that a connection's handles speak of. It grows with the number of different names
/// and types, not with the number of handles.
#[derive(Debug)]
pub(crate) struct Tables {
    connection: u64,
    entries: RwLock<Registry>,
}

#[derive(Debug, Default)]
struct Registry {
    by_slot: Vec<Arc<TableEntry>>,
    slots: HashMap<Arc<TableEntry>, usize>,
}

impl Tables {
    pub(crate) fn new(connection: u64) -> Self {
        Self {
            connection,
            entries: RwLock::default(),
        }
    }

    /// The place of a table with these formats, made when it is new. A cursor of one place is
    /// never used with the formats of another (rule 24).
    pub(crate) fn intern(&self, entry: TableEntry) -> TableId {
        let mut registry = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let slot = match registry.slots.get(&entry) {
            Some(slot) => *slot,
            None => {
                let entry = Arc::new(entry);
                let slot = registry.by_slot.len();
                registry.by_slot.push(Arc::clone(&entry));
                registry.slots.insert(entry, slot);
                slot
            }
        };
        TableId {
            connection: self.connection,
            slot,
        }
    }

    pub(crate) fn get(&self, slot: usize) -> Result<Arc<TableEntry>> {
        let registry = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        registry.by_slot.get(slot).cloned().ok_or_else(foreign)
    }

    /// The URI of a table, for a message.
    pub(crate) fn uri(&self, slot: usize) -> String {
        self.get(slot).map_or_else(
            |_| "?".into(),
            |entry| entry.uri.to_string_lossy().into_owned(),
        )
    }
}
