//! Which keys are dirty: the index in memory over the records on disk.
//!
//! A dirty record names a key that the remote has not acknowledged. It lies in a table, so that it
//! survives; its number stands in the key's row. This index has one small mark a record, and no
//! keys: a row is dirty exactly if the mark of its number is here.
//!
//! A mark is made before the transaction that writes its record commits, and taken away before
//! the one that removes it, by the rules below; `docs/write-behind.md` has the proof.

mod marks;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::error::Limit;
use crate::local::key::KeyHash;

use self::marks::Marks;
pub(crate) use self::marks::{Mark, State};

/// A record, by lane and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RecordId {
    pub(crate) lane: usize,
    pub(crate) number: u64,
}

/// The limits of unflushed work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) keys: u64,
    pub(crate) bytes: u64,
}

/// All marks.
pub(crate) struct DirtySet {
    lanes: Box<[Lane]>,
    limits: Limits,
    /// False for a cache without a remote: nothing is ever dirty.
    tracks: bool,
    keys: AtomicU64,
    bytes: AtomicU64,
    dead: AtomicU64,
    disk_is_low: AtomicBool,
    tier_is_full: AtomicBool,
    /// Wakes writers that wait for room.
    pub(crate) room: Notify,
    /// Wakes whoever waits for records to go.
    pub(crate) settled: Notify,
    /// How many wait for them.
    waiting: AtomicUsize,
    /// Wakes lanes that wait for a batch to come together.
    pub(crate) hurry: Notify,
}

#[derive(Default)]
struct Lane {
    marks: Mutex<Marks>,
    /// Wakes the lane's flusher.
    work: Notify,
}

/// Somebody waits for records to go.
pub(crate) struct Hurry<'a>(&'a DirtySet);

impl Drop for Hurry<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a write found, and how to take its mark back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touched {
    pub(crate) record: RecordId,
    before: Option<Mark>,
    /// The record is not in the journal, and the write has to put it there.
    pub(crate) needs_record: bool,
    /// The record is among the dead letters, and the write has to take it from there.
    pub(crate) was_dead: bool,
}

impl DirtySet {
    pub(crate) fn new(lanes: usize, limits: Limits) -> Self {
        Self {
            lanes: (0..lanes).map(|_| Lane::default()).collect(),
            limits,
            tracks: true,
            keys: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            dead: AtomicU64::new(0),
            disk_is_low: AtomicBool::new(false),
            tier_is_full: AtomicBool::new(false),
            room: Notify::new(),
            settled: Notify::new(),
            waiting: AtomicUsize::new(0),
            hurry: Notify::new(),
        }
    }

    /// The set of a cache without a remote, in which nothing is ever dirty.
    pub(crate) fn untracked() -> Self {
        let none = Limits {
            keys: u64::MAX,
            bytes: u64::MAX,
        };
        Self {
            tracks: false,
            ..Self::new(1, none)
        }
    }

    /// Whether changes have to reach a remote.
    #[inline]
    pub(crate) fn tracks(&self) -> bool {
        self.tracks
    }

    pub(crate) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    pub(crate) fn lane_of(&self, hash: KeyHash) -> usize {
        hash.high(self.lanes.len())
    }

    /// Dirty keys, dead letters included.
    pub(crate) fn keys(&self) -> u64 {
        self.keys.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn dead(&self) -> u64 {
        self.dead.load(Ordering::Relaxed)
    }

    pub(crate) fn set_disk_is_low(&self, low: bool) {
        if self.disk_is_low.swap(low, Ordering::Relaxed) && !low {
            self.room.notify_waiters();
        }
    }

    /// Whether the local tier has room for more rows.
    pub(crate) fn set_tier_is_full(&self, full: bool) {
        // Nearly always it is what it was: no write that others' caches would have to hear of.
        if self.tier_is_full() != full && self.tier_is_full.swap(full, Ordering::Relaxed) && !full {
            self.room.notify_waiters();
        }
    }

    pub(crate) fn tier_is_full(&self) -> bool {
        self.tier_is_full.load(Ordering::Relaxed)
    }

    /// Which limit stands in the way of one more dirty key.
    pub(crate) fn full(&self) -> Option<Limit> {
        if self.disk_is_low.load(Ordering::Relaxed) {
            Some(Limit::FreeDisk)
        } else if self.tier_is_full() {
            Some(Limit::LocalTier)
        } else if self.keys() >= self.limits.keys {
            Some(Limit::Keys)
        } else if self.bytes() >= self.limits.bytes {
            Some(Limit::Bytes)
        } else {
            None
        }
    }

    /// Whether the record is there: whether the row that names it is dirty.
    pub(crate) fn contains(&self, record: RecordId) -> bool {
        record.number != 0 && self.mark(record).is_some()
    }

    pub(crate) fn mark(&self, record: RecordId) -> Option<Mark> {
        let marks = self.lanes[record.lane].marks.lock();
        marks.get(record.number).copied()
    }

    /// Notes a write that is about to commit: of `bytes`, under the lock of its stripe. `named` is
    /// the record that the row names; when it is gone, a new one is made with the number of the
    /// version, if the limits allow one more.
    pub(crate) fn touch(
        &self,
        named: RecordId,
        version: u64,
        bytes: u64,
        now: u64,
    ) -> Result<Touched, Limit> {
        let mut marks = self.lanes[named.lane].marks.lock();
        if named.number != 0
            && let Some(mark) = marks.get_mut(named.number)
        {
            let before = *mark;
            mark.version = version;
            mark.bytes = bytes;
            let was_dead = before.state == State::Dead;
            if was_dead {
                mark.forgive();
                marks.set_state(named.number, State::Pending);
                self.dead.fetch_sub(1, Ordering::Relaxed);
            }
            self.recount(before.bytes, bytes);
            return Ok(Touched {
                record: named,
                before: Some(before),
                needs_record: was_dead,
                was_dead,
            });
        }
        if let Some(limit) = self.full() {
            return Err(limit);
        }
        marks.insert(version, Mark::new(version, bytes, now));
        self.keys.fetch_add(1, Ordering::Relaxed);
        self.recount(0, bytes);
        let number = version;
        Ok(Touched {
            record: RecordId { number, ..named },
            before: None,
            needs_record: true,
            was_dead: false,
        })
    }

    /// Takes back what `touch` did: the write has not committed.
    pub(crate) fn untouch(&self, touched: &Touched) {
        let number = touched.record.number;
        let mut marks = self.lanes[touched.record.lane].marks.lock();
        let Some(before) = touched.before else {
            self.forget(&mut marks, number);
            return;
        };
        let Some(mark) = marks.get_mut(number) else {
            return;
        };
        let bytes = std::mem::replace(&mut mark.bytes, before.bytes);
        mark.version = before.version;
        self.recount(bytes, before.bytes);
        if touched.was_dead {
            mark.attempts = before.attempts;
            if marks.set_state(number, State::Dead) != Some(State::Dead) {
                self.dead.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Adds the mark of a record that lies on disk.
    pub(crate) fn restore(&self, record: RecordId, mark: Mark) {
        let dead = u64::from(mark.state == State::Dead);
        self.dead.fetch_add(dead, Ordering::Relaxed);
        self.keys.fetch_add(1, Ordering::Relaxed);
        self.recount(0, mark.bytes);
        let mut marks = self.lanes[record.lane].marks.lock();
        marks.insert(record.number, mark);
    }

    /// Takes up to `max` pending records of a lane for a batch, beginning where the last one
    /// ended. The rows must be read after this.
    pub(crate) fn claim(&self, lane: usize, max: usize, now: u64) -> Vec<u64> {
        self.lanes[lane].marks.lock().claim(max, now)
    }

    /// Puts records that were not applied, or whose fate is unknown, back.
    pub(crate) fn release(&self, lane: usize, numbers: impl IntoIterator<Item = u64>) {
        let mut marks = self.lanes[lane].marks.lock();
        for number in numbers {
            marks.release(number);
        }
    }

    /// Puts all that is in flight back: the lane's connection is gone.
    pub(crate) fn release_all(&self, lane: usize) {
        self.lanes[lane].marks.lock().release_all();
    }

    /// The remote has `version`. If it is still the last one, the mark goes, and the answer is
    /// true: the caller removes the record. Otherwise the record waits for its next batch.
    pub(crate) fn acknowledge(&self, record: RecordId, version: u64, now: u64) -> bool {
        let mut marks = self.lanes[record.lane].marks.lock();
        let Some(mark) = marks.get_mut(record.number) else {
            return false;
        };
        if mark.version == version {
            self.forget(&mut marks, record.number);
            return true;
        }
        mark.acked = mark.acked.max(version);
        mark.unacked_from = mark.unacked_from.max(version + 1);
        mark.since = now;
        mark.forgive();
        marks.release(record.number);
        false
    }

    /// The remote refused a key; the answer is how often by now. The record waits until
    /// `not_before`.
    pub(crate) fn refused(&self, record: RecordId, not_before: u64) -> u32 {
        let mut marks = self.lanes[record.lane].marks.lock();
        let Some(mark) = marks.get_mut(record.number) else {
            return 0;
        };
        mark.attempts += 1;
        mark.not_before = not_before;
        let attempts = mark.attempts;
        marks.release(record.number);
        attempts
    }

    /// Makes a record a dead letter, or one again that waits for its batch.
    pub(crate) fn set_dead(&self, record: RecordId, dead: bool) {
        let mut marks = self.lanes[record.lane].marks.lock();
        let Some(mark) = marks.get_mut(record.number) else {
            return;
        };
        if (mark.state == State::Dead) == dead {
            return;
        }
        if dead {
            marks.set_state(record.number, State::Dead);
            self.dead.fetch_add(1, Ordering::Relaxed);
        } else {
            mark.forgive();
            marks.set_state(record.number, State::Pending);
            self.dead.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Takes a mark away whose record is gone.
    pub(crate) fn remove(&self, record: RecordId) {
        self.forget(&mut self.lanes[record.lane].marks.lock(), record.number);
    }

    fn forget(&self, marks: &mut Marks, number: u64) {
        let Some(mark) = marks.remove(number) else {
            return;
        };
        let dead = u64::from(mark.state == State::Dead);
        self.dead.fetch_sub(dead, Ordering::Relaxed);
        self.keys.fetch_sub(1, Ordering::Relaxed);
        self.recount(mark.bytes, 0);
    }

    fn recount(&self, before: u64, after: u64) {
        // Wrapping makes one addition of both.
        self.bytes
            .fetch_add(after.wrapping_sub(before), Ordering::Relaxed);
    }

    /// Tells the lane that there is work. Without a remote there is none: waking a thread for nothing
    /// costs a system call here, and its time there.
    pub(crate) fn wake(&self, lane: usize) {
        if self.tracks {
            self.lanes[lane].work.notify_one();
        }
    }

    /// What [`wake`](Self::wake) wakes.
    pub(crate) fn work(&self, lane: usize) -> &Notify {
        &self.lanes[lane].work
    }

    /// Tells everybody who waits for records to go.
    pub(crate) fn announce(&self) {
        self.settled.notify_waiters();
        self.room.notify_waiters();
    }

    /// Whether somebody waits for records to go: then batches do not linger.
    pub(crate) fn hurries(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Makes batches not linger as long as the guard lives.
    pub(crate) fn hurry(&self) -> Hurry<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.hurry.notify_waiters();
        for lane in 0..self.lanes() {
            self.wake(lane);
        }
        Hurry(self)
    }

    /// How many records of a lane wait for a batch.
    pub(crate) fn pending(&self, lane: usize) -> usize {
        self.lanes[lane].marks.lock().pending()
    }

    /// When the next record of a lane may go, if there is one.
    pub(crate) fn next_due(&self, lane: usize, now: u64) -> Option<u64> {
        self.lanes[lane].marks.lock().next_due(now)
    }

    /// Whether any key has a version up to `version` that the remote has neither acknowledged
    /// nor refused for good.
    pub(crate) fn any_unacked_up_to(&self, version: u64) -> bool {
        self.lanes
            .iter()
            .any(|lane| lane.marks.lock().any_unacked_up_to(version))
    }

    /// The time of the oldest unacknowledged change, in milliseconds since the epoch. Dead
    /// letters do not count.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.lanes
            .iter()
            .filter_map(|lane| lane.marks.lock().oldest())
            .min()
    }
}
