//! Answers of the local tier alone.

use super::TieredCache;
use crate::error::Result;
use crate::local::Found;

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
        let found = core
            .local()?
            .peek(key.as_ref(), &core.config.reads, &core.dirty, take)?;
        Ok(match found {
            Found::Value(taken) => {
                core.counters.hits.add(1);
                Peek::Value(taken)
            }
            Found::Absent => {
                core.counters.negative_hits.add(1);
                Peek::Absent
            }
            Found::Unknown if core.local_only() => {
                core.counters.negative_hits.add(1);
                Peek::Absent
            }
            Found::Stale { .. } | Found::Unknown => Peek::Unknown,
        })
    }
}
