//! The cache: what a service holds.

pub(crate) mod answers;
mod barrier;
mod batch;
mod builder;
pub(crate) mod core;
mod dead_letters;
mod decide;
mod feed;
mod flush;
mod inspect;
mod keeper;
mod keys;
mod load;
mod owner;
mod peek;
mod read;
mod scan;
mod stats;
mod update;
mod upkeep;
mod write;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

pub use self::answers::{
    Answer, Expiry, FlushReport, ReadOptions, SetOptions, Source, SyncState, Ttl, Written,
};
pub use self::barrier::FlushBarrier;
pub use self::batch::Write;
pub use self::builder::Builder;
use self::core::Core;
pub use self::dead_letters::DeadLetters;
pub use self::decide::Condition;
use self::owner::Owner;
pub use self::peek::{Peek, Peeks};
pub use self::stats::Stats;
pub use self::update::{Current, Update};
use self::write::{after, at_ms};
use crate::error::Result;
use crate::local::{Change, Item};

/// A two-level cache: a local engine in front of a remote store.
///
/// Reads go local first, then to the remote, whose answer is kept locally. Writes go to the local
/// engine only, and a background task carries them to the remote; none is lost on the way. Keys and
/// values are bytes; [`typed`](Self::typed) puts types on top.
///
/// Clones share the cache, from any thread and any task. Its futures run on any executor: timers and
/// connections belong to a small runtime of the cache's own. [`blocking`](Self::blocking) is the
/// same without futures.
///
/// Close it with [`close`](Self::close), which flushes and tells how that went. When the last clone
/// is dropped instead, nothing is flushed and nothing is lost: what is unflushed goes on with the
/// next opening.
///
/// # Examples
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let home = dir.path().join("home");
/// use std::time::Duration;
/// use tiered_cache::{MemoryRemote, SetOptions, TieredCache};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let cache = TieredCache::builder(&home).remote(MemoryRemote::new()).open().await?;
/// cache.set("user:1", "Ada").await?;
/// let ttl = SetOptions::new().expires_in(Duration::from_secs(60));
/// cache.set_with("session:1", "open", ttl).await?;
/// assert_eq!(cache.get("user:1").await?.as_deref(), Some(&b"Ada"[..]));
///
/// let report = cache.close(Duration::from_secs(5)).await?;
/// assert!(report.complete);
/// # Ok::<(), tiered_cache::Error>(())
/// # })?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TieredCache {
    core: Arc<Core>,
    owner: Arc<Owner>,
}

impl TieredCache {
    /// How to open a cache whose local tier lies in the folder `home`.
    pub fn builder(home: impl AsRef<Path>) -> Builder {
        Builder::new(home.as_ref())
    }

    /// The value of `key`, or `None` when it is absent.
    ///
    /// A local hit is answered at once, on the calling thread: no network, no thread hand-off, no
    /// allocation but the value. A miss asks the remote; those who ask for one key at a time share
    /// one question.
    ///
    /// # Errors
    /// - [`RemoteUnavailable`](crate::Error::RemoteUnavailable): the key is not here, and the remote
    ///   did not answer in time. It may exist.
    /// - [`Remote`](crate::Error::Remote): the key is no string there, or may not be read.
    /// - [`Local`](crate::Error::Local), [`Corrupt`](crate::Error::Corrupt),
    ///   [`Closed`](crate::Error::Closed).
    ///
    /// # Cancel safety
    /// Cancel safe. A question to the remote that has begun goes on for the others who wait.
    pub async fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Bytes>> {
        let key = key.as_ref();
        match self.core.hit(key)? {
            Ok(answer) => Ok(answer.value),
            Err(miss) => {
                let missed = Box::pin(self.core.miss(key, miss, ReadOptions::new()));
                Ok(missed.await?.value)
            }
        }
    }

    /// The same with options, and with where the answer came from and whether it may be stale.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub async fn get_with(&self, key: impl AsRef<[u8]>, options: ReadOptions) -> Result<Answer> {
        let key = key.as_ref();
        match self.core.hit(key)? {
            Ok(answer) => Ok(answer),
            Err(miss) => Box::pin(self.core.miss(key, miss, options)).await,
        }
    }

    /// The values of many keys, in their order. What is not here is asked of the remote in one
    /// question.
    ///
    /// # Errors
    /// As for [`get`](Self::get), for the first key that cannot be answered.
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub async fn get_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Result<Vec<Option<Bytes>>> {
        let keys: Vec<&[u8]> = keys.iter().map(AsRef::as_ref).collect();
        let answers = self.core.read_many(&keys, ReadOptions::new()).await?;
        Ok(answers.into_iter().map(|answer| answer.value).collect())
    }

    /// Sets `key` to `value`, without expiry, at the durability of the settings.
    ///
    /// # Errors
    /// As for [`set_with`](Self::set_with).
    ///
    /// # Cancel safety
    /// As for [`set_with`](Self::set_with).
    pub async fn set(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Written> {
        self.set_with(key, value, SetOptions::new()).await
    }

    /// Sets `key` to `value`.
    ///
    /// The `Ok` says what the write survives. Below [`Durability::Remote`](crate::Durability) the
    /// remote gets it later, and needs not be there.
    ///
    /// # Errors
    /// - [`Backpressure`](crate::Error::Backpressure): too much is unflushed. Nothing was written.
    ///   A key that is unflushed already is written all the same.
    /// - [`TooLarge`](crate::Error::TooLarge): key or value. Nothing was written.
    /// - [`NotAcknowledged`](crate::Error::NotAcknowledged),
    ///   [`DeadLettered`](crate::Error::DeadLettered): at `Remote` only. It is written locally.
    /// - [`RemoteUnavailable`](crate::Error::RemoteUnavailable): with [`Expiry::Keep`] for a key
    ///   that is not here.
    /// - [`Local`](crate::Error::Local): nothing was written; at `Disk` it may be, without having
    ///   reached the disk.
    /// - [`Closed`](crate::Error::Closed).
    ///
    /// # Cancel safety
    /// The write is made at the first poll, unless it has to wait for room or for the remote's
    /// answer; cancelled there, nothing is written. Cancelled while it waits for the disk or the
    /// remote's acknowledgement, it is written.
    pub async fn set_with(
        &self,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        options: SetOptions,
    ) -> Result<Written> {
        let change = Change::Set {
            value: value.as_ref(),
            expiry: options.local_expiry(),
        };
        let (applied, durability) = self
            .core
            .write(key.as_ref(), change, options.durability)
            .await?;
        self.core.counters.sets.add(1);
        Ok(Written::new(applied, durability))
    }

    /// Sets many keys in one local transaction: all or none. The remote gets them one by one.
    ///
    /// # Errors
    /// As for [`set_with`](Self::set_with); [`Expiry::Keep`] keeps the expiry of what is here, and
    /// is refused as [`Config`](crate::Error::Config), since it could need the remote for each key.
    ///
    /// # Cancel safety
    /// As for [`set_with`](Self::set_with).
    pub async fn set_many<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        entries: &[(K, V)],
        options: SetOptions,
    ) -> Result<Vec<Written>> {
        if options.expiry == Expiry::Keep {
            return Err(crate::Error::Config(
                "set_many cannot keep expiries: set the keys one by one".to_owned(),
            ));
        }
        let expiry = options.local_expiry();
        let items: Vec<Item<'_>> = entries
            .iter()
            .map(|(key, value)| {
                let value = value.as_ref();
                Item::new(key.as_ref(), Change::Set { value, expiry })
            })
            .collect();
        let (applied, durability) = self.core.write_all(&items, options.durability).await?;
        self.core.counters.sets.add(items.len() as u64);
        Ok(applied
            .into_iter()
            .map(|applied| Written::new(applied, durability))
            .collect())
    }

    /// Deletes `key`, here at once and at the remote later. A key that is not here is deleted at
    /// the remote, too.
    ///
    /// # Errors
    /// As for [`set_with`](Self::set_with).
    ///
    /// # Cancel safety
    /// As for [`set_with`](Self::set_with).
    pub async fn delete(&self, key: impl AsRef<[u8]>) -> Result<Written> {
        let (applied, durability) = self.core.write(key.as_ref(), Change::Delete, None).await?;
        self.core.counters.deletes.add(1);
        Ok(Written::new(applied, durability))
    }

    /// Deletes many keys in one local transaction: all or none.
    ///
    /// # Errors
    /// As for [`set_with`](Self::set_with).
    ///
    /// # Cancel safety
    /// As for [`set_with`](Self::set_with).
    pub async fn delete_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Result<Vec<Written>> {
        let items: Vec<Item<'_>> = keys
            .iter()
            .map(|key| Item::new(key.as_ref(), Change::Delete))
            .collect();
        let (applied, durability) = self.core.write_all(&items, None).await?;
        self.core.counters.deletes.add(items.len() as u64);
        Ok(applied
            .into_iter()
            .map(|applied| Written::new(applied, durability))
            .collect())
    }

    /// Lets `key` expire after `ttl`. False when it is absent.
    ///
    /// The remote gets the value together with the new expiry, so this can overwrite what another
    /// program has set there within the last [`max_age`](crate::ReadConfig::max_age).
    ///
    /// # Errors
    /// As for [`set_with`](Self::set_with), and as for [`get`](Self::get) when the key is not here.
    ///
    /// # Cancel safety
    /// As for [`set_with`](Self::set_with).
    pub async fn expire(&self, key: impl AsRef<[u8]>, ttl: Duration) -> Result<bool> {
        self.change_expiry(key.as_ref(), after(ttl)).await
    }

    /// Lets `key` expire at a time. A time that is over deletes it. False when it is absent.
    ///
    /// # Errors
    /// As for [`expire`](Self::expire).
    ///
    /// # Cancel safety
    /// As for [`set_with`](Self::set_with).
    pub async fn expire_at(&self, key: impl AsRef<[u8]>, at: SystemTime) -> Result<bool> {
        self.change_expiry(key.as_ref(), at_ms(at)).await
    }

    /// Takes the expiry from `key`. False when it is absent.
    ///
    /// # Errors
    /// As for [`expire`](Self::expire).
    ///
    /// # Cancel safety
    /// As for [`set_with`](Self::set_with).
    pub async fn persist(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        self.change_expiry(key.as_ref(), 0).await
    }

    /// What all handles share.
    pub(crate) fn core(&self) -> Arc<Core> {
        Arc::clone(&self.core)
    }

    async fn change_expiry(&self, key: &[u8], at: u64) -> Result<bool> {
        let (applied, _) = self.core.write(key, Change::Expire { at }, None).await?;
        Ok(applied.written)
    }
}

impl fmt::Debug for TieredCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TieredCache")
            .field("remote", &self.core.remote)
            .finish_non_exhaustive()
    }
}
