//! Following what changes, and being at least as new as something.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::TieredCache;
use super::core::Core;
use crate::error::{Error, Result};
use crate::feed::{Ear, Watch};
use crate::local::{Replaced, Replacement, stored};
use crate::remote::RemoteValue;
use crate::snapshot::{Scan, Snapshot};

impl TieredCache {
    /// The version of the local tier: everything up to it is committed, and has been told to
    /// watchers.
    ///
    /// Versions only grow, also from one opening to the next. One that a write returned can be larger
    /// than this for a moment, while a write of another key is under way.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.core.feed.published()
    }

    /// Every change of the local tier after version `since`, in the order of the versions, without a
    /// gap, and then what happens from now on.
    ///
    /// From 0 it begins with all entries, as [`Added`](crate::EventKind::Added) events that are
    /// marked [`initial`](crate::Event::initial), in the order of their keys and exactly as they
    /// are at one version; then it goes on from that version. Until then it holds a
    /// [`snapshot`](Self::snapshot), which is taken when the first event is asked for. For the feed an
    /// entry whose time is over is there until its row has been removed, which is an event; so it is
    /// among the first ones, too.
    ///
    /// An event is published after its commit: who reads the cache on it sees at least its version.
    /// What changes nothing that can be seen is no event: a pin, an answer of the remote that brings
    /// what is here already, the end of a remembered absence.
    ///
    /// Events are kept in a window of [`window_events`](crate::FeedConfig::window_events) and
    /// [`window_bytes`](crate::FeedConfig::window_bytes). A watcher that reads more slowly than
    /// events come falls out of it in the end, gets [`TooOld`](Error::TooOld), and begins again from
    /// 0. After an opening the window is empty: versions from before are too old.
    ///
    /// The stream ends after its first error: `TooOld`; [`Closed`](Error::Closed), after all events
    /// of the cache's life; and, from 0, what a [`snapshot`](Self::snapshot) and its scan can fail
    /// with.
    ///
    /// # Errors
    /// [`TooOld`](Error::TooOld): the window does not reach back to `since`.
    /// [`TooNew`](Error::TooNew): no version is as high as `since`; it is of another home.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let home = dir.path().join("home");
    /// use tiered_cache::{EventKind, MemoryRemote, TieredCache};
    ///
    /// let cache = TieredCache::builder(&home).remote(MemoryRemote::new()).open_blocking()?.blocking();
    /// cache.set("color", "red")?;
    /// let mut watch = cache.watch(0)?;
    /// let first = watch.next().ok_or("ended")??;
    /// assert!(first.initial && first.value.as_deref() == Some(b"red"));
    ///
    /// cache.set("color", "blue")?;
    /// let second = watch.next().ok_or("ended")??;
    /// assert_eq!(second.kind, EventKind::Modified);
    /// assert_eq!(second.previous.as_deref(), Some(&b"red"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self, since: u64) -> Result<Watch> {
        self.core.local()?;
        Watch::new(&self.core, since)
    }

    /// Waits until the local tier has reached `version`: everything up to it is committed, and shows
    /// in every read that begins afterwards. At most for `timeout`; `None` takes
    /// [`fresh_timeout`](crate::FeedConfig::fresh_timeout), 3 seconds by default. The answer is the
    /// version that it has by then.
    ///
    /// # Errors
    /// - [`TooNew`](Error::TooNew): it has not reached the version in time.
    /// - [`Closed`](Error::Closed).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn wait_until_fresh(
        &self,
        version: u64,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<u64> {
        self.core.wait_until_fresh(version, timeout.into()).await
    }

    /// [`get`](Self::get), once the local tier has reached `version`.
    ///
    /// # Errors
    /// As for [`wait_until_fresh`](Self::wait_until_fresh) and [`get`](Self::get).
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub async fn get_fresh(
        &self,
        key: impl AsRef<[u8]>,
        version: u64,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<Option<Bytes>> {
        self.core.wait_until_fresh(version, timeout.into()).await?;
        self.get(key).await
    }

    /// The entries whose keys begin with `prefix`, once the local tier has reached `version`: all of
    /// one version, [at least](Scan::version) that one.
    ///
    /// The scan holds a [`snapshot`](Self::snapshot) until it is dropped.
    ///
    /// # Errors
    /// As for [`wait_until_fresh`](Self::wait_until_fresh) and [`snapshot`](Self::snapshot).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn list_fresh(
        &self,
        prefix: impl AsRef<[u8]>,
        version: u64,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<Scan> {
        self.core.wait_until_fresh(version, timeout.into()).await?;
        let snapshot = Snapshot::take(&self.core).await?;
        Ok(snapshot.scan_prefix(prefix))
    }

    /// Swaps the whole content of the local tier for `entries`, as the remote has them, in one
    /// transaction. Watchers get the differences as events; scans and snapshots see all of it or
    /// nothing.
    ///
    /// For a content that comes from elsewhere all at once: a dump of the remote, the list of an
    /// upstream service. `version` says how new it is: take [`version`](Self::version), *then* read
    /// the content, and pass both. Whatever happened to a key here after that version stays as it
    /// is, and so does every dirty key: the remote does not have it yet. All else is written as an
    /// answer of the remote is, or, if it is not among the entries, forgotten: the next read asks
    /// the remote. Of a key that occurs more than once the last entry counts. An entry whose time
    /// is over counts as absent.
    ///
    /// Reads go on meanwhile; all writes wait, about 5 µs for each row that is here or comes. Content,
    /// differences and what has been there are in memory at a time, and the engine keeps the
    /// transaction in its cache: [`cache_size`](crate::LocalConfig::cache_size) should be a few times
    /// what changes. The differences come into the window at once: when there are more than it
    /// holds, every watcher gets [`TooOld`](Error::TooOld).
    ///
    /// # Errors
    /// - [`TooOld`](Error::TooOld): the window does not reach back to `version`, so that nobody knows
    ///   what happened since. Read the content anew.
    /// - [`TooNew`](Error::TooNew): no version is as high as `version`.
    /// - [`TooLarge`](Error::TooLarge): a key or a value; or the content, keys and values together, takes
    ///   more than an eighth of [`max_disk`](crate::LocalConfig::max_disk).
    /// - [`Local`](Error::Local), [`Closed`](Error::Closed).
    ///
    /// After an error nothing has changed.
    ///
    /// # Cancel safety
    /// Once polled, it is done, whether anybody waits for it or not.
    pub async fn replace<K: Into<Bytes>>(
        &self,
        entries: impl IntoIterator<Item = (K, RemoteValue)>,
        version: u64,
    ) -> Result<Replaced> {
        let mut content = Replacement::new();
        let mut size = 0u64;
        for (key, value) in entries {
            let key: Bytes = key.into();
            self.core.check_size_of_key(&key)?;
            self.core.check_size_of_value(&value.value)?;
            size = size.saturating_add((key.len() + value.value.len()) as u64);
            self.core.check_size_of_content(size)?;
            content.insert(stored(&key).into_owned(), value);
        }
        let core = Arc::clone(&self.core);
        let replacing = self
            .core
            .runtime
            .spawn_blocking(move || replace(&core, &content, size, version));
        replacing
            .await
            .map_err(|why| Error::Internal(format!("a replacement broke off: {why}")))?
    }
}

/// A large content has the log for itself: what is in it before and after goes with a checkpoint.
fn replace(core: &Core, content: &Replacement, size: u64, version: u64) -> Result<Replaced> {
    let local = core.local()?;
    let large = size > core.config.local.log_file_bytes() / 2;
    if large {
        local.checkpoint()?;
    }
    let replaced = local.replace(content, version, &core.dirty)?;
    if large && let Err(error) = local.checkpoint() {
        // It is replaced all the same; whoever looks after the disk tries again.
        tracing::warn!(%error, "no checkpoint after a replacement");
    }
    Ok(replaced)
}

impl Core {
    pub(crate) async fn wait_until_fresh(
        &self,
        version: u64,
        timeout: Option<Duration>,
    ) -> Result<u64> {
        self.local()?;
        let published = self.feed.published();
        if published >= version {
            return Ok(published);
        }
        let limit = timeout.unwrap_or(self.config.feed.fresh_timeout);
        let reached = Ear::new(&self.feed).published(version);
        self.timeout(limit, reached).await.unwrap_or_else(|_| {
            Err(Error::TooNew {
                requested: version,
                current: self.feed.published(),
            })
        })
    }
}
