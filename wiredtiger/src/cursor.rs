//! Cursors: a position in a table.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeBounds;

use crate::error::Result;
use crate::pack::Pack;
use crate::range::set_bounds;
use crate::raw::{Mode, RawCursor, Read, Write};
use crate::session::{Scratch, Session};
use crate::table::Table;

/// A position in a table, with the key and the value there.
///
/// A `Cursor<'_, K, V>` reads; several can be open in a session at the same time. A
/// [`CursorMut`] also writes. Keys and values are lent until the cursor moves.
///
/// A cursor that is somewhere keeps a page and a snapshot in the cache; [`reset`](Self::reset) or
/// drop it when you are done.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use std::cmp::Ordering;
/// use wiredtiger::{Table, TableOptions};
///
/// let towns: Table<String, u64> = session.create_table("towns", &TableOptions::new())?;
/// session.put(&towns, "Bonn", 331_885)?;
/// session.put(&towns, "Kiel", 247_717)?;
///
/// let mut cursor = session.cursor(&towns)?;
/// assert_eq!(cursor.search_near("Jena")?, Some(Ordering::Greater));
/// assert_eq!(cursor.entry()?, ("Kiel", 247_717));
/// assert!(cursor.prev()?);
/// assert_eq!(cursor.key()?, "Bonn");
/// # Ok(())
/// # }
/// ```
pub struct Cursor<'s, K, V, Access = Read> {
    pub(crate) raw: RawCursor<'s, Access>,
    pub(crate) scratch: Scratch,
    types: PhantomData<fn() -> (K, V)>,
}

/// A [`Cursor`] that also writes. It has its session, or its transaction, for itself.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions};
///
/// let counts: Table<u64, u64> = session.create_table("counts", &TableOptions::new())?;
/// for number in 0..10 {
///     session.put(&counts, number, number)?;
/// }
/// let mut cursor = session.cursor_mut(&counts)?;
/// while cursor.next()? {
///     let count = cursor.value()?;
///     if count % 2 == 0 { cursor.remove_current()? } else { cursor.update_current(count * 10)? }
/// }
/// drop(cursor);
/// assert_eq!(session.range(&counts, ..)?.into_iter().count(), 5);
/// assert_eq!(session.get_owned(&counts, 3)?, Some(30));
/// # Ok(())
/// # }
/// ```
pub type CursorMut<'s, K, V> = Cursor<'s, K, V, Write>;

impl<'s, K: Pack, V: Pack> Cursor<'s, K, V, Read> {
    #[inline]
    pub(crate) fn new(raw: RawCursor<'s, Read>) -> Self {
        Self {
            raw,
            scratch: Scratch::default(),
            types: PhantomData,
        }
    }
}

impl<K: Pack, V: Pack, Access> Cursor<'_, K, V, Access> {
    /// Goes to `key`. When it is not there the answer is `false`, and the cursor is nowhere.
    ///
    /// # Errors
    /// As for [`Session::get`].
    #[inline]
    pub fn search(&mut self, key: K::Ref<'_>) -> Result<bool> {
        self.raw.search(K::pack(key, &mut self.scratch.key)?)
    }

    /// Goes to `key`, or to a key next to it: the larger one if there is one. The answer is how
    /// the key found compares to `key`; `None` if the table (within the bounds) is empty.
    ///
    /// # Errors
    /// As for [`Session::get`].
    #[inline]
    pub fn search_near(&mut self, key: K::Ref<'_>) -> Result<Option<Ordering>> {
        self.raw.search_near(K::pack(key, &mut self.scratch.key)?)
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
    #[inline]
    pub fn next(&mut self) -> Result<bool> {
        self.raw.next()
    }

    /// Goes to the entry before; from nowhere to the last. Before the first one the answer is
    /// `false`, and the cursor is nowhere.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    #[inline]
    pub fn prev(&mut self) -> Result<bool> {
        self.raw.prev()
    }

    /// The key at the position.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor is nowhere.
    /// - [`Decode`](crate::ErrorKind::Decode): the stored bytes are not what the type says.
    #[inline]
    pub fn key(&self) -> Result<K::Ref<'_>> {
        K::unpack(self.raw.key()?).map_err(|error| self.raw.undecodable(error))
    }

    /// The value at the position.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    #[inline]
    pub fn value(&self) -> Result<V::Ref<'_>> {
        V::unpack(self.raw.value()?).map_err(|error| self.raw.undecodable(error))
    }

    /// Key and value at the position.
    ///
    /// # Errors
    /// As for [`key`](Self::key).
    #[inline]
    pub fn entry(&self) -> Result<(K::Ref<'_>, V::Ref<'_>)> {
        let (key, value) = self.raw.entry()?;
        match (K::unpack(key), V::unpack(value)) {
            (Ok(key), Ok(value)) => Ok((key, value)),
            (Err(error), _) | (_, Err(error)) => Err(self.raw.undecodable(error)),
        }
    }

    /// Limits the cursor to a range of keys until the next [`reset`](Self::reset); it gives up
    /// its position, and earlier limits. The answer is `false` if the range is empty by itself:
    /// then there is no limit. A write outside the limits fails with
    /// [`NotFound`](crate::ErrorKind::NotFound).
    ///
    /// # Errors
    /// As for [`Session::get`], about the ends of the range.
    pub fn set_bounds<'k>(&mut self, range: impl RangeBounds<K::Ref<'k>>) -> Result<bool> {
        self.raw.reset()?;
        let scratch = &mut self.scratch.key;
        set_bounds::<K, _, _>(&mut self.raw, &range, scratch, RawCursor::keep_bound)
    }

    /// Gives up position and bounds.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    #[inline]
    pub fn reset(&mut self) -> Result<()> {
        self.raw.reset()
    }
}

impl<'s, K: Pack, V: Pack> CursorMut<'s, K, V> {
    /// The caller has settled the session, or is its transaction.
    pub(crate) fn open(session: &'s mut Session, table: &Table<K, V>) -> Result<Self> {
        let slot = session.slot(table)?;
        let raw = session.raw_mut().cursor_mut(slot, Mode::Overwrite)?;
        Ok(Self {
            raw,
            scratch: Scratch::default(),
            types: PhantomData,
        })
    }

    /// Stores `value` at `key`, in place of what is there. The cursor is nowhere afterwards.
    ///
    /// # Errors
    /// As for [`Session::put`].
    #[inline]
    pub fn insert(&mut self, key: K::Ref<'_>, value: V::Ref<'_>) -> Result<()> {
        let key = K::pack(key, &mut self.scratch.key)?;
        self.raw
            .insert(key, V::pack(value, &mut self.scratch.value)?)
    }

    /// Removes `key`; `false` when it is not there. The cursor is nowhere afterwards.
    ///
    /// # Errors
    /// As for [`Session::put`].
    #[inline]
    pub fn remove(&mut self, key: K::Ref<'_>) -> Result<bool> {
        self.raw.remove(K::pack(key, &mut self.scratch.key)?)
    }

    /// Replaces the value at the position; the cursor stays there.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor is nowhere. For the
    /// rest as [`Session::put`].
    #[inline]
    pub fn update_current(&mut self, value: V::Ref<'_>) -> Result<()> {
        self.raw
            .update_current(V::pack(value, &mut self.scratch.value)?)
    }

    /// Removes the entry at the position; the next step goes on from there.
    ///
    /// # Errors
    /// As for [`update_current`](Self::update_current); and
    /// [`Rollback`](crate::ErrorKind::Rollback), outside a transaction too, when another session
    /// has changed the entry: search and try again.
    #[inline]
    pub fn remove_current(&mut self) -> Result<()> {
        self.raw.remove_current()
    }
}

impl<K, V, Access> fmt::Debug for Cursor<'_, K, V, Access> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("uri", &self.raw.uri())
            .finish_non_exhaustive()
    }
}
