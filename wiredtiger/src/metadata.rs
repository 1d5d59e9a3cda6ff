//! What the engine knows of the objects of a database.

use std::fmt;

use crate::config::Config;
use crate::error::Result;
use crate::fields::Fields;
use crate::raw::LooseCursor;
use crate::session::Session;

/// An object of the database, as its metadata has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetadataEntry {
    /// What it is: `table:towns`, its parts `colgroup:towns` and `file:towns.wt`, or one of the
    /// engine's own.
    pub uri: String,
    /// Its settings and state, in the engine's language.
    pub config: String,
}

/// The objects of a database, in the order of their URIs. For reading only.
pub struct Metadata<'s> {
    cursor: LooseCursor<'s>,
}

impl Session {
    /// What the engine knows of the objects of the database.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn metadata(&self) -> Result<Metadata<'_>> {
        let cursor = self
            .raw()
            .open_loose(c"metadata:", &Config::new().finish())?;
        Ok(Metadata { cursor })
    }

    /// The names of the tables, in order.
    ///
    /// # Errors
    /// As for [`metadata`](Self::metadata).
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::{Table, TableOptions};
    ///
    /// let _: Table<u64, u64> = session.create_table("towns", &TableOptions::new())?;
    /// let _: Table<u64, u64> = session.create_table("roads", &TableOptions::new())?;
    /// assert_eq!(session.table_names()?, ["roads", "towns"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn table_names(&self) -> Result<Vec<String>> {
        let names = self.metadata()?.filter_map(|entry| match entry {
            Ok(entry) => entry.uri.strip_prefix("table:").map(|name| Ok(name.into())),
            Err(error) => Some(Err(error)),
        });
        names.collect()
    }
}

impl Iterator for Metadata<'_> {
    type Item = Result<MetadataEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.cursor.next() {
            Ok(false) => None,
            Ok(true) => Some(self.entry()),
            Err(error) => Some(Err(error)),
        }
    }
}

impl Metadata<'_> {
    fn entry(&self) -> Result<MetadataEntry> {
        let uri = Fields::new(self.cursor.key()?).string()?;
        let config = Fields::new(self.cursor.value()?).string()?;
        Ok(MetadataEntry { uri, config })
    }
}

impl fmt::Debug for Metadata<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata").finish_non_exhaustive()
    }
}
