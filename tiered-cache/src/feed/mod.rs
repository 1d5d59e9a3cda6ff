//! The change feed: a window of the last events, in the order of their versions.
//!
//! Transactions of different keys commit in any order, and each gets its version before. So a
//! version is *in flight* from its handing out until its transaction has committed or not, and is
//! *published* when neither it nor any before it is in flight. Watchers see what is published, and
//! nothing else: the order of versions is the order of the feed, and what an event tells is
//! committed. `docs/change-feed.md` has the whole of it.

mod attempt;
mod event;
mod herald;
mod kept;
mod place;
mod watch;
mod window;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use parking_lot::{Condvar, Mutex};

pub(crate) use self::attempt::Attempt;
pub use self::event::{Event, EventKind};
pub(crate) use self::herald::Herald;
use self::kept::Kept;
pub(crate) use self::kept::Told;
pub(crate) use self::place::{Ear, Pin};
pub use self::watch::Watch;
use self::window::{Capacity, Gone, Window};
use crate::config::FeedConfig;

/// Hands out versions, and publishes what became of them.
pub(crate) struct Feed {
    state: Mutex<State>,
    /// Copies of what the state says, to be read without its lock.
    last: AtomicU64,
    published: AtomicU64,
    /// Numbers of waiters.
    ears: AtomicU64,
    /// Whether there is a window at all.
    on: bool,
    /// Calls the herald.
    call: Condvar,
}

/// All of it changes in some ten nanoseconds, and nobody holds the lock for longer.
struct State {
    /// The last version that was handed out.
    last: u64,
    /// All up to this one are settled.
    published: u64,
    /// What was handed out after that, in order.
    flights: VecDeque<Flight>,
    window: Window,
    /// Versions after which no event may leave the window.
    pins: Vec<u64>,
    /// Who waits for more to be published.
    waiters: HashMap<u64, Waker>,
    /// The herald has been called, and has not come yet.
    called: bool,
    closed: bool,
}

/// Versions that were handed out together, and are published together.
struct Flight {
    first: u64,
    count: u64,
    /// `None` as long as it is not known.
    outcome: Option<Outcome>,
}

/// What became of versions.
enum Outcome {
    /// Nothing to tell.
    Nothing,
    One(Kept),
    Many(Vec<Kept>),
}

impl Outcome {
    fn add(&mut self, event: Kept) {
        match self {
            Self::Nothing => *self = Self::One(event),
            Self::Many(events) => events.push(event),
            Self::One(_) => {
                if let Self::One(first) = std::mem::replace(self, Self::Nothing) {
                    *self = Self::Many(vec![first, event]);
                }
            }
        }
    }
}

impl Feed {
    /// A feed whose first version is the one after `last`.
    pub(crate) fn new(config: &FeedConfig, last: u64) -> Self {
        let capacity = Capacity {
            events: config.window_events,
            bytes: config.window_bytes.as_u64(),
        };
        Self {
            state: Mutex::new(State {
                last,
                published: last,
                flights: VecDeque::new(),
                window: Window::new(capacity, last),
                pins: Vec::new(),
                waiters: HashMap::new(),
                called: false,
                closed: false,
            }),
            last: AtomicU64::new(last),
            published: AtomicU64::new(last),
            ears: AtomicU64::new(0),
            on: config.window_events > 0,
            call: Condvar::new(),
        }
    }

    /// Whether events are kept for watchers: otherwise the values before changes are not wanted.
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    /// The last version that was handed out.
    pub(crate) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// The version up to which everything is committed and told.
    pub(crate) fn published(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    /// The events of the window and the bytes that they take.
    pub(crate) fn fill_level(&self) -> (usize, u64) {
        let state = self.state.lock();
        (state.window.len(), state.window.bytes())
    }

    /// Hands out `count` versions in a row, and answers with the first; or none, and the last one
    /// that would have been handed out, if that is above `ceiling`.
    fn begin(&self, count: u64, ceiling: u64) -> Result<u64, u64> {
        let mut state = self.state.lock();
        let last = state.last + count;
        if last > ceiling {
            return Err(last);
        }
        let first = state.last + 1;
        state.last = last;
        state.flights.push_back(Flight {
            first,
            count,
            outcome: None,
        });
        self.last.store(last, Ordering::Release);
        Ok(first)
    }

    /// Says what became of the versions that begin with `first`.
    fn settle(&self, first: u64, outcome: Outcome) {
        let mut gone = Gone::default();
        let calls = {
            let mut state = self.state.lock();
            let state = &mut *state;
            let place = state.flights.partition_point(|flight| flight.first < first);
            if let Some(flight) = state.flights.get_mut(place) {
                flight.outcome = Some(outcome);
            }
            place == 0 && self.publish(state, &mut gone)
        };
        if calls {
            self.call.notify_one();
        }
    }

    /// Publishes all that is settled and waits for nothing before it. The answer is whether the
    /// herald is to be called.
    fn publish(&self, state: &mut State, gone: &mut Gone) -> bool {
        while let Some(outcome) = state.flights.front_mut().and_then(|it| it.outcome.take()) {
            let Some(flight) = state.flights.pop_front() else {
                break;
            };
            match outcome {
                Outcome::Nothing => {}
                Outcome::One(event) => state.window.push(event),
                Outcome::Many(events) => {
                    for event in events {
                        state.window.push(event);
                    }
                }
            }
            state.published = flight.first + flight.count - 1;
        }
        self.published.store(state.published, Ordering::Release);
        state.window.trim(state.pins.iter().min().copied(), gone);
        let calls = !state.waiters.is_empty() && !state.called;
        state.called |= calls;
        calls
    }

    /// Ends all watches, after what is published already.
    pub(crate) fn close(&self) {
        let waiters = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.waiters)
        };
        self.call.notify_all();
        herald::wake(waiters);
    }
}

#[cfg(test)]
mod tests;
