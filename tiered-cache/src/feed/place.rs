//! Reading the feed.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use super::kept::Kept;
use super::window::Gone;
use super::{Event, Feed, State};
use crate::error::{Error, Result};

/// Events that are taken at a time: a handle each, so the lock is held for a microsecond at most.
const TAKE: usize = 64;

/// Bytes of events that are taken at a time: what a watcher that sleeps keeps alive besides the
/// window.
const TAKE_BYTES: u64 = 1 << 20;

/// How far somebody has read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) version: u64,
    /// The number of the next event in the window, if it is known.
    next: Option<u64>,
}

impl Place {
    pub(super) fn after(version: u64) -> Self {
        Self {
            version,
            next: None,
        }
    }
}

/// Somebody who waits for the feed, under a number of its own.
pub(crate) struct Ear {
    feed: Arc<Feed>,
    number: u64,
    listens: bool,
}

impl Ear {
    pub(crate) fn new(feed: &Arc<Feed>) -> Self {
        Self {
            feed: Arc::clone(feed),
            number: feed.ears.fetch_add(1, Ordering::Relaxed),
            listens: false,
        }
    }

    fn listen(&mut self, state: &mut State, waker: &Waker) {
        self.listens = true;
        match state.waiters.get_mut(&self.number) {
            Some(known) => known.clone_from(waker),
            None => {
                state.waiters.insert(self.number, waker.clone());
            }
        }
    }

    /// Takes the next events after `place`, as many as are there and fit, and moves it behind
    /// them.
    pub(super) fn poll_events(
        &mut self,
        place: &mut Place,
        events: &mut impl Extend<Kept>,
        context: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        let feed = Arc::clone(&self.feed);
        let mut state = feed.state.lock();
        let state = &mut *state;
        let window = &state.window;
        if place.version < window.start() {
            return Poll::Ready(Err(Error::TooOld {
                requested: place.version,
                oldest: window.start(),
            }));
        }
        let mut number = match place.next {
            Some(next) => next,
            None => window.number_after(place.version),
        };
        let begun = number;
        let mut bytes = 0;
        for event in window.from(number).take(TAKE) {
            number += 1;
            bytes += event.size();
            place.version = event.version;
            events.extend([event.clone()]);
            if bytes >= TAKE_BYTES {
                break;
            }
        }
        if number == window.next_number() {
            place.version = place.version.max(state.published);
        }
        // A place ahead of what is published passes over events that are still to come.
        place.next = (place.version <= state.published).then_some(number);
        if number > begun {
            return Poll::Ready(Ok(()));
        }
        if state.closed {
            return Poll::Ready(Err(Error::Closed));
        }
        self.listen(state, context.waker());
        Poll::Pending
    }

    /// Whether everything up to `version` is published; the answer is what is.
    pub(crate) fn poll_published(
        &mut self,
        version: u64,
        context: &mut Context<'_>,
    ) -> Poll<Result<u64>> {
        let published = self.feed.published();
        if published >= version {
            return Poll::Ready(Ok(published));
        }
        let feed = Arc::clone(&self.feed);
        let mut state = feed.state.lock();
        if state.published >= version {
            return Poll::Ready(Ok(state.published));
        }
        if state.closed {
            return Poll::Ready(Err(Error::Closed));
        }
        self.listen(&mut state, context.waker());
        Poll::Pending
    }

    /// Waits until everything up to `version` is published.
    pub(crate) async fn published(mut self, version: u64) -> Result<u64> {
        std::future::poll_fn(|context| self.poll_published(version, context)).await
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if self.listens {
            // The waker is dropped outside the lock: it is an executor's code.
            let waker = self.feed.state.lock().waiters.remove(&self.number);
            drop(waker);
        }
    }
}

/// Keeps all events after a version in the window, whatever its capacity.
pub(crate) struct Pin {
    feed: Arc<Feed>,
    version: u64,
}

impl Pin {
    /// Keeps all events from now on.
    pub(crate) fn now(feed: &Arc<Feed>) -> Self {
        let mut state = feed.state.lock();
        let version = state.published;
        state.pins.push(version);
        Self {
            feed: Arc::clone(feed),
            version,
        }
    }

    /// The events since the pin was set, up to `version`, which must be published.
    pub(crate) fn events_up_to(&self, version: u64) -> Vec<Event> {
        let kept: Vec<Kept> = {
            let state = self.feed.state.lock();
            let from = state.window.number_after(self.version);
            let events = state.window.from(from);
            let events = events.take_while(|event| event.version <= version);
            events.cloned().collect()
        };
        kept.iter().map(Kept::event).collect()
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut gone = Gone::default();
        let mut state = self.feed.state.lock();
        let place = state.pins.iter().position(|pin| *pin == self.version);
        if let Some(place) = place {
            state.pins.swap_remove(place);
        }
        let lowest = state.pins.iter().min().copied();
        state.window.trim(lowest, &mut gone);
        drop(state);
    }
}

impl Feed {
    /// The keys of the events after `version`.
    pub(crate) fn keys_since(&self, version: u64) -> Result<HashSet<Vec<u8>>> {
        let state = self.state.lock();
        let start = state.window.start();
        if version < start {
            return Err(Error::TooOld {
                requested: version,
                oldest: start,
            });
        }
        let from = state.window.number_after(version);
        let events = state.window.from(from);
        Ok(events.map(|event| event.key().to_vec()).collect())
    }

    /// Checks that a watch can begin after `version`.
    pub(super) fn check(&self, version: u64) -> Result<()> {
        let state = self.state.lock();
        let oldest = state.window.start();
        if version < oldest {
            return Err(Error::TooOld {
                requested: version,
                oldest,
            });
        }
        if version > state.last {
            return Err(Error::TooNew {
                requested: version,
                current: state.published,
            });
        }
        Ok(())
    }
}
