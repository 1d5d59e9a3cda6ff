//! The marks of one lane.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

/// Where the record of a mark is with its way to the remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Waits for a batch.
    Pending,
    /// Is in a batch that has been sent, or is about to be.
    InFlight,
    /// Was refused for good, and is among the dead letters.
    Dead,
}

/// What is known of one dirty record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// The last version written here.
    pub(crate) version: u64,
    /// The last version that the remote acknowledged while a later one was there already.
    pub(crate) acked: u64,
    /// The key has had a version from here on that is not acknowledged.
    pub(crate) unacked_from: u64,
    /// Since when, in milliseconds since the epoch.
    pub(crate) since: u64,
    /// Key and value.
    pub(crate) bytes: u64,
    pub(crate) state: State,
    /// How often the remote refused the key.
    pub(crate) attempts: u32,
    /// Not before this time, in milliseconds since the epoch.
    pub(crate) not_before: u64,
}

impl Mark {
    pub(crate) fn new(version: u64, bytes: u64, since: u64) -> Self {
        Self {
            version,
            acked: 0,
            unacked_from: version,
            since,
            bytes,
            state: State::Pending,
            attempts: 0,
            not_before: 0,
        }
    }

    /// Forgets what the remote refused: a new chance.
    pub(super) fn forgive(&mut self) {
        (self.attempts, self.not_before) = (0, 0);
    }
}

/// The marks of one lane, by the number of their records.
#[derive(Default)]
pub(super) struct Marks {
    by_number: BTreeMap<u64, Mark>,
    /// How many are pending.
    pending: usize,
    /// Where the last batch ended: the next one begins behind it, so that keys that are written
    /// all the time do not keep others waiting.
    hand: u64,
}

impl Marks {
    pub(super) fn get(&self, number: u64) -> Option<&Mark> {
        self.by_number.get(&number)
    }

    /// A mark, for changes of anything but its state.
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Mark> {
        self.by_number.get_mut(&number)
    }

    pub(super) fn pending(&self) -> usize {
        self.pending
    }

    pub(super) fn insert(&mut self, number: u64, mark: Mark) {
        self.pending += usize::from(mark.state == State::Pending);
        self.by_number.insert(number, mark);
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Mark> {
        let mark = self.by_number.remove(&number)?;
        self.pending -= usize::from(mark.state == State::Pending);
        Some(mark)
    }

    /// Changes the state of a mark; the answer is the one before.
    pub(super) fn set_state(&mut self, number: u64, state: State) -> Option<State> {
        let mark = self.by_number.get_mut(&number)?;
        let before = std::mem::replace(&mut mark.state, state);
        self.pending -= usize::from(before == State::Pending);
        self.pending += usize::from(state == State::Pending);
        Some(before)
    }

    /// Makes a mark that is in flight pending again.
    pub(super) fn release(&mut self, number: u64) {
        if self
            .get(number)
            .is_some_and(|mark| mark.state == State::InFlight)
        {
            self.set_state(number, State::Pending);
        }
    }

    /// Makes all that are in flight pending again.
    pub(super) fn release_all(&mut self) {
        for mark in self.by_number.values_mut() {
            if mark.state == State::InFlight {
                mark.state = State::Pending;
                self.pending += 1;
            }
        }
    }

    /// Makes up to `max` pending marks in flight, beginning where the last batch ended.
    pub(super) fn claim(&mut self, max: usize, now: u64) -> Vec<u64> {
        if self.pending == 0 {
            return Vec::new();
        }
        let hand = self.hand;
        let mut claimed = Vec::with_capacity(max.min(self.pending));
        for part in [(Excluded(hand), Unbounded), (Unbounded, Excluded(hand + 1))] {
            for (number, mark) in self.by_number.range_mut(part) {
                if claimed.len() == max {
                    break;
                }
                if mark.state == State::Pending && mark.not_before <= now {
                    mark.state = State::InFlight;
                    claimed.push(*number);
                }
            }
        }
        self.pending -= claimed.len();
        if let Some(last) = claimed.last() {
            self.hand = *last;
        }
        claimed
    }

    /// When the next pending mark may be claimed, if there is one.
    pub(super) fn next_due(&self, now: u64) -> Option<u64> {
        if self.pending == 0 {
            return None;
        }
        let mut due = None;
        for mark in self.by_number.values() {
            if mark.state != State::Pending {
                continue;
            }
            // The usual case: the first one is due already.
            if mark.not_before <= now {
                return Some(now);
            }
            due = Some(due.map_or(mark.not_before, |due: u64| due.min(mark.not_before)));
        }
        due
    }

    /// Whether any mark but dead ones has a version up to `version` that is not acknowledged.
    pub(super) fn any_unacked_up_to(&self, version: u64) -> bool {
        // A record's number is its first version: later ones cannot be meant.
        self.by_number
            .range(..=version)
            .any(|(_, mark)| mark.state != State::Dead && mark.unacked_from <= version)
    }

    /// The time of the oldest unacknowledged change, without dead ones.
    pub(super) fn oldest(&self) -> Option<u64> {
        let mut oldest = None;
        let alive = |mark: &&Mark| mark.state != State::Dead;
        for mark in self.by_number.values().filter(alive) {
            oldest = Some(oldest.map_or(mark.since, |since: u64| since.min(mark.since)));
            // Records are numbered in the order of their making, and this one still has the time of
            // its own: all that follow are younger.
            if mark.acked == 0 {
                break;
            }
        }
        oldest
    }
}
