//! Streams of entries.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::entry::Entry;
use super::joined;
use super::walk::{Passed, Source, Walk};
use crate::error::{Error, Result};

/// Chunks that are counted at a time before a count can be cancelled.
const COUNT_CHUNKS: usize = 64;

/// The entries of a range of keys, in the order of the keys: a [`Stream`].
///
/// It reads a chunk of 256 rows or 64 KiB at a time, and the next one when that has been taken: a
/// consumer that is slow, or stops, holds up nobody, and the memory of a scan is that of a chunk,
/// plus the largest row. The chunks are read on threads of the cache's own for work that blocks.
///
/// A scan of a [`Snapshot`](super::Snapshot) gives exactly the entries of its version. A scan of the
/// cache *re-anchors*: each chunk shows the cache at the moment in which it is read. An entry that is
/// there during the whole scan is given exactly once; one that comes or goes meanwhile, perhaps; and
/// two entries may be of different moments. In return it pins nothing: the engine's history does not
/// grow, however long the scan takes.
///
/// Given are keys that have a value which has not expired, whatever its age: a clean one that is
/// older than [`max_age`](crate::ReadConfig::max_age) would be read anew by `get`. What only the
/// remote has is not here, and not given.
///
/// A row that cannot be read is an error in its place, and the scan goes on behind it. After any
/// other error the stream ends: [`Closed`](Error::Closed), or [`Local`](Error::Local) when the engine
/// failed or no session was free.
#[must_use = "a scan that nobody reads reads nothing"]
pub struct Scan {
    state: State,
    ready: std::vec::IntoIter<Result<Entry>>,
    runtime: Handle,
    version: Option<u64>,
}

enum State {
    Fresh(Walk),
    /// Between two chunks.
    Resting(Walk),
    Reading(JoinHandle<(Walk, Result<Vec<Result<Entry>>>)>),
    Ended,
}

impl Scan {
    pub(super) fn new(walk: Walk, runtime: &Handle) -> Self {
        let version = match &walk.source {
            Source::Now(_) => None,
            Source::Snapshot(shared) => Some(shared.version),
        };
        Self {
            state: State::Fresh(walk),
            ready: Vec::new().into_iter(),
            runtime: runtime.clone(),
            version,
        }
    }

    /// The entries from the last to the first. To be called before the first one is taken:
    /// afterwards it changes nothing.
    pub fn rev(mut self) -> Self {
        if let State::Fresh(walk) = &mut self.state {
            walk.reverse = !walk.reverse;
        }
        self
    }

    /// The version whose entries it gives; `None` for a scan that re-anchors.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// The next entry, read on the calling thread.
    pub(crate) fn next_here(&mut self) -> Option<Result<Entry>> {
        loop {
            if let Some(entry) = self.ready.next() {
                return Some(entry);
            }
            let (walk, chunk) = match std::mem::replace(&mut self.state, State::Ended) {
                State::Fresh(mut walk) | State::Resting(mut walk) => {
                    let chunk = walk.chunk();
                    (walk, chunk)
                }
                State::Reading(reading) => match joined(pollster::block_on(reading)) {
                    Ok(read) => read,
                    Err(error) => return Some(Err(error)),
                },
                State::Ended => return None,
            };
            if let Err(error) = self.take(walk, chunk) {
                return Some(Err(error));
            }
        }
    }

    fn take(&mut self, walk: Walk, chunk: Result<Vec<Result<Entry>>>) -> Result<()> {
        self.ready = chunk?.into_iter();
        if !walk.done {
            self.state = State::Resting(walk);
        }
        Ok(())
    }
}

impl Stream for Scan {
    type Item = Result<Entry>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(entry) = this.ready.next() {
                return Poll::Ready(Some(entry));
            }
            if let State::Reading(reading) = &mut this.state {
                let read = ready!(Pin::new(reading).poll(context));
                this.state = State::Ended;
                if let Err(error) = joined(read).and_then(|(walk, chunk)| this.take(walk, chunk)) {
                    return Poll::Ready(Some(Err(error)));
                }
                continue;
            }
            match std::mem::replace(&mut this.state, State::Ended) {
                State::Fresh(mut walk) | State::Resting(mut walk) => {
                    this.state = State::Reading(this.runtime.spawn_blocking(move || {
                        let chunk = walk.chunk();
                        (walk, chunk)
                    }));
                }
                State::Reading(_) | State::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// How many entries a walk passes. On threads for work that blocks; between two of them it can be
/// cancelled.
pub(super) async fn count(mut walk: Walk, runtime: &Handle) -> Result<u64> {
    let mut count = 0;
    while !walk.done {
        let counting = runtime.spawn_blocking(move || {
            let mut counted = Ok(0);
            for _ in 0..COUNT_CHUNKS {
                if walk.done || counted.is_err() {
                    break;
                }
                let mut visit = |passed: Passed<'_>| match (passed, &mut counted) {
                    (Passed::Corrupt(error), counted) => *counted = Err(error),
                    (_, Ok(count)) => *count += 1,
                    (_, Err(_)) => {}
                };
                if let Err(error) = walk.pass(&mut visit) {
                    counted = Err(error);
                }
            }
            (walk, counted)
        });
        let counted: Result<u64, Error>;
        (walk, counted) = joined(counting.await)?;
        count += counted?;
    }
    Ok(count)
}
