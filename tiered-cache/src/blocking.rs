//! The cache without futures, for threads.
//!
//! The same core, the same promises: a call blocks its thread where the other one would wait. Not
//! for use inside async code, where a blocked thread holds up others; nothing breaks there, though.

mod reads;

use std::time::{Duration, SystemTime};

use bytes::Bytes;

pub use self::reads::{Scan, Snapshot, Watch};
use crate::error::Result;
use crate::{
    Answer, Condition, DeadLetters, FlushReport, ReadOptions, RemoteValue, Replaced, SetOptions,
    Stats, SyncState, Ttl, Written,
};

/// A [`TieredCache`](crate::TieredCache) whose calls block. Clones share it.
///
/// # Examples
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let home = dir.path().join("home");
/// use std::time::Duration;
/// use tiered_cache::{MemoryRemote, TieredCache};
///
/// let cache = TieredCache::builder(&home).remote(MemoryRemote::new()).open_blocking()?.blocking();
/// cache.set("key", "value")?;
/// assert_eq!(cache.get("key")?.as_deref(), Some(&b"value"[..]));
/// assert!(cache.close(Duration::from_secs(5))?.complete);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TieredCache(crate::TieredCache);

impl crate::TieredCache {
    /// The same cache, with calls that block.
    #[must_use]
    pub fn blocking(&self) -> TieredCache {
        TieredCache(self.clone())
    }
}

/// Each call is the one of the same name, waited for.
macro_rules! blocking {
    ($($(#[$doc:meta])* fn $name:ident $(<$($generic:ident: $bound:path),*>)? (
        $($argument:ident: $type:ty),*
    ) -> $answer:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        #[doc = concat!("As for [`", stringify!($name), "`](crate::TieredCache::", stringify!($name), ").")]
        pub fn $name $(<$($generic: $bound),*>)? (&self, $($argument: $type),*) -> $answer {
            pollster::block_on(self.0.$name($($argument),*))
        }
    )*};
}

impl TieredCache {
    blocking! {
        /// The value of `key`, or `None` when it is absent.
        fn get(key: impl AsRef<[u8]>) -> Result<Option<Bytes>>;
        /// The same with options, and with where the answer came from.
        fn get_with(key: impl AsRef<[u8]>, options: ReadOptions) -> Result<Answer>;
        /// The values of many keys, in their order.
        fn get_many<K: AsRef<[u8]>>(keys: &[K]) -> Result<Vec<Option<Bytes>>>;
        /// Sets `key` to `value`.
        fn set(key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Written>;
        /// Sets `key` to `value`, with options.
        fn set_with(
            key: impl AsRef<[u8]>,
            value: impl AsRef<[u8]>,
            options: SetOptions
        ) -> Result<Written>;
        /// Sets many keys in one local transaction.
        fn set_many<K: AsRef<[u8]>, V: AsRef<[u8]>>(
            entries: &[(K, V)],
            options: SetOptions
        ) -> Result<Vec<Written>>;
        /// Deletes `key`.
        fn delete(key: impl AsRef<[u8]>) -> Result<Written>;
        /// Deletes many keys in one local transaction.
        fn delete_many<K: AsRef<[u8]>>(keys: &[K]) -> Result<Vec<Written>>;
        /// Whether `key` has a value.
        fn exists(key: impl AsRef<[u8]>) -> Result<bool>;
        /// Lets `key` expire after `ttl`.
        fn expire(key: impl AsRef<[u8]>, ttl: Duration) -> Result<bool>;
        /// Lets `key` expire at a time.
        fn expire_at(key: impl AsRef<[u8]>, at: SystemTime) -> Result<bool>;
        /// Takes the expiry from `key`.
        fn persist(key: impl AsRef<[u8]>) -> Result<bool>;
        /// The time that `key` has left.
        fn ttl(key: impl AsRef<[u8]>) -> Result<Ttl>;
        /// Adds `delta` to the number at `key`.
        fn incr_by(key: impl AsRef<[u8]>, delta: i64) -> Result<i64>;
        /// Appends `more` to the value at `key`.
        fn append(key: impl AsRef<[u8]>, more: impl AsRef<[u8]>) -> Result<u64>;
        /// Sets `key` to `value` if the condition holds.
        fn set_if(
            key: impl AsRef<[u8]>,
            value: impl AsRef<[u8]>,
            condition: Condition,
            options: SetOptions
        ) -> Result<bool>;
        /// Sets `key` to `value`, and returns the value before.
        fn get_and_set(
            key: impl AsRef<[u8]>,
            value: impl AsRef<[u8]>,
            options: SetOptions
        ) -> Result<Option<Bytes>>;
        /// Deletes `key`, and returns the value before.
        fn get_and_delete(key: impl AsRef<[u8]>) -> Result<Option<Bytes>>;
        /// What the remote has, whatever is here.
        fn get_remote(key: impl AsRef<[u8]>) -> Result<Answer>;
        /// Reads `key` from the remote and keeps what it says.
        fn refresh(key: impl AsRef<[u8]>) -> Result<Answer>;
        /// Keeps `key` here.
        fn pin(key: impl AsRef<[u8]>) -> Result<bool>;
        /// Waits until the local tier has reached `version`.
        fn wait_until_fresh(version: u64, timeout: impl Into<Option<Duration>>) -> Result<u64>;
        /// The value of `key`, once the local tier has reached `version`.
        fn get_fresh(
            key: impl AsRef<[u8]>,
            version: u64,
            timeout: impl Into<Option<Duration>>
        ) -> Result<Option<Bytes>>;
        /// Swaps the whole content of the local tier.
        fn replace<K: Into<Bytes>>(
            entries: impl IntoIterator<Item = (K, RemoteValue)>,
            version: u64
        ) -> Result<Replaced>;
        /// How many entries the local tier has.
        fn count() -> Result<u64>;
        /// How many of its keys begin with `prefix`.
        fn count_prefix(prefix: impl AsRef<[u8]>) -> Result<u64>;
        /// Waits until the remote has all that was written before the call.
        fn flush(deadline: Duration) -> Result<FlushReport>;
        /// Flushes, and closes the cache whatever is left.
        fn close(deadline: Duration) -> Result<FlushReport>;
    }

    /// The value of `key`, or the one that `load` makes, which is set. One load of a key runs at a
    /// time.
    ///
    /// # Errors
    /// As for [`get_or_insert_with`](crate::TieredCache::get_or_insert_with).
    pub fn get_or_insert_with<V, E>(
        &self,
        key: impl AsRef<[u8]>,
        options: SetOptions,
        load: impl FnOnce() -> Result<V, E>,
    ) -> Result<Bytes>
    where
        V: AsRef<[u8]>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let load = || std::future::ready(load());
        pollster::block_on(self.0.get_or_insert_with(key, options, load))
    }

    /// Forgets what is here of `key`.
    ///
    /// # Errors
    /// As for [`evict_local`](crate::TieredCache::evict_local).
    pub fn evict_local(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        self.0.evict_local(key)
    }

    /// Takes the pin away.
    ///
    /// # Errors
    /// As for [`unpin`](crate::TieredCache::unpin).
    pub fn unpin(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        self.0.unpin(key)
    }

    /// How `key` stands with the remote.
    ///
    /// # Errors
    /// As for [`sync_state`](crate::TieredCache::sync_state).
    pub fn sync_state(&self, key: impl AsRef<[u8]>) -> Result<SyncState> {
        self.0.sync_state(key)
    }

    /// The dead letters.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        self.0.dead_letters()
    }

    /// The figures now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// The same cache, with futures.
    #[must_use]
    pub fn into_async(self) -> crate::TieredCache {
        self.0
    }
}
