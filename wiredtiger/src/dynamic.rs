//! Tables whose formats are known only at run time.

use std::ffi::CString;
use std::fmt;
use std::ops::RangeBounds;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::name::{self, table_uri};
use crate::options::TableOptions;
use crate::pack::{Format, Row, Value};
use crate::projection::named_columns;
use crate::range::PackedRange;
use crate::raw::RawValue;
use crate::row_cursor::{RowCursor, RowCursorMut};
use crate::session::Session;
use crate::table::{EntryKind, TableEntry, TableId};

/// A table, an index, or some columns of a table, with the formats that it is stored with.
///
/// Keys and values are lists of [`Value`]s, one for each column, and are read as [`Row`]s. All is
/// checked against the formats; where the types are known when the program is written, a
/// [`Table`](crate::Table) is shorter and faster. Cloning is cheap, and a clone is for every
/// session of the connection.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::TableOptions;
///
/// let options = TableOptions::new().columns(["country", "year", "population"]);
/// let table = session.create_dyn_table("pop", &"5sH".parse()?, &"Q".parse()?, &options)?;
/// session.put_row(&table, &["USA".into(), 1990.into()], &[248_709_873.into()])?;
///
/// let table = session.open_dyn_table("pop")?;
/// assert_eq!(table.columns(), ["country", "year", "population"]);
/// let row = session.get_row(&table, &["USA".into(), 1990.into()])?.expect("it is there");
/// assert_eq!(row.row().get(0)?.as_uint(), Some(248_709_873));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DynTable {
    id: TableId,
    formats: Arc<Formats>,
}

struct Formats {
    key: Format,
    value: Format,
    columns: Vec<String>,
    of: RowsOf,
}

/// What rows are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowsOf {
    Table,
    /// Some columns of a table.
    Columns,
    /// Keys go on with columns of the table's key.
    Index,
}

impl DynTable {
    /// The types of the key's columns.
    #[must_use]
    pub fn key_format(&self) -> &Format {
        &self.formats.key
    }

    /// The types of the value's columns.
    #[must_use]
    pub fn value_format(&self) -> &Format {
        &self.formats.value
    }

    /// The names of the columns, first those of the key; none if the table has no names.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.formats.columns
    }

    /// The place of the column `name` in a row of the value, counted from 0.
    #[must_use]
    pub fn value_column(&self, name: &str) -> Option<usize> {
        let keys = self.formats.key.columns();
        let values = self.formats.columns.get(keys..)?;
        values.iter().position(|column| column == name)
    }

    pub(crate) fn is_index(&self) -> bool {
        self.formats.of == RowsOf::Index
    }

    /// What has the same formats at another place.
    pub(crate) fn moved_to(&self, id: TableId) -> Self {
        Self {
            id,
            formats: Arc::clone(&self.formats),
        }
    }

    pub(crate) fn slot(&self, session: &Session) -> Result<usize> {
        self.id.slot_on(session.shared().number)
    }

    /// As [`slot`](Self::slot), for a write.
    pub(crate) fn slot_to_write(&self, session: &Session) -> Result<usize> {
        let (what, why) = match self.formats.of {
            RowsOf::Table => return self.slot(session),
            RowsOf::Index => ("index", "an index is written by writes to its table"),
            RowsOf::Columns => ("projection", "some columns of a table are for reading only"),
        };
        Err(Error::new(ErrorKind::NotSupported, what, why))
    }

    pub(crate) fn key_row<'a>(&'a self, bytes: &'a [u8]) -> Row<'a> {
        Row::new(&self.formats.key, bytes, self.is_index())
    }

    pub(crate) fn value_row<'a>(&'a self, bytes: &'a [u8]) -> Row<'a> {
        Row::new(&self.formats.value, bytes, false)
    }

    /// The packed key. Any other key could stop the database, or be one that nobody finds.
    pub(crate) fn pack_key<'b>(
        &self,
        key: &[Value<'_>],
        scratch: &'b mut Vec<u8>,
    ) -> Result<&'b [u8]> {
        self.formats.key.pack_into_vec(key, scratch)?;
        Ok(scratch)
    }

    /// Both ends of a range of keys, packed.
    pub(crate) fn pack_range<'k>(
        &self,
        range: &impl RangeBounds<&'k [Value<'k>]>,
    ) -> Result<PackedRange> {
        PackedRange::new(range, |key, packed| self.pack_key(key, packed).map(drop))
    }

    pub(crate) fn pack_value<'b>(
        &self,
        value: &[Value<'_>],
        scratch: &'b mut Vec<u8>,
    ) -> Result<&'b [u8]> {
        self.formats.value.pack_into_vec(value, scratch)?;
        Ok(scratch)
    }

    /// Fails if the table is no column store.
    pub(crate) fn check_appends(&self) -> Result<()> {
        if self.formats.key.is_record_number() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::NotSupported,
            "append",
            format!(
                "only tables with record numbers append, and the keys are {}",
                self.formats.key
            ),
        ))
    }
}

impl fmt::Debug for DynTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynTable")
            .field("key_format", &self.formats.key)
            .field("value_format", &self.formats.value)
            .field("columns", &self.formats.columns)
            .finish_non_exhaustive()
    }
}

/// A value read in place, with its columns; as [`ValueRef`](crate::ValueRef) is for types.
#[must_use]
pub struct RowRef<'t> {
    raw: RawValue<'t>,
    table: DynTable,
}

impl RowRef<'_> {
    /// The value, borrowed from the engine.
    #[must_use]
    pub fn row(&self) -> Row<'_> {
        self.table.value_row(self.raw.bytes())
    }
}

impl fmt::Debug for RowRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RowRef").field(&self.row()).finish()
    }
}

impl Session {
    /// Opens a table that is there, with the formats and the names of columns that it has.
    ///
    /// # Errors
    /// - [`NotFound`](crate::ErrorKind::NotFound): there is no such table.
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): it cannot have this name.
    pub fn open_dyn_table(&self, name: &str) -> Result<DynTable> {
        // The name has been checked: it holds no NUL.
        let uri = CString::new(table_uri(name)?).unwrap_or_default();
        let columns = self.raw().column_names(&uri)?;
        self.open_dyn(uri, columns, RowsOf::Table)
    }

    /// Creates a table that is not there, and opens it. The options count only for a new table.
    ///
    /// # Errors
    /// As for [`create_table`](Self::create_table).
    pub fn create_dyn_table(
        &mut self,
        name: &str,
        key: &Format,
        value: &Format,
        options: &TableOptions,
    ) -> Result<DynTable> {
        let config = options.config_of(key.as_str(), value.as_str())?;
        self.create_with(name, &config.finish(), options)?;
        self.open_as(name, key, value)
    }

    /// Opens a table, which must have these formats.
    pub(crate) fn open_as(&self, name: &str, key: &Format, value: &Format) -> Result<DynTable> {
        let table = self.open_dyn_table(name)?;
        if *table.key_format() == *key && *table.value_format() == *value {
            return Ok(table);
        }
        Err(Error::new(
            ErrorKind::TypeMismatch,
            "WT_SESSION.create",
            format!(
                "the formats are key_format={key},value_format={value}, but the table has \
                 key_format={},value_format={}",
                table.key_format(),
                table.value_format()
            ),
        )
        .on(&format!("table:{name}")))
    }

    /// Opens an index of a table, to read the columns with these names; without names the value of
    /// the table. Its keys are the columns of the index.
    ///
    /// # Errors
    /// As for [`open_index`](Self::open_index).
    pub fn open_dyn_index(
        &self,
        table: &DynTable,
        name: &str,
        columns: &[&str],
    ) -> Result<DynTable> {
        let uri = self.index_uri(table.slot(self)?, name)?;
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let uri = name::uri_of_columns(&uri, &columns)?;
        self.open_dyn(uri, Vec::new(), RowsOf::Index)
    }

    /// The columns of a table with these names, of the key, the value or both, in this order, as the
    /// values of rows that are for reading only.
    ///
    /// # Errors
    /// As for [`project`](Self::project).
    pub fn project_rows(&self, table: &DynTable, columns: &[&str]) -> Result<DynTable> {
        let whole = self.shared().tables.get(table.slot(self)?)?;
        let uri = named_columns(&whole.uri, columns)?;
        let keys = table
            .formats
            .columns
            .iter()
            .take(table.key_format().columns());
        let names = keys
            .cloned()
            .chain(columns.iter().map(|name| (*name).to_owned()));
        self.open_dyn(uri, names.collect(), RowsOf::Columns)
    }

    fn open_dyn(&self, uri: CString, columns: Vec<String>, of: RowsOf) -> Result<DynTable> {
        let (key_format, value_format) = self.raw().formats(&uri)?;
        let on = |error: Error| error.on(&uri.to_string_lossy());
        let formats = Formats {
            key: Format::new(&key_format).map_err(on)?,
            value: Format::new(&value_format).map_err(on)?,
            columns,
            of,
        };
        let kind = match of {
            RowsOf::Index => EntryKind::Index,
            RowsOf::Table | RowsOf::Columns => EntryKind::Table,
        };
        let entry = TableEntry::of(uri, key_format, value_format, kind);
        Ok(DynTable {
            id: self.shared().tables.intern(entry),
            formats: Arc::new(formats),
        })
    }

    /// The value at `key`, borrowed from the engine's memory.
    ///
    /// # Errors
    /// As for [`get`](Self::get), and [`Encode`](crate::ErrorKind::Encode): the key is not one of
    /// the table's format.
    pub fn get_row(&self, table: &DynTable, key: &[Value<'_>]) -> Result<Option<RowRef<'_>>> {
        let slot = table.slot(self)?;
        let mut scratch = Vec::new();
        let key = table.pack_key(key, &mut scratch)?;
        self.raw().get(slot, key, |raw| RowRef {
            raw,
            table: table.clone(),
        })
    }

    /// A cursor that reads. There can be several at a time, on any tables.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table is another connection's.
    pub fn row_cursor(&self, table: &DynTable) -> Result<RowCursor<'_>> {
        let raw = self.raw().cursor(table.slot(self)?)?;
        Ok(RowCursor::new(raw, table.clone()))
    }

    /// A cursor that reads and writes. It has the session for itself.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table is another connection's.
    /// [`NotSupported`](crate::ErrorKind::NotSupported): it is an index.
    pub fn row_cursor_mut(&mut self, table: &DynTable) -> Result<RowCursorMut<'_>> {
        self.settled()?;
        RowCursorMut::open(self, table)
    }
}
