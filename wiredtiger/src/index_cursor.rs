//! Positions in indexes.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeBounds;

use crate::error::Result;
use crate::index::Index;
use crate::pack::Pack;
use crate::range::PackedRange;
use crate::raw::RawCursor;
use crate::session::Session;

impl Session {
    /// A cursor that reads an index.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the index is another connection's.
    pub fn index_cursor<K: Pack, P: Pack>(
        &self,
        index: &Index<K, P>,
    ) -> Result<IndexCursor<'_, K, P>> {
        let raw = self.raw().cursor(index.slot(self)?)?;
        Ok(IndexCursor {
            bytes_are_last: raw.key_ends_in_bytes(),
            raw,
            key: Vec::new(),
            types: PhantomData,
        })
    }
}

/// A position in an index.
///
/// Several entries can have the same key; they are in the order of the table's keys.
pub struct IndexCursor<'s, K, P> {
    raw: RawCursor<'s>,
    /// Whether bytes at the end of a key have no length in front.
    bytes_are_last: bool,
    key: Vec<u8>,
    types: PhantomData<fn() -> (K, P)>,
}

impl<K: Pack, P: Pack> IndexCursor<'_, K, P> {
    /// Whether bytes at the end of a key are packed without a length.
    pub(crate) fn bytes_are_last(&self) -> bool {
        self.bytes_are_last
    }

    fn pack(&mut self, key: K::Ref<'_>) -> Result<()> {
        self.key.clear();
        K::append(key, self.bytes_are_last, &mut self.key)
    }

    /// Goes to the first entry with `key`. When there is none the answer is `false`, and the
    /// cursor is nowhere.
    ///
    /// # Errors
    /// As for [`Session::get`].
    pub fn search(&mut self, key: K::Ref<'_>) -> Result<bool> {
        self.pack(key)?;
        self.raw.search(&self.key)
    }

    /// Goes to the first entry with `key`, or to one next to where it would be: the larger one if
    /// there is one. The answer is how the key found compares to `key`; `None` if the index is
    /// empty.
    ///
    /// # Errors
    /// As for [`Session::get`].
    pub fn search_near(&mut self, key: K::Ref<'_>) -> Result<Option<Ordering>> {
        self.pack(key)?;
        self.raw.search_near(&self.key)
    }

    /// Goes to the next entry; from nowhere to the first. After the last one the answer is
    /// `false`, and the cursor is nowhere.
    ///
    /// # Errors
    /// [`Rollback`](crate::ErrorKind::Rollback): inside a transaction, which has to be rolled
    /// back.
    #[allow(
        clippy::should_implement_trait,
        reason = "the engine's name; an entry is not an item"
    )]
    pub fn next(&mut self) -> Result<bool> {
        self.raw.next()
    }

    /// Goes to the entry before; from nowhere to the last. Before the first one the answer is
    /// `false`, and the cursor is nowhere.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub fn prev(&mut self) -> Result<bool> {
        self.raw.prev()
    }

    /// The key at the position.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor is nowhere.
    /// - [`Decode`](crate::ErrorKind::Decode): the stored bytes are not what the type says.
    pub fn key(&self) -> Result<K::Ref<'_>> {
        // The engine lends the whole entry of the index: the columns of the table's key follow
        // (rule 25).
        let mut bytes = self.raw.key()?;
        K::take(&mut bytes, self.bytes_are_last).map_err(|error| self.raw.undecodable(error))
    }

    /// The columns that are read, of the entry at the position.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    pub fn value(&self) -> Result<P::Ref<'_>> {
        P::unpack(self.raw.value()?).map_err(|error| self.raw.undecodable(error))
    }

    /// Key and columns at the position.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    pub fn entry(&self) -> Result<(K::Ref<'_>, P::Ref<'_>)> {
        Ok((self.key()?, self.value()?))
    }

    /// Limits the cursor to the entries whose columns are in a range, until the next
    /// [`reset`](Self::reset); it gives up its position, and earlier limits. The answer is `false`
    /// if the range is empty by itself: then there is no limit.
    ///
    /// # Errors
    /// - As for [`Session::get`], about the ends of the range.
    /// - [`NotSupported`](crate::ErrorKind::NotSupported): the index has a collator, and the lower
    ///   end is excluded or the upper one included.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::{Index, IndexOptions, Table, TableOptions};
    ///
    /// let options = TableOptions::new().columns(["id", "year"]);
    /// let films: Table<u64, (u16,)> = session.create_table("films", &options)?;
    /// session.create_index(&films, "by_year", &["year"], &IndexOptions::new())?;
    /// for (id, year) in [(1, 1927), (2, 1931), (3, 1931), (4, 1950)] {
    ///     session.put(&films, id, (year,))?;
    /// }
    /// let by_year: Index<u16, (u64,)> = session.open_index(&films, "by_year", &["id"])?;
    /// let mut cursor = session.index_cursor(&by_year)?;
    /// assert!(cursor.set_bounds(1930..=1931)?);
    /// let mut ids = Vec::new();
    /// while cursor.next()? {
    ///     ids.push(cursor.value()?.0);
    /// }
    /// assert_eq!(ids, [2, 3]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_bounds<'k>(&mut self, range: impl RangeBounds<K::Ref<'k>>) -> Result<bool> {
        self.raw.reset()?;
        let last = self.bytes_are_last;
        let range = PackedRange::new(&range, |key, packed| K::append(*key, last, packed))?;
        let (from, to) = range.ends();
        self.raw.keep_index_bounds(from, to)
    }

    /// How the entry at the position compares to that of another cursor, of the same session and
    /// index: by the columns of the index, and then by the table's key.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): one of the cursors is nowhere, or
    /// they are of different sessions or indexes.
    pub fn compare(&self, other: &Self) -> Result<Ordering> {
        self.raw.compare(&other.raw)
    }

    /// Whether both cursors, of the same session and index, are at the same entry.
    ///
    /// # Errors
    /// As for [`compare`](Self::compare).
    pub fn equals(&self, other: &Self) -> Result<bool> {
        self.raw.equals(&other.raw)
    }

    /// Another cursor at the same entry, without the limits of this one.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor is nowhere.
    /// - [`NotFound`](crate::ErrorKind::NotFound): the entry is not there any more, for a session
    ///   that sees what others commit.
    pub fn duplicate(&self) -> Result<Self> {
        Ok(Self {
            raw: self.raw.duplicate()?,
            bytes_are_last: self.bytes_are_last,
            key: Vec::new(),
            types: PhantomData,
        })
    }

    /// Gives up position and limits.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn reset(&mut self) -> Result<()> {
        self.raw.reset()
    }
}

impl<K, P> fmt::Debug for IndexCursor<'_, K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexCursor")
            .field("uri", &self.raw.uri())
            .finish_non_exhaustive()
    }
}
