//! Indexes: a table in another order.

use std::ffi::CString;
use std::fmt;
use std::marker::PhantomData;

use crate::config::{Config, Method};
use crate::error::{Error, ErrorKind, Result};
use crate::name;
use crate::pack::{Format, Pack};
use crate::session::Session;
use crate::table::{EntryKind, Table, TableEntry, TableId};

/// An index of a table: its entries by other columns.
///
/// `K` is the type of the index's columns and `P` that of what is read: the value of the table, or
/// columns that you name. The engine keeps the index as the table changes. A small handle like that
/// of a [`Table`]: `Copy`, for every session of its connection.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Index, IndexOptions, Table, TableOptions};
///
/// let options = TableOptions::new().columns(["id", "name", "town"]);
/// let people: Table<u64, (String, String)> = session.create_table("people", &options)?;
/// session.create_index(&people, "by_town", &["town"], &IndexOptions::new())?;
/// session.put(&people, 1, ("Ada", "London"))?;
/// session.put(&people, 2, ("Alan", "London"))?;
///
/// let by_town: Index<String, (u64, String)> =
///     session.open_index(&people, "by_town", &["id", "name"])?;
/// let mut cursor = session.index_cursor(&by_town)?;
/// assert!(cursor.search("London")?);
/// assert_eq!(cursor.value()?, (1, "Ada"));
/// assert!(cursor.next()?);
/// assert_eq!(cursor.entry()?, ("London", (2, "Alan")));
/// # Ok(())
/// # }
/// ```
pub struct Index<K, P> {
    id: TableId,
    types: PhantomData<fn() -> (K, P)>,
}

impl<K, P> Index<K, P> {
    pub(crate) fn new(id: TableId) -> Self {
        Self {
            id,
            types: PhantomData,
        }
    }

    pub(crate) fn slot(&self, session: &Session) -> Result<usize> {
        self.id.slot_on(session.shared().number)
    }
}

impl<K, P> Clone for Index<K, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, P> Copy for Index<K, P> {}

impl<K: Pack, P: Pack> fmt::Debug for Index<K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index")
            .field("key_format", &K::FORMAT)
            .field("value_format", &P::FORMAT)
            .finish_non_exhaustive()
    }
}

/// Options of an index, used when it is created.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct IndexOptions {
    immutable: bool,
    extractor: Option<(String, String)>,
    collator: Option<String>,
    raw: Option<String>,
}

impl IndexOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The columns of the index never change once they are stored: updates leave the index alone,
    /// which is faster. If they change all the same, the index is wrong. Default: off.
    pub fn immutable(mut self, immutable: bool) -> Self {
        self.immutable = immutable;
        self
    }

    /// The keys are made by the extractor of this name, of the type `K`, instead of columns; see
    /// [`Extract`](crate::Extract).
    pub fn extractor<K: Pack>(mut self, name: impl Into<String>) -> Self {
        self.extractor = Some((name.into(), K::FORMAT.into()));
        self
    }

    /// The keys are in the order of the collator of this name; see [`Collate`](crate::Collate).
    pub fn collator(mut self, name: impl Into<String>) -> Self {
        self.collator = Some(name.into());
        self
    }

    /// Settings of `WT_SESSION.create` in the engine's own language, for what has no method here.
    /// Checked when the index is created.
    pub fn raw(mut self, settings: impl Into<String>) -> Self {
        self.raw = Some(settings.into());
        self
    }

    fn config(&self, columns: &[&str]) -> Result<Config> {
        let mut config = Config::new();
        if self.immutable {
            config.set("immutable", true);
        }
        if let Some(collator) = &self.collator {
            config.quoted("collator", collator)?;
        }
        if let Some(raw) = &self.raw {
            config.raw(Method::Create, raw)?;
        }
        match &self.extractor {
            Some((extractor, format)) => {
                config
                    .quoted("extractor", extractor)?
                    .set("key_format", &Format::new(format)?);
            }
            None if columns.is_empty() => {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "index",
                    "an index has columns or an extractor",
                ));
            }
            None => {}
        }
        if !columns.is_empty() {
            let names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
            config.words("columns", &name::checked("column", &names)?);
        }
        Ok(config)
    }
}

impl Session {
    /// Creates an index of the columns with these names, unless it is there. What the table holds
    /// already is put into it, which can last.
    ///
    /// The table needs names for its columns, see
    /// [`TableOptions::columns`](crate::TableOptions::columns). The session closes the cursors that
    /// it keeps.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table has no columns of these
    ///   names, a name has other characters than ASCII letters, digits and `_`, or an option is
    ///   not valid.
    /// - [`Busy`](crate::ErrorKind::Busy): other sessions have cursors on the table, also such that
    ///   they keep for their next calls: see [`reset`](Self::reset).
    pub fn create_index<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        name: &str,
        columns: &[&str],
        options: &IndexOptions,
    ) -> Result<()> {
        self.create_index_with(self.slot(table)?, name, &options.config(columns)?)
    }

    /// Creates an index of the table at `slot`, if it is not there.
    pub(crate) fn create_index_with(
        &mut self,
        slot: usize,
        name: &str,
        config: &Config,
    ) -> Result<()> {
        let uri = self.index_uri(slot, name)?;
        // Cursors that do not know of the index would write past their lists: the engine refuses
        // to create one while there are any.
        self.reset()?;
        self.settled()?
            .create(&uri, &config.finish())
            .map_err(|error| error.on(&uri.to_string_lossy()))
    }

    /// Opens an index, to read the columns with these names: of the key, of the value, or of both.
    /// Without names it is the value of the table.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument) or
    ///   [`NotFound`](crate::ErrorKind::NotFound): there is no such index, or no such column.
    /// - [`TypeMismatch`](crate::ErrorKind::TypeMismatch): the columns have other types.
    pub fn open_index<IK: Pack, P: Pack, K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        name: &str,
        columns: &[&str],
    ) -> Result<Index<IK, P>> {
        let uri = self.index_uri(self.slot(table)?, name)?;
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let uri = name::uri_of_columns(&uri, &columns)?;
        let entry = TableEntry::of(uri, IK::FORMAT.into(), P::FORMAT.into(), EntryKind::Index);
        let index = Index::new(self.shared().tables.intern(entry));
        drop(self.index_cursor(&index)?);
        Ok(index)
    }

    /// The URI of an index of the table at `slot`.
    pub(crate) fn index_uri(&self, slot: usize, name: &str) -> Result<CString> {
        let table = self.shared().tables.uri(slot);
        let table = table.strip_prefix("table:").unwrap_or_default();
        name::uri_of_part("index", table, name)
    }
}
