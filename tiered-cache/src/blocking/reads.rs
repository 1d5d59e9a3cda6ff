//! Watches, scans and snapshots as iterators.

use std::future::poll_fn;
use std::ops::RangeBounds;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use super::TieredCache;
use crate::cache::core::Core;
use crate::error::Result;
use crate::{Entry, Event};

/// The changes of the local tier, as they happen: an iterator that waits for the next one.
///
/// As [`Watch`](crate::Watch): after its first error it ends.
#[derive(Debug)]
#[must_use = "a watch that nobody reads tells nothing"]
pub struct Watch {
    watch: crate::Watch,
    clock: Clock,
}

/// The clock of the cache's own runtime.
struct Clock(Arc<Core>);

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl Watch {
    /// As [`with_prefix`](crate::Watch::with_prefix).
    pub fn with_prefix(mut self, prefix: impl AsRef<[u8]>) -> Self {
        self.watch = self.watch.with_prefix(prefix);
        self
    }

    /// As [`position`](crate::Watch::position).
    #[must_use]
    pub fn position(&self) -> u64 {
        self.watch.position()
    }

    /// The next event, or `None` when there is none within `timeout`, or the watch has ended.
    ///
    /// # Errors
    /// As for [`watch`](crate::TieredCache::watch).
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<Event>> {
        let next = poll_fn(|context| Pin::new(&mut self.watch).poll_next(context));
        match pollster::block_on(self.clock.0.timeout(timeout, next)) {
            Ok(next) => next.transpose(),
            Err(_) => Ok(None),
        }
    }
}

impl Iterator for Watch {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        // Most of the time: nothing to wait for, nor to prepare for waiting.
        if let Some(event) = self.watch.next_taken() {
            return Some(Ok(event));
        }
        pollster::block_on(poll_fn(|context| {
            Pin::new(&mut self.watch).poll_next(context)
        }))
    }
}

/// The entries of a range of keys, in the order of the keys: an iterator that reads on the calling
/// thread.
///
/// As [`Scan`](crate::Scan), in chunks, and with the same two meanings.
#[derive(Debug)]
#[must_use = "a scan that nobody reads reads nothing"]
pub struct Scan(crate::Scan);

impl Scan {
    /// As [`rev`](crate::Scan::rev).
    pub fn rev(self) -> Self {
        Self(self.0.rev())
    }

    /// As [`version`](crate::Scan::version).
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.0.version()
    }
}

impl Iterator for Scan {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_here()
    }
}

/// The local tier exactly as it was at one version: a [`Snapshot`](crate::Snapshot) whose scans are
/// iterators. Clones share it.
#[derive(Clone, Debug)]
#[must_use = "a snapshot that is dropped shows nothing"]
pub struct Snapshot(crate::Snapshot);

impl Snapshot {
    /// As [`version`](crate::Snapshot::version).
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.version()
    }

    /// The value of `key`, or `None` when it has none here.
    ///
    /// # Errors
    /// As for [`get`](crate::Snapshot::get).
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Bytes>> {
        self.0.get(key)
    }

    /// All entries, in the order of their keys.
    pub fn scan(&self) -> Scan {
        Scan(self.0.scan())
    }

    /// The entries whose keys begin with `prefix`.
    pub fn scan_prefix(&self, prefix: impl AsRef<[u8]>) -> Scan {
        Scan(self.0.scan_prefix(prefix))
    }

    /// The entries whose keys are in `range`.
    pub fn scan_range<K: AsRef<[u8]>>(&self, range: impl RangeBounds<K>) -> Scan {
        Scan(self.0.scan_range(range))
    }

    /// How many entries there are.
    ///
    /// # Errors
    /// As for [`count`](crate::Snapshot::count).
    pub fn count(&self) -> Result<u64> {
        pollster::block_on(self.0.count())
    }

    /// How many keys begin with `prefix`.
    ///
    /// # Errors
    /// As for [`count`](crate::Snapshot::count).
    pub fn count_prefix(&self, prefix: impl AsRef<[u8]>) -> Result<u64> {
        pollster::block_on(self.0.count_prefix(prefix))
    }
}

impl TieredCache {
    /// Every change of the local tier after version `since`, and then what happens from now on; from
    /// 0, with all entries first.
    ///
    /// # Errors
    /// As for [`watch`](crate::TieredCache::watch).
    pub fn watch(&self, since: u64) -> Result<Watch> {
        Ok(Watch {
            watch: self.0.watch(since)?,
            clock: Clock(self.0.core()),
        })
    }

    /// The local tier exactly as it is at one version.
    ///
    /// # Errors
    /// As for [`snapshot`](crate::TieredCache::snapshot).
    pub fn snapshot(&self) -> Result<Snapshot> {
        pollster::block_on(self.0.snapshot()).map(Snapshot)
    }

    /// The entries whose keys begin with `prefix`, at a version that is at least `version`.
    ///
    /// # Errors
    /// As for [`list_fresh`](crate::TieredCache::list_fresh).
    pub fn list_fresh(
        &self,
        prefix: impl AsRef<[u8]>,
        version: u64,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<Scan> {
        pollster::block_on(self.0.list_fresh(prefix, version, timeout)).map(Scan)
    }

    /// All entries of the local tier, each as it is when the scan comes to it.
    pub fn scan(&self) -> Scan {
        Scan(self.0.scan())
    }

    /// The same for the entries whose keys begin with `prefix`.
    pub fn scan_prefix(&self, prefix: impl AsRef<[u8]>) -> Scan {
        Scan(self.0.scan_prefix(prefix))
    }

    /// The same for the entries whose keys are in `range`.
    pub fn scan_range<K: AsRef<[u8]>>(&self, range: impl RangeBounds<K>) -> Scan {
        Scan(self.0.scan_range(range))
    }

    /// The version of the local tier.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.version()
    }
}
