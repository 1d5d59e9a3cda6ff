//! Tables as text, in the formats of the engine's tools `wt dump` and `wt load`.

mod json;
mod json_load;
mod json_write;
mod lines;
mod schema;
mod source;

use std::ffi::CStr;
use std::io::{self, BufRead, Write};

use crate::config::Config;
use crate::dynamic::DynTable;
use crate::error::{Error, ErrorKind, Result};
use crate::named::Named;
use crate::options::check_name;
use crate::pack::{Format, Value};
use crate::raw::{LooseCursor, Mode};
use crate::session::Session;

use schema::Schema;

const DUMP: &str = "dump";
const LOAD: &str = "load";

/// How a dump is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DumpFormat {
    /// A line for each key and each value, in hexadecimal: `wt dump -x`.
    #[default]
    Hex,
    /// The same with printable bytes as they are: `wt dump`.
    Print,
    /// Columns by their names: `wt dump -j`. Bytes of text that are not printable ASCII, quotes and
    /// backslashes are written as `\u00XX`, one for each byte.
    ///
    /// [`Session::load`] reads all of it again. This release's `wt load -j` cannot read tables that
    /// have bytes before the last column of a key or a value, nor record numbers with a gap.
    Json,
}

/// What is dumped, and how.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DumpOptions {
    format: DumpFormat,
    checkpoint: Option<String>,
}

impl DumpOptions {
    /// What the table holds now, in hexadecimal.
    pub fn new() -> Self {
        Self::default()
    }

    /// How it is written. Default: [`DumpFormat::Hex`].
    pub fn format(mut self, format: DumpFormat) -> Self {
        self.format = format;
        self
    }

    /// What the table held at the checkpoint of this name, instead of now.
    pub fn checkpoint(mut self, name: impl Into<String>) -> Self {
        self.checkpoint = Some(name.into());
        self
    }
}

/// What was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadReport {
    /// The name of the table.
    pub table: String,
    /// How many entries were stored.
    pub entries: u64,
}

impl Session {
    /// Writes a table as text, in hexadecimal, with what is needed to create it and its column
    /// groups and indexes again: what `wt dump -x` writes, and `wt load` and [`load`](Self::load)
    /// read. It shows one state of the table. The answer is the number of entries.
    ///
    /// # Errors
    /// As for [`dump_with`](Self::dump_with).
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::{Table, TableOptions};
    ///
    /// let towns: Table<String, u64> = session.create_table("towns", &TableOptions::new())?;
    /// session.put(&towns, "Kiel", 247_717)?;
    /// let mut text = Vec::new();
    /// session.dump(&towns, &mut text)?;
    ///
    /// session.drop_table(&towns)?;
    /// let reports = session.load(&mut &text[..])?;
    /// assert_eq!((&reports[0].table[..], reports[0].entries), ("towns", 1));
    /// assert_eq!(session.get_owned(&towns, "Kiel")?, Some(247_717));
    /// # Ok(())
    /// # }
    /// ```
    pub fn dump<T: Named + ?Sized>(&self, table: &T, out: &mut dyn Write) -> Result<u64> {
        self.dump_with(table, &DumpOptions::new(), out)
    }

    /// As [`dump`](Self::dump), in another format, or as the table was at a checkpoint.
    ///
    /// # Errors
    /// - [`NotFound`](ErrorKind::NotFound): there is no such table or checkpoint.
    /// - [`NotSupported`](ErrorKind::NotSupported): the formats of the table have padding, which
    ///   JSON has no place for.
    /// - [`Decode`](ErrorKind::Decode): in JSON, stored bytes are not what the table's formats say.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): no checkpoint can have this name.
    /// - [`Io`](ErrorKind::Io): `out` cannot be written.
    pub fn dump_with<T: Named + ?Sized>(
        &self,
        table: &T,
        options: &DumpOptions,
        out: &mut dyn Write,
    ) -> Result<u64> {
        let uri = table.uri(self)?.0;
        let mut config = Config::new();
        if let Some(name) = &options.checkpoint {
            check_name(name, DUMP)?;
            config.quoted("checkpoint", name)?;
        }
        let (key, value) = self.raw().formats(&uri)?;
        let on = |error: Error| error.on(&uri.to_string_lossy());
        let mut dump = Dump {
            schema: Schema::of_table(self, &uri)?,
            key: Format::new(&key).map_err(on)?,
            value: Format::new(&value).map_err(on)?,
            cursor: self.raw().open_loose(&uri, &config.finish())?,
            out: Output { out, uri: &uri },
        };
        let count = match options.format {
            DumpFormat::Hex => dump.write_lines(true),
            DumpFormat::Print => dump.write_lines(false),
            DumpFormat::Json => dump.write_json(),
        };
        count.map_err(on)
    }

    /// Creates the tables that a dump describes, with their column groups and indexes, and stores
    /// what is in it: by [`dump_with`](Self::dump_with) in any format, or by `wt dump` without an
    /// option, with `-x` or with `-j`. Entries of a table that is there are replaced. There is one
    /// report for each table; only JSON can hold several.
    ///
    /// Settings of tables are taken from a list of those that do no harm; what else a dump says
    /// about the creation is left out.
    ///
    /// # Errors
    /// - [`Decode`](ErrorKind::Decode): the text is no dump, or cut off, or an entry is not of the
    ///   table's formats. What came before is stored.
    /// - [`NotSupported`](ErrorKind::NotSupported): the dump is of something else than a table, or
    ///   in another format, `wt dump -p` for example.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): a name or a setting cannot be; a collator
    ///   or an extractor is not registered.
    /// - [`TypeMismatch`](ErrorKind::TypeMismatch): the table is there, with other formats.
    /// - [`Io`](ErrorKind::Io): `input` cannot be read.
    pub fn load(&mut self, input: &mut dyn BufRead) -> Result<Vec<LoadReport>> {
        let first = input.fill_buf();
        let first = first.map_err(|why| Error::io(LOAD, "line 1", &why))?;
        if first.first() == Some(&b'{') {
            json_load::load(self, input)
        } else {
            lines::load(self, input).map(|report| vec![report])
        }
    }
}

/// A dump that is being written.
struct Dump<'d> {
    schema: Schema,
    key: Format,
    value: Format,
    cursor: LooseCursor<'d>,
    out: Output<'d>,
}

/// Where a dump goes.
struct Output<'d> {
    out: &'d mut dyn Write,
    uri: &'d CStr,
}

impl Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.out.write_all(bytes);
        written.map_err(|why| self.failed(&why))
    }

    fn flush(&mut self) -> Result<()> {
        let flushed = self.out.flush();
        flushed.map_err(|why| self.failed(&why))
    }

    #[cold]
    fn failed(&self, why: &io::Error) -> Error {
        Error::io(DUMP, self.uri.to_string_lossy(), why)
    }
}

/// A table that is being loaded.
struct Loading {
    name: String,
    table: DynTable,
    slot: usize,
    key: Vec<u8>,
    value: Vec<u8>,
    count: u64,
}

impl Loading {
    /// Creates the table, or finds it.
    fn begin(session: &mut Session, schema: &Schema) -> Result<Self> {
        let table = schema.create(session)?;
        let slot = table.slot(session)?;
        Ok(Self {
            name: schema.name()?.to_owned(),
            table,
            slot,
            key: Vec::new(),
            value: Vec::new(),
            count: 0,
        })
    }

    /// Stores packed bytes, after a look at whether they are of the formats: the engine would split
    /// them without one (rule 24).
    fn store_bytes(&mut self, session: &mut Session, key: &[u8], value: &[u8]) -> Result<()> {
        self.table.key_format().pieces(key)?;
        self.table.value_format().pieces(value)?;
        self.count += 1;
        session
            .raw_mut()
            .insert(self.slot, Mode::Overwrite, key, value)
    }

    /// Packs and stores columns.
    fn store(
        &mut self,
        session: &mut Session,
        key: &[Value<'_>],
        value: &[Value<'_>],
    ) -> Result<()> {
        let key = self.table.pack_key(key, &mut self.key)?;
        let value = self.table.pack_value(value, &mut self.value)?;
        self.count += 1;
        session
            .raw_mut()
            .insert(self.slot, Mode::Overwrite, key, value)
    }

    fn report(self) -> LoadReport {
        LoadReport {
            table: self.name,
            entries: self.count,
        }
    }
}

#[cold]
fn unsupported(what: &str) -> Error {
    let why = format!("a dump with {what} cannot be loaded");
    Error::new(ErrorKind::NotSupported, LOAD, why)
}
