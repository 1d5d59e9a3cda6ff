//! Answers of the local tier alone.

use std::fmt;

use super::TieredCache;
use super::core::{Core, OpenLocal};
use crate::clock::now_ms;
use crate::error::{Error, Result};
use crate::local::key::KeyHash;
use crate::local::{Found, Glance, Lookup, View};

/// What the local tier says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peek<T> {
    /// It has a value, of which this was taken.
    Value(T),
    /// It is absent.
    Absent,
    /// Nothing, or something too old to rely on: a read would ask the remote.
    Unknown,
}

impl TieredCache {
    /// What the local tier says of `key`, without asking the remote and without a copy: `take` gets the
    /// value where it lies in the engine, and when it expires, in milliseconds since the Unix epoch.
    /// It should be quick.
    ///
    /// # Errors
    /// [`Local`](crate::Error::Local), [`Corrupt`](crate::Error::Corrupt),
    /// [`Closed`](crate::Error::Closed).
    ///
    /// # Examples
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// use tiered_cache::{Peek, TieredCache};
    ///
    /// let cache = TieredCache::builder(dir.path()).local_only().open_blocking()?;
    /// cache.blocking().set("greeting", "hello")?;
    /// let length = cache.peek("greeting", |value, _expires_at| value.len())?;
    /// assert_eq!(length, Peek::Value(5));
    /// # Ok::<(), tiered_cache::Error>(())
    /// ```
    #[inline]
    pub fn peek<T>(
        &self,
        key: impl AsRef<[u8]>,
        take: impl FnOnce(&[u8], Option<u64>) -> T,
    ) -> Result<Peek<T>> {
        let core = &*self.core;
        let key = key.as_ref();
        core.frequency.record(|| KeyHash::of(key));
        let local = core.local()?;
        let found = local.peek(key, &core.config.reads, &core.dirty, take)?;
        Ok(core.told(found))
    }

    /// Several [peeks](Self::peek), one soon after the other: they share what each would have to get
    /// for itself. No key goes back to what it was before. While it is held the cache cannot close,
    /// the engine can have to keep old states, and one of its
    /// [sessions](crate::LocalConfig::max_sessions) can be in use: it is for one go, not to be kept.
    ///
    /// # Errors
    /// [`Closed`](crate::Error::Closed).
    pub fn peeks(&self) -> Result<Peeks<'_>> {
        let core = &*self.core;
        let local = core.local()?;
        Ok(Peeks {
            core,
            view: None,
            local,
            now: now_ms(),
        })
    }
}

/// Peeks that share views of the local tier and one look at the clock. Made by
/// [`peeks`](TieredCache::peeks).
pub struct Peeks<'a> {
    core: &'a Core,
    /// Before the tier that it belongs to.
    view: Option<View>,
    local: OpenLocal,
    now: u64,
}

impl Peeks<'_> {
    /// As [`TieredCache::peek`].
    ///
    /// # Errors
    /// As for [`TieredCache::peek`].
    #[inline]
    pub fn peek<T>(
        &mut self,
        key: impl AsRef<[u8]>,
        take: impl FnOnce(&[u8], Option<u64>) -> T,
    ) -> Result<Peek<T>> {
        let core = self.core;
        let key = key.as_ref();
        core.frequency.record(|| KeyHash::of(key));
        let local = &self.local;
        let glance = Glance {
            key,
            now: self.now,
            ages: &core.config.reads,
            dirty: &core.dirty,
        };
        let lookup = local.find_hot(key);
        // A view shows an earlier moment than a copy in memory, or a row that is read by itself: after
        // one of these another view is begun.
        let found = match &lookup {
            Lookup::Here(hot) => {
                self.view = None;
                glance.at_copy(hot, take)?
            }
            Lookup::Wanted(_) => {
                self.view = None;
                local.peek_in(&*local.session()?, &lookup, &glance, take)?
            }
            Lookup::Elsewhere => {
                let view = match &mut self.view {
                    Some(view) => view,
                    none => none.insert(View::begin(local.session()?).map_err(Error::from)?),
                };
                local.peek_in(view, &lookup, &glance, take)?
            }
        };
        Ok(core.told(found))
    }
}

impl fmt::Debug for Peeks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peeks").finish_non_exhaustive()
    }
}

impl Core {
    /// Counts what a peek found, and tells it.
    #[inline]
    fn told<T>(&self, found: Found<T>) -> Peek<T> {
        match found {
            Found::Value(taken) => {
                self.counters.hits.add(1);
                Peek::Value(taken)
            }
            Found::Absent => {
                self.counters.negative_hits.add(1);
                Peek::Absent
            }
            Found::Unknown if self.local_only() => {
                self.counters.negative_hits.add(1);
                Peek::Absent
            }
            Found::Stale { .. } | Found::Unknown => Peek::Unknown,
        }
    }
}
