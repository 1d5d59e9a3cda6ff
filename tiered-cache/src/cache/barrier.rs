//! Waiting for the writes of one client, and for no others.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::TieredCache;
use super::answers::Written;
use super::core::Core;
use crate::error::Result;
use crate::local::dirty::{RecordId, State};
use crate::local::record_of;

/// Writes that are remembered one by one; 24 KiB of them.
const MOST: usize = 1024;

/// Writes of which somebody will want to know whether the remote has them: those of one client of a
/// server, say. Made by [`flush_barrier`](TieredCache::flush_barrier).
///
/// It remembers the last 1024 that the remote does not have yet one by one, so that nobody else's
/// writes are waited for. If there are more, it waits for all that were made here up to the older
/// ones of them, and takes a dead letter of any client for one of its own: for more than was asked
/// for, and never for less.
///
/// # Examples
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// use std::time::Duration;
/// use tiered_cache::{MemoryRemote, TieredCache};
///
/// let remote = MemoryRemote::new();
/// let cache = TieredCache::builder(dir.path()).remote(remote.clone()).open().await?;
/// let mut barrier = cache.flush_barrier();
/// barrier.add(&[cache.set("order", "42").await?]);
/// assert!(barrier.reached(Duration::from_secs(10)).await?);
/// assert!(remote.get("order").is_some());
/// # Ok::<(), tiered_cache::Error>(())
/// # }).unwrap();
/// ```
pub struct FlushBarrier {
    core: Arc<Core>,
    /// In the order of their making.
    writes: VecDeque<(RecordId, u64)>,
    /// All writes up to this version, whoever made them; 0: none.
    up_to: u64,
}

impl TieredCache {
    /// A barrier for writes that are yet to be made.
    #[must_use]
    pub fn flush_barrier(&self) -> FlushBarrier {
        FlushBarrier {
            core: Arc::clone(&self.core),
            writes: VecDeque::new(),
            up_to: 0,
        }
    }
}

impl FlushBarrier {
    /// Adds writes.
    pub fn add(&mut self, written: &[Written]) {
        if self.core.local_only() {
            return;
        }
        let writes = written.iter().map(|one| (one.record, one.version));
        self.writes.extend(writes);
        if self.writes.len() > MOST {
            self.shorten();
        }
    }

    /// Adds the last change of `key`, if the remote does not have it.
    ///
    /// # Errors
    /// [`Local`](crate::Error::Local), [`Corrupt`](crate::Error::Corrupt),
    /// [`Closed`](crate::Error::Closed).
    pub fn add_key(&mut self, key: impl AsRef<[u8]>) -> Result<()> {
        if self.core.local_only() {
            return Ok(());
        }
        let key = key.as_ref();
        if let Some(header) = self.core.local()?.header(key)? {
            let record = record_of(&self.core.dirty, key, &header);
            self.writes.push_back((record, header.version));
        }
        if self.writes.len() > MOST {
            self.shorten();
        }
        Ok(())
    }

    /// Adds everything that has been written up to now, by whomever.
    pub fn add_all(&mut self) {
        if self.core.local_only() {
            return;
        }
        self.up_to = self.core.feed.last();
        self.writes.clear();
    }

    /// Waits until the remote has all of the writes, at most for `deadline`. False when the time is
    /// over, and at once when the remote has refused one of them for good: it is a
    /// [dead letter](TieredCache::dead_letters). Batches do not linger meanwhile.
    ///
    /// # Errors
    /// [`Closed`](crate::Error::Closed).
    ///
    /// # Cancel safety
    /// Cancel safe: the writes go on, and the barrier can be asked again.
    pub async fn reached(&mut self, deadline: Duration) -> Result<bool> {
        let core = Arc::clone(&self.core);
        let mut refused = false;
        let done = core.when_settled(deadline, || {
            self.forget_what_arrived();
            let older = self.all_up_to(self.up_to);
            if older == Some(true) {
                self.up_to = 0;
            }
            refused =
                older == Some(false) || self.writes.iter().any(|write| self.is_refused(write));
            refused || (self.writes.is_empty() && older.is_some())
        });
        let done = done.await?;
        Ok(done && !refused)
    }

    fn is_refused(&self, (record, _): &(RecordId, u64)) -> bool {
        let mark = self.core.dirty.mark(*record);
        mark.is_some_and(|mark| mark.state == State::Dead)
    }

    fn forget_what_arrived(&mut self) {
        let dirty = &self.core.dirty;
        self.writes.retain(|(record, version)| {
            let mark = dirty.mark(*record);
            mark.is_some_and(|mark| mark.acked < *version)
        });
    }

    /// Whether all writes up to `version` have arrived; `None` while some are on their way, and
    /// false when there are dead letters: whose they are is not known. 0 is no write.
    fn all_up_to(&self, version: u64) -> Option<bool> {
        let dirty = &self.core.dirty;
        if version == 0 {
            return Some(true);
        }
        // Asked once, and first: what dies meanwhile is counted before it stops being on its way.
        (!dirty.any_unacked_up_to(version)).then(|| dirty.dead() == 0)
    }

    /// Makes room for more writes.
    fn shorten(&mut self) {
        let old = self.writes.len() - MOST / 2;
        // The usual case, and quickly seen: all but the last ones are there.
        if self.all_up_to(self.last_of(old)) == Some(true) {
            self.writes.drain(..old);
            return;
        }
        self.forget_what_arrived();
        let old = self.writes.len().saturating_sub(MOST / 2);
        self.up_to = self.up_to.max(self.last_of(old));
        self.writes.drain(..old);
    }

    /// The last version of the first `count` writes.
    fn last_of(&self, count: usize) -> u64 {
        let versions = self.writes.iter().take(count).map(|(_, version)| *version);
        versions.max().unwrap_or(0)
    }
}

impl fmt::Debug for FlushBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlushBarrier")
            .field("writes", &self.writes.len())
            .field("up_to", &self.up_to)
            .finish_non_exhaustive()
    }
}
