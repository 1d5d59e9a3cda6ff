//! Joins: the rows of a table that satisfy conditions on several indexes.

use std::ffi::CString;
use std::fmt;
use std::marker::PhantomData;

use crate::error::{Error, ErrorKind, Result};
use crate::index::Index;
use crate::name::uri_of_columns;
use crate::pack::Pack;
use crate::raw::{Compare, RawJoin};
use crate::session::Session;
use crate::table::{EntryKind, Table, TableEntry};

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
    session: &'s Session,
    raw: RawJoin<'s>,
    /// The place of the table, for conditions on its key.
    table: usize,
    satisfy: Satisfy,
    /// How many conditions the engine knows.
    conditions: usize,
    /// Whether there was a condition that no row satisfies.
    any_never: bool,
    started: bool,
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
        let slot = self.slot(table)?;
        let table = self.shared().tables.get(slot)?;
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let uri = [b"join:", table.uri.to_bytes()].concat();
        // Without a NUL, as the table's name.
        let uri = CString::new(uri).unwrap_or_default();
        let entry = TableEntry {
            uri: uri_of_columns(&uri, &columns)?,
            key_format: K::FORMAT.into(),
            value_format: P::FORMAT.into(),
            kind: EntryKind::Table,
        };
        Ok(Join {
            session: self,
            raw: self.raw().open_join(&entry)?,
            table: slot,
            satisfy,
            conditions: 0,
            any_never: false,
            started: false,
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
        self.on_index_with(index, comparison, key, "")
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
        self.on_index_with(
            index,
            comparison,
            key,
            &format!(",strategy=bloom,count={expected}"),
        )
    }

    fn on_index_with<IK: Pack, IP: Pack>(
        &mut self,
        index: &Index<IK, IP>,
        comparison: Comparison,
        key: IK::Ref<'_>,
        settings: &str,
    ) -> Result<()> {
        let entry = self
            .session
            .shared()
            .tables
            .get(index.slot(self.session)?)?;
        let last = self.session.index_cursor(index)?.bytes_are_last();
        let mut packed = Vec::new();
        IK::append(key, last, &mut packed)?;
        self.add(&entry, comparison, &packed, settings)
    }

    /// A condition on the key of the table, which must have named columns.
    ///
    /// # Errors
    /// As for [`on_index`](Self::on_index).
    pub fn on_key(&mut self, comparison: Comparison, key: K::Ref<'_>) -> Result<()> {
        let entry = self.session.shared().tables.get(self.table)?;
        let mut scratch = Vec::new();
        let key = K::pack(key, &mut scratch)?;
        self.add(&entry, comparison, key, "")
    }

    /// Another join as a condition: the rows must be among its rows.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the other join is of another table
    /// or session, has no conditions, or a first row was read.
    pub fn on_join<Q: Pack>(&mut self, other: Join<'_, K, Q>) -> Result<()> {
        self.check_not_started()?;
        if other.started {
            return Err(self.refuse("rows were read from the join that is to be a condition"));
        }
        if other.is_never()? {
            self.any_never = true;
            return Ok(());
        }
        self.raw.add_join(other.raw, self.operation())?;
        self.conditions += 1;
        Ok(())
    }

    fn add(
        &mut self,
        entry: &TableEntry,
        comparison: Comparison,
        key: &[u8],
        settings: &str,
    ) -> Result<()> {
        self.check_not_started()?;
        let settings = format!("{}{settings}", self.operation());
        if self.raw.add(entry, comparison.into(), key, &settings)? {
            self.conditions += 1;
        } else {
            self.any_never = true;
        }
        Ok(())
    }

    fn operation(&self) -> &'static str {
        match self.satisfy {
            Satisfy::All => "operation=and",
            Satisfy::Any => "operation=or",
        }
    }

    /// Whether no row can satisfy the conditions.
    fn is_never(&self) -> Result<bool> {
        if self.conditions == 0 && !self.any_never {
            return Err(self.refuse("a join has at least one condition"));
        }
        Ok(match self.satisfy {
            Satisfy::All => self.any_never,
            Satisfy::Any => self.conditions == 0,
        })
    }

    fn check_not_started(&self) -> Result<()> {
        if self.started {
            return Err(self.refuse("conditions are added before the first row is read"));
        }
        Ok(())
    }

    #[cold]
    fn refuse(&self, why: &str) -> Error {
        Error::new(ErrorKind::InvalidArgument, "WT_SESSION.join", why).on(&self.raw.uri())
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
        if self.is_never()? {
            return Ok(false);
        }
        self.started = true;
        self.raw.next()
    }

    /// The key of the row.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the join is nowhere.
    /// - [`Decode`](crate::ErrorKind::Decode): the stored bytes are not what the type says.
    pub fn key(&self) -> Result<K::Ref<'_>> {
        K::unpack(self.raw.key()?).map_err(|error| self.raw.undecodable(error))
    }

    /// The value of the row, or the columns that are read.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    pub fn value(&self) -> Result<P::Ref<'_>> {
        P::unpack(self.raw.value()?).map_err(|error| self.raw.undecodable(error))
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
        f.debug_struct("Join")
            .field("uri", &self.raw.uri())
            .field("satisfy", &self.satisfy)
            .field("conditions", &self.conditions)
            .finish_non_exhaustive()
    }
}
