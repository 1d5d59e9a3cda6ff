//! The local tier at one moment, and walks through it.
//!
//! A snapshot must show exactly what is there at one version, and take no lock that a writer waits
//! for. The engine gives a view of what has committed; which versions those are, it cannot tell,
//! since some may be between their handing out and their commit. So the view is begun, the last
//! version that had been handed out by then is the snapshot's, and whoever takes it waits until all
//! versions up to that one are settled. What their events say lies over the view: a handful of keys.

mod entry;
mod live;
mod scan;
mod span;
mod walk;

use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::task::JoinError;

pub use self::entry::Entry;
use self::entry::is_live;
pub(crate) use self::live::Snapshots;
use self::live::{Cell, Slot};
pub use self::scan::Scan;
use self::span::Span;
use self::walk::{Overlay, Source, Walk};
use crate::cache::core::Core;
use crate::clock::now_ms;
use crate::error::{Error, Result};
use crate::feed::{Ear, Pin};
use crate::local::header::Header;
use crate::local::{Bytes2, View, stored};

/// The local tier exactly as it was at one version.
///
/// Made by [`snapshot`](crate::TieredCache::snapshot). Clones share it. It shows what a local read
/// would have shown at the moment it was taken, expiries included, and nothing else: what only the
/// remote has is not in it.
///
/// Nobody waits for it, but it has a price: the engine keeps every row that has changed since, so
/// that its history grows, first in its memory and then on disk, until the last clone and the last
/// scan of the snapshot are dropped. For work that takes long and does not need one moment, the
/// [scans of the cache](crate::TieredCache::scan) re-anchor instead. Each snapshot has a session of
/// the engine for itself, so half of [`max_sessions`](crate::LocalConfig::max_sessions) can live at a
/// time; reads of one take turns.
///
/// Closing the cache ends it: reads answer [`Closed`](Error::Closed). When the history makes the
/// files larger than [`max_disk`](crate::LocalConfig::max_disk), the oldest snapshot ends, and then the
/// next one: reads of it answer [`SnapshotTooOld`](Error::SnapshotTooOld). Under extreme pressure on
/// its memory the engine may end one as well: reads fail with [`Local`](Error::Local), retryable. In
/// both cases a new snapshot has to be taken.
#[derive(Clone)]
#[must_use = "a snapshot that is dropped shows nothing"]
pub struct Snapshot {
    shared: Arc<Shared>,
    runtime: Handle,
}

pub(super) struct Shared {
    cell: Cell,
    entries: Bytes2,
    overlay: Overlay,
    version: u64,
    /// Milliseconds since the epoch: what had expired by then is not shown.
    taken_at: u64,
    _slot: Slot,
}

impl Shared {
    /// Reads from the view, if it has not been taken away.
    fn read<T>(&self, read: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        read(self.cell.lock().view()?)
    }
}

/// A view whose version is not settled yet.
struct Begun {
    pin: Pin,
    cell: Cell,
    slot: Slot,
    entries: Bytes2,
    version: u64,
    taken_at: u64,
}

impl Begun {
    fn new(core: &Core) -> Result<Self> {
        let slot = core.snapshots.slot()?;
        let local = core.local()?;
        let session = local.session()?;
        // In this order. What is published before the view begins is in it. What is handed out
        // after it has begun is not. Of what lies between, the events will tell.
        let pin = Pin::now(&core.feed);
        let view = View::begin(session)?;
        let version = core.feed.last();
        Ok(Self {
            pin,
            // Before `local` goes: whoever closes the cache finds either of them.
            cell: core.snapshots.register(view)?,
            slot,
            entries: local.entries,
            version,
            taken_at: now_ms(),
        })
    }

    /// All versions up to this one's are settled.
    fn finish(self, runtime: &Handle) -> Snapshot {
        let events = self.pin.events_up_to(self.version);
        let overlay = events
            .iter()
            .map(|event| (stored(&event.key).into_owned(), Entry::after(event)))
            .collect();
        Snapshot {
            shared: Arc::new(Shared {
                cell: self.cell,
                entries: self.entries,
                overlay,
                version: self.version,
                taken_at: self.taken_at,
                _slot: self.slot,
            }),
            runtime: runtime.clone(),
        }
    }
}

impl Snapshot {
    /// Takes a snapshot of the cache.
    pub(crate) async fn take(core: &Arc<Core>) -> Result<Self> {
        let for_thread = Arc::clone(core);
        let begin = move || Begun::new(&for_thread);
        let begun = joined(core.runtime.spawn_blocking(begin).await)??;
        Ear::new(&core.feed).published(begun.version).await?;
        Ok(begun.finish(&core.runtime))
    }

    /// The version: everything up to it is in the snapshot, and nothing later. A
    /// [`watch`](crate::TieredCache::watch) from here goes on without a gap.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.shared.version
    }

    /// The value of `key`, or `None` when it has none here.
    ///
    /// # Errors
    /// [`Local`](Error::Local), [`Corrupt`](Error::Corrupt), [`Closed`](Error::Closed).
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Bytes>> {
        let key = stored(key.as_ref());
        let shared = &self.shared;
        if let Some(patch) = shared.overlay.get(&*key) {
            let live = patch.as_ref().filter(|it| !it.expired(shared.taken_at));
            return Ok(live.map(|entry| entry.value.clone()));
        }
        shared.read(|view| {
            let Some(row) = view.get(&shared.entries, &key)? else {
                return Ok(None);
            };
            let (header, value) = Header::decode(&row)?;
            let live = is_live(&header, shared.taken_at);
            Ok(live.then(|| Bytes::copy_from_slice(value)))
        })
    }

    /// All entries, in the order of their keys.
    pub fn scan(&self) -> Scan {
        self.scan_of(Span::all())
    }

    /// The entries whose keys begin with `prefix`.
    pub fn scan_prefix(&self, prefix: impl AsRef<[u8]>) -> Scan {
        self.scan_of(Span::prefix(prefix.as_ref()))
    }

    /// The same with those that have expired, and will be told as expired when their rows go.
    pub(crate) fn scan_as_told(&self, prefix: &[u8]) -> Scan {
        let mut walk = self.walk(Span::prefix(prefix));
        walk.with_expired = true;
        Scan::new(walk, &self.runtime)
    }

    /// The entries whose keys are in `range`. A range in which nothing can be is no error.
    pub fn scan_range<K: AsRef<[u8]>>(&self, range: impl RangeBounds<K>) -> Scan {
        self.scan_of(Span::of(&range))
    }

    fn scan_of(&self, span: Span) -> Scan {
        Scan::new(self.walk(span), &self.runtime)
    }

    fn walk(&self, span: Span) -> Walk {
        Walk::new(Source::Snapshot(Arc::clone(&self.shared)), span)
    }

    /// How many entries there are.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn count(&self) -> Result<u64> {
        scan::count(self.walk(Span::all()), &self.runtime).await
    }

    /// How many keys begin with `prefix`.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn count_prefix(&self, prefix: impl AsRef<[u8]>) -> Result<u64> {
        scan::count(self.walk(Span::prefix(prefix.as_ref())), &self.runtime).await
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("version", &self.shared.version)
            .finish_non_exhaustive()
    }
}

/// Walks through the cache as it is.
impl Core {
    pub(crate) fn scan_prefix(self: &Arc<Self>, prefix: &[u8]) -> Scan {
        Scan::new(self.walk(Span::prefix(prefix)), &self.runtime)
    }

    pub(crate) fn scan_range<K: AsRef<[u8]>>(
        self: &Arc<Self>,
        range: &impl RangeBounds<K>,
    ) -> Scan {
        Scan::new(self.walk(Span::of(range)), &self.runtime)
    }

    pub(crate) async fn count(self: &Arc<Self>, prefix: &[u8]) -> Result<u64> {
        scan::count(self.walk(Span::prefix(prefix)), &self.runtime).await
    }

    /// The keys of the next chunk behind `after`, and the one to go on behind, unless that was all.
    pub(crate) fn keys_behind(
        self: &Arc<Self>,
        after: Option<&[u8]>,
    ) -> Result<(Vec<Bytes>, Option<Bytes>)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut walk = self.walk(Span::of::<&[u8]>(&(from, Bound::Unbounded)));
        let mut keys = Vec::new();
        walk.pass(&mut |passed| keys.push(passed.into_key()))?;
        let keys = keys.into_iter().collect::<Result<_>>()?;
        let behind = walk.span.behind().filter(|_| !walk.done);
        Ok((keys, behind.map(Bytes::copy_from_slice)))
    }

    fn walk(self: &Arc<Self>, span: Span) -> Walk {
        Walk::new(Source::Now(Arc::clone(self)), span)
    }
}

/// What a thread for work that blocks has done.
fn joined<T>(done: Result<T, JoinError>) -> Result<T> {
    done.map_err(|why| {
        if why.is_cancelled() {
            // The runtime is gone, and so is the cache.
            Error::Closed
        } else {
            Error::Internal(format!("a read broke off: {why}"))
        }
    })
}
