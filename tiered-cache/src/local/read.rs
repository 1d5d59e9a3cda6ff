//! What the local tier says of a key.

use bytes::Bytes;
use wiredtiger::Session;

use crate::clock::{duration_ms, now_ms};
use crate::config::ReadConfig;
use crate::error::Result;
use crate::local::Local;
use crate::local::dirty::{DirtySet, RecordId};
use crate::local::header::{self, Header, Kind};
use crate::local::hot::{HotRow, Lookup};
use crate::local::key::{KeyHash, stored};

/// What the local tier says of a key.
#[derive(Debug)]
pub(crate) enum Found<T> {
    /// It has this value, as far as is known.
    Value(T),
    /// It has no value, as far as is known: the remote need not be asked.
    Absent,
    /// It had this value, longer ago than `max_age`; at most `max_stale` ago if `usable`.
    Stale { value: T, usable: bool },
    /// Nothing.
    Unknown,
}

impl<T> Found<T> {
    /// The same of the value that `take` takes.
    #[inline]
    fn map<U>(self, take: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Self::Value(value) => Found::Value(take(value)),
            Self::Absent => Found::Absent,
            Self::Stale { value, usable } => Found::Stale {
                value: take(value),
                usable,
            },
            Self::Unknown => Found::Unknown,
        }
    }

    /// The same, if it can be relied on.
    #[inline]
    fn reliable(self) -> Self {
        match self {
            Self::Stale { .. } => Self::Unknown,
            found => found,
        }
    }
}

impl Local {
    /// Looks at the row of a key, without a lock, and takes the value.
    #[inline]
    pub(crate) fn look(
        &self,
        key: &[u8],
        ages: &ReadConfig,
        dirty: &DirtySet,
    ) -> Result<Found<Copied>> {
        let lookup = self.find_hot(key);
        let glance = Glance {
            key,
            now: now_ms(),
            ages,
            dirty,
        };
        if let Lookup::Here(hot) = lookup {
            let (header, _) = Header::decode(hot.row())?;
            return Ok(glance.judge(&header).map(|()| Copied {
                value: hot.from(header::LEN),
                expires_at: header.expires_at(),
            }));
        }
        let session = self.session()?;
        self.read_row(&session, key, &lookup, |header, value| {
            glance.judge(header).map(|()| copy(header, value))
        })
    }

    /// The same for those who want a value only if it can be relied on: `take` is not called for
    /// another one.
    #[inline]
    pub(crate) fn peek<T>(
        &self,
        key: &[u8],
        ages: &ReadConfig,
        dirty: &DirtySet,
        take: impl FnOnce(&[u8], Option<u64>) -> T,
    ) -> Result<Found<T>> {
        let lookup = self.find_hot(key);
        let glance = Glance {
            key,
            now: now_ms(),
            ages,
            dirty,
        };
        if let Lookup::Here(hot) = &lookup {
            return glance.at_copy(hot, take);
        }
        let session = self.session()?;
        self.peek_in(&session, &lookup, &glance, take)
    }

    /// The same in a session that is at hand, after a look at the copies in memory.
    #[inline]
    pub(crate) fn peek_in<T>(
        &self,
        session: &Session,
        lookup: &Lookup,
        glance: &Glance<'_>,
        take: impl FnOnce(&[u8], Option<u64>) -> T,
    ) -> Result<Found<T>> {
        self.read_row(session, glance.key, lookup, |header, value| {
            glance.at_row(header, value, take)
        })
    }

    /// What the copies in memory know of a key's row.
    #[inline]
    pub(crate) fn find_hot(&self, key: &[u8]) -> Lookup {
        if !self.hot.looks() {
            return Lookup::Elsewhere;
        }
        let hash = KeyHash::of(key);
        self.hot.find(key, hash, self.stripes.edition(hash))
    }

    /// What `tell` makes of a row of the engine, which is kept in memory if it is wanted there.
    #[inline]
    fn read_row<T>(
        &self,
        session: &Session,
        key: &[u8],
        lookup: &Lookup,
        tell: impl FnOnce(&Header, &[u8]) -> Found<T>,
    ) -> Result<Found<T>> {
        let Some(row) = session.get(&self.entries, &stored(key))? else {
            return Ok(Found::Unknown);
        };
        let (header, value) = Header::decode(&row)?;
        if let Lookup::Wanted(candidate) = lookup {
            self.hot.keep(candidate, key, &row);
        }
        Ok(tell(&header, value))
    }

    /// The header of a key's row.
    pub(crate) fn header(&self, key: &[u8]) -> Result<Option<Header>> {
        let session = self.session()?;
        match session.get(&self.entries, &stored(key))? {
            None => Ok(None),
            Some(row) => Ok(Some(Header::decode(&row)?.0)),
        }
    }

    /// The row of a key as it is, for a decision: its version, and what it says. The saying is `None`
    /// when it is too old to rely on, unless `however_old`.
    pub(crate) fn snapshot(
        &self,
        key: &[u8],
        ages: &ReadConfig,
        dirty: &DirtySet,
        however_old: bool,
    ) -> Result<Snapshot> {
        let session = self.session()?;
        let Some(row) = session.get(&self.entries, &stored(key))? else {
            return Ok(Snapshot::default());
        };
        let (header, value) = Header::decode(&row)?;
        let now = now_ms();
        let has_value = header.kind == Kind::Value && !header.expired(now);
        let reliable = however_old
            || matches!(
                judge(&header, ages, now, || is_dirty(dirty, key, &header)),
                Found::Value(()) | Found::Absent
            );
        let says = reliable.then(|| has_value.then(|| copy(&header, value)));
        Ok(Snapshot {
            version: header.version,
            says,
        })
    }

    /// Whether a key has a change that the remote does not have.
    pub(crate) fn is_dirty(&self, key: &[u8], dirty: &DirtySet) -> Result<bool> {
        Ok(self
            .header(key)?
            .is_some_and(|header| is_dirty(dirty, key, &header)))
    }

    /// The generation of a key, to be taken before the remote is asked.
    pub(crate) fn generation(&self, key: &[u8]) -> u64 {
        self.stripes.generation(KeyHash::of(key))
    }
}

/// What a read of a key goes by.
pub(crate) struct Glance<'a> {
    pub(crate) key: &'a [u8],
    /// Milliseconds since the epoch.
    pub(crate) now: u64,
    pub(crate) ages: &'a ReadConfig,
    pub(crate) dirty: &'a DirtySet,
}

impl Glance<'_> {
    #[inline]
    fn judge(&self, header: &Header) -> Found<()> {
        judge(header, self.ages, self.now, || {
            is_dirty(self.dirty, self.key, header)
        })
    }

    /// What a copy in memory says of the key.
    #[inline]
    pub(crate) fn at_copy<T>(
        &self,
        hot: &HotRow,
        take: impl FnOnce(&[u8], Option<u64>) -> T,
    ) -> Result<Found<T>> {
        let (header, value) = Header::decode(hot.row())?;
        Ok(self.at_row(&header, value, take))
    }

    #[inline]
    fn at_row<T>(
        &self,
        header: &Header,
        value: &[u8],
        take: impl FnOnce(&[u8], Option<u64>) -> T,
    ) -> Found<T> {
        let found = self.judge(header).reliable();
        found.map(|()| take(value, header.expires_at()))
    }
}

/// What a row says, by its age. A dirty row is the truth of this node, however old; only old rows are
/// asked whether they are.
#[inline]
fn judge(header: &Header, ages: &ReadConfig, now: u64, is_dirty: impl Fn() -> bool) -> Found<()> {
    let age = now.saturating_sub(header.stamped);
    match header.kind {
        Kind::Value if header.expired(now) => {
            if is_dirty() {
                Found::Absent
            } else {
                Found::Unknown
            }
        }
        Kind::Value if age < duration_ms(ages.max_age) || is_dirty() => Found::Value(()),
        Kind::Value => Found::Stale {
            value: (),
            usable: age < duration_ms(ages.max_stale),
        },
        Kind::Tombstone if age < duration_ms(ages.negative_ttl) || is_dirty() => Found::Absent,
        Kind::Negative if !header.expired(now) => Found::Absent,
        Kind::Tombstone | Kind::Negative => Found::Unknown,
    }
}

/// Whether the row of this header is dirty.
pub(crate) fn is_dirty(dirty: &DirtySet, key: &[u8], header: &Header) -> bool {
    header.dirty != 0 && dirty.contains(record_of(dirty, key, header))
}

/// The dirty record that a row names, or 0 for a number that is none.
pub(crate) fn record_of(dirty: &DirtySet, key: &[u8], header: &Header) -> RecordId {
    RecordId {
        lane: dirty.lane_of(KeyHash::of(key)),
        number: header.dirty,
    }
}

/// A row as it is.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// 0 when there is no row.
    pub(crate) version: u64,
    /// What the key is, if the row can be relied on; the inner `None`: absent.
    pub(crate) says: Option<Option<Copied>>,
}

/// A value and what belongs to it, copied out of the engine.
#[derive(Clone, Debug)]
pub(crate) struct Copied {
    pub(crate) value: Bytes,
    pub(crate) expires_at: Option<u64>,
}

/// Copies the value: the one allocation of a hit.
#[inline]
pub(crate) fn copy(header: &Header, value: &[u8]) -> Copied {
    Copied {
        value: Bytes::copy_from_slice(value),
        expires_at: header.expires_at(),
    }
}
