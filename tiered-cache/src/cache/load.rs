//! Values that are made when they are asked for.

use std::sync::Arc;

use bytes::Bytes;

use super::TieredCache;
use super::answers::SetOptions;
use crate::error::{Error, Result};
use crate::single_flight::Ticket;

impl TieredCache {
    /// The value of `key`; when it is absent, here and at the remote, the one that `load` makes,
    /// which is set. One load of a key runs at a time, and all who wait for it get its value.
    ///
    /// The loader runs in the future of the caller who came first. When that one is cancelled, one
    /// of those who wait goes on with its own.
    ///
    /// # Errors
    /// [`Loader`](Error::Loader): the loader failed; all who waited for it get its error. For the
    /// rest as [`get`](Self::get) and [`set_with`](Self::set_with).
    ///
    /// # Cancel safety
    /// Cancel safe, as far as the loader is.
    ///
    /// # Examples
    /// ```
    /// # use tiered_cache::{MemoryRemote, SetOptions, TieredCache};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let cache = TieredCache::builder(dir.path()).remote(MemoryRemote::new()).open().await?;
    /// let page = cache
    ///     .get_or_insert_with("page:/", SetOptions::new(), || async {
    ///         Ok::<_, std::io::Error>("rendered")
    ///     })
    ///     .await?;
    /// assert_eq!(page, "rendered");
    /// # Ok::<(), tiered_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get_or_insert_with<V, E, F, L>(
        &self,
        key: impl AsRef<[u8]>,
        options: SetOptions,
        load: L,
    ) -> Result<Bytes>
    where
        V: AsRef<[u8]>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: Future<Output = Result<V, E>>,
        L: FnOnce() -> F,
    {
        let key = key.as_ref();
        if let Some(value) = self.get(key).await? {
            return Ok(value);
        }
        let flight = Bytes::copy_from_slice(key);
        let leader = loop {
            match self.core.loads.board(&flight, Some(0)) {
                Ticket::Lead(leader) => break leader,
                Ticket::Follow(follower) => {
                    self.core.counters.flight_waits.add(1);
                    if let Some(loaded) = follower.wait().await {
                        return loaded;
                    }
                }
            }
        };
        // Somebody may have been faster between the look and here.
        if let Ok(answer) = self.core.hit(key)?
            && let Some(value) = answer.value
        {
            leader.finish(Ok(value.clone()));
            return Ok(value);
        }
        let loaded = match load().await {
            Ok(value) => {
                let value = Bytes::copy_from_slice(value.as_ref());
                self.set_with(key, &value, options).await.map(|_| value)
            }
            Err(error) => Err(Error::Loader(Arc::from(error.into()))),
        };
        leader.finish(loaded.clone());
        loaded
    }
}
