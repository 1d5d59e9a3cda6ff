//! Joins: the rows of a table that satisfy conditions on several indexes.

use std::fmt;
use std::marker::PhantomData;

use crate::error::Result;
use crate::index::Index;
use crate::join_conditions::{Conditions, NewJoin};
use crate::pack::Pack;
use crate::raw::Compare;
use crate::session::Session;
use crate::table::Table;

/// How the columns of a row compare with the key of a condition of a [`Join`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// They are the same.
    Equal,
    /// They are the same or come later.
    GreaterOrEqual,
    /// They come later.
    Greater,
    /// They are the same or come earlier.
    LessOrEqual,
    /// They come earlier.
    Less,
}

impl From<Comparison> for Compare {
    fn from(comparison: Comparison) -> Self {
        match comparison {
            Comparison::Equal => Self::Equal,
            Comparison::GreaterOrEqual => Self::GreaterOrEqual,
            Comparison::Greater => Self::Greater,
            Comparison::LessOrEqual => Self::LessOrEqual,
            Comparison::Less => Self::Less,
        }
    }
}

/// Which of the conditions of a [`Join`] a row must satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Satisfy {
    /// All of them.
    All,
    /// One of them. A row that satisfies several may come once for each.
    Any,
}

/// The rows of a table that satisfy conditions on its indexes and its key, in no certain order.
///
/// Conditions are added first, and then the rows are stepped through. The first condition should be
/// the one that the fewest rows satisfy: the engine walks through those, and looks up the others.
/// A join is for reading, and owns the cursors of its conditions.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Comparison, Index, IndexOptions, Satisfy, Table, TableOptions};
///
/// let options = TableOptions::new().columns(["id", "country", "year"]);
/// let table: Table<u64, (String, u16)> = session.create_table("people", &options)?;
/// for (column, name) in [("country", "by_country"), ("year", "by_year")] {
///     session.create_index(&table, name, &[column], &IndexOptions::new())?;
/// }
/// session.put(&table, 1, ("Peru", 1990))?;
/// session.put(&table, 2, ("Peru", 2010))?;
/// session.put(&table, 3, ("Chad", 2010))?;
///
/// let countries: Index<String, (u64,)> = session.open_index(&table, "by_country", &["id"])?;
/// let years: Index<u16, (u64,)> = session.open_index(&table, "by_year", &["id"])?;
/// let mut join = session.join(&table, Satisfy::All)?;
/// join.on_index(&countries, Comparison::Equal, "Peru")?;
/// join.on_index(&years, Comparison::Greater, 2000)?;
/// assert!(join.next()?);
/// assert_eq!(join.entry()?, (2, ("Peru", 2010)));
/// assert!(!join.next()?);
/// # Ok(())
/// # }
/// ```
pub struct Join<'s, K, P> {
    conditions: Conditions<'s>,
    types: PhantomData<fn() -> (K, P)>,
}

impl Session {
    /// A join of the rows of a table, still without conditions.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the table is another connection's.
    pub fn join<K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        satisfy: Satisfy,
    ) -> Result<Join<'_, K, V>> {
        self.join_columns(table, &[], satisfy)
    }

    /// A join of the columns with these names, of the key, the value or both, as a `P`.
    ///
    /// # Errors
    /// As for [`project`](Self::project).
    pub fn join_columns<K: Pack, V: Pack, P: Pack>(
        &self,
        table: &Table<K, V>,
        columns: &[&str],
        satisfy: Satisfy,
    ) -> Result<Join<'_, K, P>> {
        let join = NewJoin::new(self, self.slot(table)?, columns, satisfy)?;
        let formats = (K::FORMAT.into(), P::FORMAT.into());
        Ok(Join {
            conditions: join.open(formats)?,
            types: PhantomData,
        })
    }
}

impl<K: Pack, P: Pack> Join<'_, K, P> {
    /// A condition on the columns of an index of the table.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the index is of another table,
    ///   there is such a condition on it already, or the first row was read.
    /// - [`InteriorNul`](crate::ErrorKind::InteriorNul): text with a NUL inside.
    pub fn on_index<IK: Pack, IP: Pack>(
        &mut self,
        index: &Index<IK, IP>,
        comparison: Comparison,
        key: IK::Ref<'_>,
    ) -> Result<()> {
        self.on_index_with(index, comparison, key, None)
    }

    /// As [`on_index`](Self::on_index), looked up in a Bloom filter of the rows that satisfy it,
    /// about `expected` of them: for conditions after the first that many rows satisfy.
    ///
    /// # Errors
    /// As for [`on_index`](Self::on_index), and
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): `expected` is zero.
    pub fn on_index_by_bloom<IK: Pack, IP: Pack>(
        &mut self,
        index: &Index<IK, IP>,
        comparison: Comparison,
        key: IK::Ref<'_>,
        expected: u32,
    ) -> Result<()> {
        self.on_index_with(index, comparison, key, Some(expected))
    }

    fn on_index_with<IK: Pack, IP: Pack>(
        &mut self,
        index: &Index<IK, IP>,
        comparison: Comparison,
        key: IK::Ref<'_>,
        bloom: Option<u32>,
    ) -> Result<()> {
        let session = self.conditions.session();
        let last = session.index_cursor(index)?.bytes_are_last();
        let mut packed = Vec::new();
        IK::append(key, last, &mut packed)?;
        let slot = index.slot(session)?;
        self.conditions.on_index(slot, comparison, &packed, bloom)
    }

    /// A condition on the key of the table, which must have named columns.
    ///
    /// # Errors
    /// As for [`on_index`](Self::on_index).
    pub fn on_key(&mut self, comparison: Comparison, key: K::Ref<'_>) -> Result<()> {
        let mut scratch = Vec::new();
        let key = K::pack(key, &mut scratch)?;
        self.conditions.on_key(comparison, key)
    }

    /// Another join as a condition: the rows must be among its rows.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the other join is of another table
    /// or session, has no conditions, or a first row was read.
    pub fn on_join<Q: Pack>(&mut self, other: Join<'_, K, Q>) -> Result<()> {
        self.conditions.on_join(other.conditions)
    }

    /// Goes to the next row; after the last one the answer is `false`, and the join is nowhere.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): there are no conditions.
    /// - [`Rollback`](crate::ErrorKind::Rollback): inside a transaction, which has to be rolled
    ///   back.
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
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the join is nowhere.
    /// - [`Decode`](crate::ErrorKind::Decode): the stored bytes are not what the type says.
    pub fn key(&self) -> Result<K::Ref<'_>> {
        let raw = self.conditions.raw();
        K::unpack(raw.key()?).map_err(|error| raw.undecodable(error))
    }

    /// The value of the row, or the columns that are read.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    pub fn value(&self) -> Result<P::Ref<'_>> {
        let raw = self.conditions.raw();
        P::unpack(raw.value()?).map_err(|error| raw.undecodable(error))
    }

    /// Key and value of the row.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    pub fn entry(&self) -> Result<(K::Ref<'_>, P::Ref<'_>)> {
        Ok((self.key()?, self.value()?))
    }
}

impl<K, P> fmt::Debug for Join<'_, K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.conditions.describe(&mut f.debug_struct("Join"))
    }
}
