//! Packed bytes, read by a format.

use std::fmt;

use super::decode;
use super::format::{Field, Format};
use super::take::take;
use super::value::Value;
use crate::error::{Error, ErrorKind, Result};

/// A key or a value with its columns, borrowed: nothing is copied, and a column is decoded when it
/// is asked for.
///
/// [`Format::row`] makes one of any bytes; tables with formats that are known only at run time
/// hand them out.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    format: &'a Format,
    bytes: &'a [u8],
    /// Whether other columns may follow, as the primary key does in an index.
    open_ended: bool,
}

impl Format {
    /// `bytes` as a row of this format.
    ///
    /// # Errors
    /// [`Decode`](crate::ErrorKind::Decode): they are not what the format promises. After this
    /// check all columns can be read.
    pub fn row<'a>(&'a self, bytes: &'a [u8]) -> Result<Row<'a>> {
        let row = Row::new(self, bytes, false);
        row.iter().try_for_each(|value| value.map(drop))?;
        Ok(row)
    }

    /// The values that `bytes` hold, one for each column.
    ///
    /// # Errors
    /// [`Decode`](crate::ErrorKind::Decode): they are not what the format promises.
    pub fn unpack<'a>(&self, bytes: &'a [u8]) -> Result<Vec<Value<'a>>> {
        Columns::new(self.fields(), bytes, false).collect()
    }
}

impl<'a> Row<'a> {
    pub(crate) fn new(format: &'a Format, bytes: &'a [u8], open_ended: bool) -> Self {
        Self {
            format,
            bytes,
            open_ended,
        }
    }

    /// The value of the column `index`, counted from 0.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): there are fewer columns.
    /// - [`Decode`](crate::ErrorKind::Decode): the stored bytes are not what the format promises,
    ///   up to this column. Text that is not UTF-8 is one such case: [`as_bytes`](Self::as_bytes)
    ///   has it all the same.
    pub fn get(&self, index: usize) -> Result<Value<'a>> {
        self.iter()
            .nth(index)
            .unwrap_or_else(|| Err(self.no_column(index)))
    }

    /// The values of all columns, in their order. After an error there is no more.
    #[must_use]
    pub fn iter(&self) -> RowIter<'a> {
        RowIter(Columns::new(
            self.format.fields(),
            self.bytes,
            self.open_ended,
        ))
    }

    /// The values of all columns.
    ///
    /// # Errors
    /// [`Decode`](crate::ErrorKind::Decode): the stored bytes are not what the format promises.
    pub fn values(&self) -> Result<Vec<Value<'a>>> {
        self.iter().collect()
    }

    /// The bytes as they are stored; of a key of an index also what follows its columns.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The types of the columns.
    #[must_use]
    pub fn format(&self) -> &'a Format {
        self.format
    }

    #[cold]
    fn no_column(&self, index: usize) -> Error {
        let columns = self.format.columns();
        Error::new(
            ErrorKind::InvalidArgument,
            "row",
            format!("there is no column {index}: there are {columns}, counted from 0"),
        )
    }
}

impl<'a> IntoIterator for Row<'a> {
    type Item = Result<Value<'a>>;
    type IntoIter = RowIter<'a>;

    fn into_iter(self) -> RowIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for value in self.iter() {
            match value {
                Ok(value) => list.entry(&value),
                Err(error) => list.entry(&error.message()),
            };
        }
        list.finish()
    }
}

/// The values of a [`Row`], in the order of its columns.
#[derive(Clone, Debug)]
pub struct RowIter<'a>(Columns<'a, 'a>);

impl<'a> Iterator for RowIter<'a> {
    type Item = Result<Value<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// Values out of bytes. The fields need not live as long as the bytes do.
#[derive(Clone, Debug)]
struct Columns<'f, 'a> {
    fields: std::slice::Iter<'f, Field>,
    bytes: &'a [u8],
    open_ended: bool,
}

impl<'f, 'a> Columns<'f, 'a> {
    fn new(fields: &'f [Field], bytes: &'a [u8], open_ended: bool) -> Self {
        Self {
            fields: fields.iter(),
            bytes,
            open_ended,
        }
    }

    /// There is no more.
    fn end(&mut self) {
        self.fields = [].iter();
        self.open_ended = true;
    }
}

impl<'a> Iterator for Columns<'_, 'a> {
    type Item = Result<Value<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(field) = self.fields.next() {
            match take(*field, &mut self.bytes) {
                Ok(Some(value)) => return Some(Ok(value)),
                Ok(None) => {}
                Err(error) => {
                    self.end();
                    return Some(Err(error));
                }
            }
        }
        let more = !self.open_ended && !self.bytes.is_empty();
        self.end();
        more.then(|| Err(decode("there are bytes after the last column")))
    }
}
