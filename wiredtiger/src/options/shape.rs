//! The columns of a table, and which of them are stored together.

use std::ffi::CString;

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::name;
use crate::options::TableOptions;
use crate::pack::Format;

/// Names of columns, and column groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    columns: Vec<String>,
    groups: Vec<(String, Vec<String>)>,
}

impl Shape {
    /// Writes the shape of a table with these formats. What does not fit is refused here: the
    /// engine would find out when half of the table is there.
    pub(super) fn write(&self, key: &Format, value: &Format, config: &mut Config) -> Result<()> {
        self.check(key.columns(), value.columns())?;
        if !self.columns.is_empty() {
            config.words("columns", &name::checked("column", &self.columns)?);
        }
        if !self.groups.is_empty() {
            let names = self.groups.iter().map(|(group, _)| group);
            config.words("colgroups", &name::checked("column group", names)?);
        }
        Ok(())
    }

    fn check(&self, keys: usize, values: usize) -> Result<()> {
        let named = self.columns.len();
        if named != keys + values && (named != 0 || !self.groups.is_empty()) {
            return Err(refuse(format!(
                "{named} names for {keys} columns of the key and {values} of the value"
            )));
        }
        let values = self.columns.get(keys..).unwrap_or_default();
        let grouped = || self.groups.iter().flat_map(|(_, columns)| columns);
        if let Some(unknown) = grouped().find(|column| !values.contains(column)) {
            return Err(refuse(format!("{unknown:?} is no column of the value")));
        }
        if let Some((empty, _)) = self.groups.iter().find(|(_, columns)| columns.is_empty()) {
            return Err(refuse(format!("the column group {empty:?} has no columns")));
        }
        if self.groups.is_empty() {
            return Ok(());
        }
        match values
            .iter()
            .find(|&column| grouped().all(|one| one != column))
        {
            Some(left_out) => Err(refuse(format!("the column {left_out:?} is in no group"))),
            None => Ok(()),
        }
    }
}

#[cold]
fn refuse(why: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, "columns", why)
}

impl TableOptions {
    /// Names the columns of the table: first those of the key, then those of the value, in their
    /// order. Indexes, column groups, projections and joins need names; a table without is stored
    /// and read a little faster.
    ///
    /// Creating the table fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) if
    /// there are more or fewer names than columns, or one has other characters than ASCII letters,
    /// digits and `_`.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::{Table, TableOptions};
    ///
    /// let options = TableOptions::new().columns(["country", "year", "population"]);
    /// let table: Table<(String, u16), (u64,)> = session.create_table("pop", &options)?;
    /// session.put(&table, ("Chad", 2020), (16_244_513,))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn columns(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.shape.columns = names.into_iter().map(Into::into).collect();
        self
    }

    /// Stores some of the columns of the value in a file of their own. Each column of the value
    /// must be in a group; a read through a [`Projection`](crate::Projection) opens only the files
    /// that it needs.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::{Table, TableOptions};
    ///
    /// let options = TableOptions::new()
    ///     .columns(["id", "title", "text"])
    ///     .column_group("titles", ["title"])
    ///     .column_group("texts", ["text"]);
    /// let table: Table<u64, (String, String)> = session.create_table("books", &options)?;
    /// session.put(&table, 1, ("Emma", "Emma Woodhouse, handsome, clever, and rich"))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn column_group(
        mut self,
        name: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        self.shape.groups.push((name.into(), columns));
        self
    }

    /// What creates the column groups of a table, after the table.
    pub(crate) fn column_groups(&self, table: &str) -> Result<Vec<(CString, Config)>> {
        let group = |(group, columns): &(String, Vec<String>)| {
            let uri = name::uri_of_part("colgroup", table, group)?;
            let mut config = Config::new();
            self.write_storage(&mut config)?;
            config.words("columns", &name::checked("column", columns)?);
            Ok((uri, config))
        };
        self.shape.groups.iter().map(group).collect()
    }
}
