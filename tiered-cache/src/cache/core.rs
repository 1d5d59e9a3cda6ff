//! What all handles of a cache share.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::time::Timeout;

use crate::breaker::Breaker;
use crate::clock::{duration_ms, now_ms};
use crate::config::Config;
use crate::counters::Counters;
use crate::error::{Error, Result};
use crate::eviction::Sketch;
use crate::feed::Feed;
use crate::local::dirty::DirtySet;
use crate::local::{Copied, Local};
use crate::remote::RemoteStore;
use crate::single_flight::Flights;
use crate::snapshot::Snapshots;
use crate::syncer::SyncHandle;
use crate::write_behind::LaneBoard;

/// What a flight brings back.
pub(crate) type Brought = Result<Option<Copied>>;

/// What all handles of a cache share, and the tasks of the cache's own runtime.
pub(crate) struct Core {
    pub(crate) config: Config,
    /// Empty when the cache is closed.
    pub(crate) local: ArcSwapOption<Local>,
    pub(crate) dirty: Arc<DirtySet>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) snapshots: Snapshots,
    pub(crate) remote: Arc<dyn RemoteStore>,
    pub(crate) flights: Arc<Flights<Brought>>,
    pub(crate) loads: Arc<Flights<Result<Bytes>>>,
    pub(crate) breaker: Breaker,
    pub(crate) counters: Arc<Counters>,
    /// How often keys are wanted.
    pub(crate) frequency: Sketch,
    pub(crate) board: Arc<LaneBoard>,
    pub(crate) syncer: SyncHandle,
    pub(crate) runtime: Handle,
}

/// The local tier, which is not closed as long as this lives.
pub(crate) struct OpenLocal(Guard<Option<Arc<Local>>>);

impl std::ops::Deref for OpenLocal {
    type Target = Local;

    #[inline]
    #[allow(
        clippy::expect_used,
        reason = "made only by `Core::local`, which looks"
    )]
    fn deref(&self) -> &Local {
        self.0.as_deref().expect("an open local tier is there")
    }
}

impl Core {
    #[inline]
    pub(crate) fn local(&self) -> Result<OpenLocal> {
        let local = self.local.load();
        if local.is_none() {
            return Err(Error::Closed);
        }
        Ok(OpenLocal(local))
    }

    /// The age of the oldest change that the remote does not have.
    pub(crate) fn lag(&self) -> Option<Duration> {
        let since = self.dirty.oldest()?;
        Some(Duration::from_millis(now_ms().saturating_sub(since)))
    }

    /// Whether there is no remote: the local tier is all there is.
    #[inline]
    pub(crate) fn local_only(&self) -> bool {
        !self.dirty.tracks()
    }

    pub(crate) fn max_age_ms(&self) -> u64 {
        duration_ms(self.config.reads.max_age)
    }

    /// Limits `work` in time, by the clock of the cache's own runtime: the caller may have none.
    pub(crate) fn timeout<F: Future>(&self, limit: Duration, work: F) -> Timeout<F> {
        let _runtime = self.runtime.enter();
        tokio::time::timeout(limit, work)
    }

    /// Counts a read that waits for the remote, as long as the guard lives: batches of writes are
    /// smaller meanwhile.
    pub(crate) fn waiting_read(&self) -> WaitingRead<'_> {
        self.counters.reads_waiting.fetch_add(1, Ordering::Relaxed);
        WaitingRead(&self.counters)
    }
}

/// A read that waits for the remote.
pub(crate) struct WaitingRead<'a>(&'a Counters);

impl Drop for WaitingRead<'_> {
    fn drop(&mut self) {
        self.0.reads_waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
