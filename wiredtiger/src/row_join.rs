//! Joins of tables whose formats are known only at run time.

use std::fmt;

use crate::dynamic::DynTable;
use crate::error::Result;
use crate::join::{Comparison, Satisfy};
use crate::join_conditions::{Conditions, NewJoin};
use crate::pack::{Format, Row, Value};
use crate::session::Session;

/// The rows of a [`DynTable`] that satisfy conditions on its indexes and its key, in no certain
/// order.
///
/// The twin of [`Join`](crate::Join) for formats that are known only at run time.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Comparison, IndexOptions, Satisfy, Table, TableOptions};
///
/// let options = TableOptions::new().columns(["id", "country", "year"]);
/// let people: Table<u64, (String, u16)> = session.create_table("people", &options)?;
/// session.create_index(&people, "by_year", &["year"], &IndexOptions::new())?;
/// session.put(&people, 1, ("Peru", 1990))?;
/// session.put(&people, 2, ("Chad", 2010))?;
///
/// let people = session.open_dyn_table("people")?;
/// let years = session.open_dyn_index(&people, "by_year", &[])?;
/// let mut join = session.join_rows(&people, &["country"], Satisfy::All)?;
/// join.on_index(&years, Comparison::Greater, &[2000.into()])?;
/// assert!(join.next()?);
/// assert_eq!(join.value()?.get(0)?.as_str(), Some("Chad"));
/// assert!(!join.next()?);
/// # Ok(())
/// # }
/// ```
pub struct RowJoin<'s> {
    conditions: Conditions<'s>,
    table: DynTable,
    value: Format,
}

impl Session {
    /// A join of the columns with these names, of the key, the value or both; without names it is
    /// of the whole rows. It has no conditions yet.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table is another connection's, or has
    /// no columns of these names.
    pub fn join_rows(
        &self,
        table: &DynTable,
        columns: &[&str],
        satisfy: Satisfy,
    ) -> Result<RowJoin<'_>> {
        let join = NewJoin::new(self, table.slot(self)?, columns, satisfy)?;
        let (key_format, value_format) = self.raw().formats(join.uri())?;
        let value = Format::new(&value_format)?;
        Ok(RowJoin {
            conditions: join.open((key_format, value_format))?,
            table: table.clone(),
            value,
        })
    }
}

impl RowJoin<'_> {
    /// A condition on the columns of an index of the table.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): it is no index, or one of another table,
    ///   there is such a condition on it already, or the first row was read.
    /// - [`Encode`](crate::ErrorKind::Encode): the key is not one of the index's format.
    pub fn on_index(
        &mut self,
        index: &DynTable,
        comparison: Comparison,
        key: &[Value<'_>],
    ) -> Result<()> {
        self.on_index_with(index, comparison, key, None)
    }

    /// As [`on_index`](Self::on_index), looked up in a Bloom filter of the rows that satisfy it,
    /// about `expected` of them: for conditions after the first that many rows satisfy.
    ///
    /// # Errors
    /// As for [`on_index`](Self::on_index), and [`InvalidArgument`](crate::ErrorKind::InvalidArgument):
    /// `expected` is zero.
    pub fn on_index_by_bloom(
        &mut self,
        index: &DynTable,
        comparison: Comparison,
        key: &[Value<'_>],
        expected: u32,
    ) -> Result<()> {
        self.on_index_with(index, comparison, key, Some(expected))
    }

    fn on_index_with(
        &mut self,
        index: &DynTable,
        comparison: Comparison,
        key: &[Value<'_>],
        bloom: Option<u32>,
    ) -> Result<()> {
        if !index.is_index() {
            return Err(self.conditions.refuse("a condition on an index needs one"));
        }
        let slot = index.slot(self.conditions.session())?;
        let mut scratch = Vec::new();
        let key = index.pack_key(key, &mut scratch)?;
        self.conditions.on_index(slot, comparison, key, bloom)
    }

    /// A condition on the key of the table, which must have named columns.
    ///
    /// # Errors
    /// As for [`on_index`](Self::on_index).
    pub fn on_key(&mut self, comparison: Comparison, key: &[Value<'_>]) -> Result<()> {
        let mut scratch = Vec::new();
        let key = self.table.pack_key(key, &mut scratch)?;
        self.conditions.on_key(comparison, key)
    }

    /// Another join as a condition: the rows must be among its rows.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the other join is of another table or
    /// session, has no conditions, or a first row was read.
    pub fn on_join(&mut self, other: RowJoin<'_>) -> Result<()> {
        self.conditions.on_join(other.conditions)
    }

    /// Goes to the next row; after the last one the answer is `false`, and the join is nowhere.
    ///
    /// # Errors
    /// As for [`Join::next`](crate::Join::next).
    #[allow(
        clippy::should_implement_trait,
        reason = "the engine's name; an entry is not an item"
    )]
    pub fn next(&mut self) -> Result<bool> {
        self.conditions.next()
    }

    /// The key of the row.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the join is nowhere. Columns are decoded
    /// when they are asked for.
    pub fn key(&self) -> Result<Row<'_>> {
        Ok(self.table.key_row(self.conditions.raw().key()?))
    }

    /// The row, or the columns that are read.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    pub fn value(&self) -> Result<Row<'_>> {
        Ok(Row::new(&self.value, self.conditions.raw().value()?, false))
    }
}

impl fmt::Debug for RowJoin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.conditions.describe(&mut f.debug_struct("RowJoin"))
    }
}
