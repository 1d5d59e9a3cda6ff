//! Following the feed.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::future::BoxFuture;

use super::kept::Kept;
use super::place::{Ear, Place};
use super::{Event, EventKind};
use crate::cache::core::Core;
use crate::error::Result;
use crate::snapshot::{Entry, Scan, Snapshot};

/// Rounds in which nothing was found that the watcher wants, before others have their turn: a
/// watcher of a rare prefix must not keep its executor's thread.
const PATIENCE: usize = 16;

/// The changes of the local tier, as they happen: a [`Stream`] of events.
///
/// Made by [`watch`](crate::TieredCache::watch), whose page says what it gives. It holds up nobody:
/// a watcher that is not polled costs nothing, and when the window has moved on it gets
/// [`TooOld`](crate::Error::TooOld). After an error the stream ends.
///
/// Dropping it ends the watch.
#[must_use = "a watch that nobody reads tells nothing"]
pub struct Watch {
    ear: Ear,
    place: Place,
    prefix: Bytes,
    stage: Stage,
    taken: VecDeque<Kept>,
    /// The version of the last event that was looked at.
    seen: u64,
}

enum Stage {
    /// It begins with a snapshot, which nobody has asked for yet.
    Fresh(Arc<Core>),
    Taking(BoxFuture<'static, Result<Snapshot>>),
    Initial(Box<Scan>),
    Live,
    Ended,
}

impl Watch {
    pub(crate) fn new(core: &Arc<Core>, since: u64) -> Result<Self> {
        let stage = if since == 0 {
            Stage::Fresh(Arc::clone(core))
        } else {
            core.feed.check(since)?;
            Stage::Live
        };
        Ok(Self {
            ear: Ear::new(&core.feed),
            place: Place::after(since),
            prefix: Bytes::new(),
            stage,
            taken: VecDeque::new(),
            seen: since,
        })
    }

    /// Only events of keys that begin with `prefix`. To be called before the first event is taken.
    pub fn with_prefix(mut self, prefix: impl AsRef<[u8]>) -> Self {
        self.prefix = Bytes::copy_from_slice(prefix.as_ref());
        self
    }

    /// The version from which a later watch goes on where this one stands: all events up to it have
    /// been given, or passed over for their prefix. 0 until all
    /// [`initial`](Event::initial) entries have been given.
    #[must_use]
    pub fn position(&self) -> u64 {
        match self.stage {
            Stage::Live | Stage::Ended if self.taken.is_empty() => self.place.version,
            Stage::Live | Stage::Ended => self.seen,
            Stage::Fresh(_) | Stage::Taking(_) | Stage::Initial(_) => 0,
        }
    }

    /// The next event of those that have been taken out of the window already: it needs nobody.
    pub(crate) fn next_taken(&mut self) -> Option<Event> {
        while let Some(event) = self.taken.pop_front() {
            self.seen = event.version;
            if event.key().starts_with(&self.prefix) {
                return Some(event.event());
            }
        }
        None
    }

    /// The next event of the window, or what the feed says instead.
    fn poll_live(&mut self, context: &mut Context<'_>) -> Poll<Result<Event>> {
        for _ in 0..PATIENCE {
            if let Some(event) = self.next_taken() {
                return Poll::Ready(Ok(event));
            }
            ready!(
                self.ear
                    .poll_events(&mut self.place, &mut self.taken, context)
            )?;
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Stream for Watch {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match &mut this.stage {
                Stage::Fresh(core) => {
                    let core = Arc::clone(core);
                    this.stage =
                        Stage::Taking(Box::pin(async move { Snapshot::take(&core).await }));
                }
                Stage::Taking(taking) => match ready!(taking.as_mut().poll(context)) {
                    Ok(snapshot) => {
                        this.seen = snapshot.version();
                        this.place = Place::after(snapshot.version());
                        let scan = snapshot.scan_as_told(&this.prefix);
                        this.stage = Stage::Initial(Box::new(scan));
                    }
                    Err(error) => return Poll::Ready(this.end(error)),
                },
                Stage::Initial(scan) => match ready!(Pin::new(&mut **scan).poll_next(context)) {
                    Some(Ok(entry)) => return Poll::Ready(Some(Ok(entry.into()))),
                    Some(Err(error)) => return Poll::Ready(this.end(error)),
                    // The snapshot goes here, and the engine's history with it.
                    None => this.stage = Stage::Live,
                },
                Stage::Live => {
                    return match ready!(this.poll_live(context)) {
                        Ok(event) => Poll::Ready(Some(Ok(event))),
                        Err(error) => Poll::Ready(this.end(error)),
                    };
                }
                Stage::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl Watch {
    fn end(&mut self, error: crate::Error) -> Option<Result<Event>> {
        self.stage = Stage::Ended;
        Some(Err(error))
    }
}

impl From<Entry> for Event {
    fn from(entry: Entry) -> Self {
        Self {
            kind: EventKind::Added,
            key: entry.key,
            value: Some(entry.value),
            previous: None,
            version: entry.version,
            expires_at: entry.expires_at,
            origin: entry.origin,
            initial: true,
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("position", &self.position())
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
