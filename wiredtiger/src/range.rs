//! Ranges of a table, in key order.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use crate::error::Result;
use crate::pack::Pack;
use crate::raw::{self, PackedEnd, RawCursor};

/// The entries of a range, one at a time, borrowed from the engine.
///
/// It lends: each entry is valid until the next step. For a loop over copies, use it as an
/// iterator: `for entry in session.range(&table, ..)? { let (key, value) = entry?; … }`.
///
/// All entries are of one state of the data, that of the first step. A range that lives for long
/// keeps that state in the cache.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions};
///
/// let log: Table<u64, String> = session.create_table("log", &TableOptions::new())?;
/// for number in 0..10 {
///     session.put(&log, number, "entry")?;
/// }
/// let mut range = session.range(&log, 3..=5)?.rev();
/// let mut keys = Vec::new();
/// while let Some((key, _value)) = range.next()? {
///     keys.push(key);
/// }
/// assert_eq!(keys, [5, 4, 3]);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Range<'t, K, V> {
    cursor: RawCursor<'t>,
    reverse: bool,
    done: bool,
    types: PhantomData<fn() -> (K, V)>,
}

impl<'t, K: Pack, V: Pack> Range<'t, K, V> {
    /// The entries of `bounds` through `cursor`, which has no position.
    pub(crate) fn new<'k>(
        mut cursor: RawCursor<'t>,
        bounds: &impl RangeBounds<K::Ref<'k>>,
        scratch: &mut Vec<u8>,
    ) -> Result<Self> {
        // A range that missed or failed has ended: it needs its bounds no more.
        let done = !set_bounds::<K, _, _>(&mut cursor, bounds, scratch, RawCursor::set_bound)?;
        Ok(Self {
            done,
            ..Self::of(cursor)
        })
    }

    /// The entries of the bounds that `cursor` has, which has no position.
    pub(crate) fn of(cursor: RawCursor<'t>) -> Self {
        Self {
            cursor,
            reverse: false,
            done: false,
            types: PhantomData,
        }
    }

    /// The same entries, from the last to the first. To be called before the first step.
    pub fn rev(mut self) -> Self {
        self.reverse = !self.reverse;
        self
    }

    /// The next entry, valid until the next call; `None` at the end, and from then on.
    ///
    /// # Errors
    /// - [`Rollback`](crate::ErrorKind::Rollback): the transaction around it has to be rolled
    ///   back.
    /// - [`Decode`](crate::ErrorKind::Decode): stored bytes are not what the types say.
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator cannot lend its items"
    )]
    #[inline(always)]
    pub fn next(&mut self) -> Result<Option<(K::Ref<'_>, V::Ref<'_>)>> {
        if !self.step()? {
            return Ok(None);
        }
        let (key, value) = self.cursor.fresh_entry()?;
        match (K::unpack(key), V::unpack(value)) {
            (Ok(key), Ok(value)) => Ok(Some((key, value))),
            (Err(error), _) | (_, Err(error)) => Err(self.cursor.undecodable(error)),
        }
    }

    #[inline(always)]
    fn step(&mut self) -> Result<bool> {
        if self.done {
            return Ok(false);
        }
        let stepped = if self.reverse {
            self.cursor.prev()
        } else {
            self.cursor.next()
        };
        // After an error, too, there is no more: the position is lost.
        if !matches!(stepped, Ok(true)) {
            self.done = true;
        }
        stepped
    }
}

/// Both ends of `bounds`, packed in the two buffers where they need packing.
pub(crate) fn pack_ends<'k: 'o, 'o, K: Pack>(
    bounds: &impl RangeBounds<K::Ref<'k>>,
    scratch: &'o mut Vec<u8>,
    other: &'o mut Vec<u8>,
) -> Result<(PackedEnd<'o>, PackedEnd<'o>)> {
    use raw::Bound::{LowerExclusive, LowerInclusive, UpperExclusive, UpperInclusive};

    let from = match bounds.start_bound() {
        Bound::Included(key) => Some((LowerInclusive, K::pack(*key, scratch)?)),
        Bound::Excluded(key) => Some((LowerExclusive, K::pack(*key, scratch)?)),
        Bound::Unbounded => None,
    };
    let to = match bounds.end_bound() {
        Bound::Included(key) => Some((UpperInclusive, K::pack(*key, other)?)),
        Bound::Excluded(key) => Some((UpperExclusive, K::pack(*key, other)?)),
        Bound::Unbounded => None,
    };
    Ok((from, to))
}

/// Gives the ends of `bounds` to `set`; `false`, and none, if they hold nothing.
pub(crate) fn set_bounds<'k, 't, K: Pack, R: RangeBounds<K::Ref<'k>>, A>(
    cursor: &mut RawCursor<'t, A>,
    bounds: &R,
    scratch: &mut Vec<u8>,
    set: impl Fn(&mut RawCursor<'t, A>, raw::Bound, &[u8]) -> Result<()>,
) -> Result<bool> {
    // Only a key that has to be packed takes memory there.
    let mut other = Vec::new();
    let (from, to) = pack_ends::<K>(bounds, scratch, &mut other)?;
    set_packed_bounds(cursor, from, to, set)
}

/// As [`set_bounds`], of ends that are packed.
pub(crate) fn set_packed_bounds<'t, A>(
    cursor: &mut RawCursor<'t, A>,
    from: PackedEnd<'_>,
    to: PackedEnd<'_>,
    set: impl Fn(&mut RawCursor<'t, A>, raw::Bound, &[u8]) -> Result<()>,
) -> Result<bool> {
    if !cursor.can_hold_something(from, to)? {
        return Ok(false);
    }
    for (bound, key) in [from, to].into_iter().flatten() {
        set(cursor, bound, key)?;
    }
    Ok(true)
}

/// Both ends of a range, packed, with their memory.
pub(crate) struct PackedRange {
    from: OwnedEnd,
    to: OwnedEnd,
}

type OwnedEnd = Option<(raw::Bound, Vec<u8>)>;

impl PackedRange {
    /// The ends of `bounds`, as `pack` packs a key.
    pub(crate) fn new<T>(
        bounds: &impl RangeBounds<T>,
        mut pack: impl FnMut(&T, &mut Vec<u8>) -> Result<()>,
    ) -> Result<Self> {
        let mut end = |bound: Bound<&T>, kind: fn(bool) -> raw::Bound| -> Result<OwnedEnd> {
            let (key, included) = match bound {
                Bound::Included(key) => (key, true),
                Bound::Excluded(key) => (key, false),
                Bound::Unbounded => return Ok(None),
            };
            let mut packed = Vec::new();
            pack(key, &mut packed)?;
            Ok(Some((kind(included), packed)))
        };
        Ok(Self {
            from: end(bounds.start_bound(), raw::Bound::lower)?,
            to: end(bounds.end_bound(), raw::Bound::upper)?,
        })
    }

    pub(crate) fn ends(&self) -> (PackedEnd<'_>, PackedEnd<'_>) {
        fn lent(end: &OwnedEnd) -> PackedEnd<'_> {
            end.as_ref().map(|(bound, key)| (*bound, &key[..]))
        }
        (lent(&self.from), lent(&self.to))
    }
}

impl<'t, K: Pack, V: Pack> IntoIterator for Range<'t, K, V> {
    type Item = Result<(K, V)>;
    type IntoIter = OwnedRange<'t, K, V>;

    fn into_iter(self) -> OwnedRange<'t, K, V> {
        OwnedRange(self)
    }
}

/// The entries of a [`Range`] as an iterator over copies.
#[must_use]
pub struct OwnedRange<'t, K, V>(Range<'t, K, V>);

impl<K: Pack, V: Pack> Iterator for OwnedRange<'_, K, V> {
    type Item = Result<(K, V)>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0
            .next()
            .map(|entry| entry.map(|(key, value)| (K::to_owned(key), V::to_owned(value))))
            .transpose()
    }
}

impl<K, V> fmt::Debug for Range<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Range")
            .field("reverse", &self.reverse)
            .field("done", &self.done)
            .finish()
    }
}

impl<K, V> fmt::Debug for OwnedRange<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedRange").field(&self.0).finish()
    }
}
