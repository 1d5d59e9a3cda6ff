//! The thread that makes room: it follows what is live, and lets the hand go round when that is too
//! much.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::bound::signed;
use super::{Shared, sleep, wake};
use crate::cache::core::Core;
use crate::clock::now_ms;
use crate::error::{Error, Result};
use crate::eviction::Policy;
use crate::eviction::hand::{Hand, Round, Rows, Step, Table};
use crate::local::{Entries, Grown, Local};

/// How often it looks without being woken.
const CALM: Duration = Duration::from_secs(1);
const NEAR: Duration = Duration::from_millis(20);
/// And while there is much log, which grows as fast as anybody writes.
const LOG_NEAR: Duration = Duration::from_millis(5);

/// The pause after a round that found nothing to go, and after a failure.
const NOTHING_MIN: Duration = Duration::from_millis(20);
const NOTHING_MAX: Duration = Duration::from_millis(500);

/// How often a checkpoint is asked for that may free what is only garbage.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Rows that are counted in one step.
const COUNT_STEP: usize = 1024;

/// The size of a row of which nothing is known yet.
const USUAL_ROW: u64 = 512;

pub(super) fn run(core: &Core, shared: &Shared, policy: Policy, disk: &Thread) {
    let mut room = Room {
        core,
        shared,
        policy,
        disk,
        hand: Hand::default(),
        counting: (shared.bound.high_rows < i64::MAX).then(Count::default),
        rows: Known::default(),
        content: None,
        making: false,
        round_began: Instant::now(),
        not_before: Instant::now(),
        asked: None,
    };
    while !shared.stopped() {
        let wait = match room.turn() {
            Ok(wait) => wait,
            Err(Error::Closed) => return,
            Err(error) => {
                tracing::warn!(%error, "no room can be made in the local tier");
                room.not_before = Instant::now() + NOTHING_MAX;
                NEAR
            }
        };
        if !shared.stopped() {
            sleep(wait);
        }
    }
}

/// A count that was taken, and what had been counted of changes by then.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    count: i64,
    changes: i64,
}

impl Known {
    fn now(self, changes: i64) -> i64 {
        self.count
            .saturating_add(changes.wrapping_sub(self.changes))
    }
}

struct Room<'a> {
    core: &'a Core,
    shared: &'a Shared,
    policy: Policy,
    disk: &'a Thread,
    hand: Hand,
    /// The rows are not counted yet, and have to be.
    counting: Option<Count>,
    rows: Known,
    /// Keys and rows in bytes, as the last round found them.
    content: Option<Known>,
    /// Room is being made: from the upper mark down to the lower.
    making: bool,
    round_began: Instant,
    /// The hand rests until then, whoever wakes the thread.
    not_before: Instant,
    /// When a checkpoint was asked for to get rid of garbage.
    asked: Option<Instant>,
}

/// A walk that counts the rows.
#[derive(Debug, Default)]
struct Count {
    after: Option<Vec<u8>>,
    rows: i64,
}

/// How much there is now.
#[derive(Clone, Copy, Debug)]
struct Fill {
    grown: Grown,
    live: i64,
    rows: i64,
    /// Since the last checkpoint, in bytes.
    written: u64,
}

impl Room<'_> {
    fn turn(&mut self) -> Result<Duration> {
        let bound = &self.shared.bound;
        let fill = self.fill()?;
        self.tell(fill)?;
        let (live, rows) = (fill.live, fill.rows);
        if live > bound.high || (self.counting.is_none() && rows > bound.high_rows) {
            self.making = true;
        } else if live <= bound.low && (self.counting.is_some() || rows <= bound.low_rows) {
            let made = std::mem::take(&mut self.making);
            if made && self.shared.anchor().space.home > bound.home {
                // The files are too large for what is in them now, which the next checkpoint tells.
                self.shared.wants_checkpoint.store(true, Ordering::Relaxed);
                wake(self.disk);
            }
        }
        let near = live > bound.low / 2 || rows > bound.low_rows / 2;
        if near {
            // What is wanted has to be known before there is too much.
            self.core.frequency.begin();
        }
        let rests = Instant::now() < self.not_before;
        if self.making && !rests && !self.garbage(fill) {
            return self.make(fill);
        }
        if self.counting.is_some() && !rests {
            return self.count();
        }
        self.core.frequency.age(unsigned(rows));
        Ok(if fill.written > self.shared.pace.due_after() / 2 {
            LOG_NEAR
        } else if near || rests {
            NEAR
        } else {
            CALM
        })
    }

    fn fill(&self) -> Result<Fill> {
        let local = self.core.local()?;
        let grown = local.growth.read();
        let anchor = self.shared.anchor();
        let live = anchor.live(grown).max(0);
        let rows = if self.rows.count == 0 {
            signed(unsigned(live) / USUAL_ROW)
        } else {
            self.rows.now(grown.rows).max(1)
        };
        let written = anchor.written(grown);
        if written >= self.shared.pace.due_after() {
            wake(self.disk);
        }
        Ok(Fill {
            grown,
            live,
            rows,
            written,
        })
    }

    /// Tells writers how far they may go.
    fn tell(&self, fill: Fill) -> Result<()> {
        let bound = &self.shared.bound;
        let anchor = self.shared.anchor();
        let rows_at = |mark: i64| {
            if self.counting.is_some() || mark == i64::MAX {
                i64::MAX
            } else {
                self.rows
                    .changes
                    .saturating_add(mark.saturating_sub(self.rows.count))
            }
        };
        let written_at = |mark| anchor.grown.written.saturating_add(signed(mark));
        let local = self.core.local()?;
        local.growth.set_marks(
            Grown {
                bytes: anchor.count_at(bound.high),
                rows: rows_at(bound.high_rows),
                written: written_at(self.shared.pace.due_after()),
            },
            Grown {
                bytes: anchor.count_at(bound.full),
                rows: rows_at(bound.full_rows),
                written: written_at(self.shared.pace.full()),
            },
        );
        let full = fill.live >= bound.full
            || (self.counting.is_none() && fill.rows >= bound.full_rows)
            || self.must_wait_for_a_checkpoint(&local, fill.written);
        self.core.dirty.set_tier_is_full(full);
        self.core.counters.live_bytes.set(unsigned(fill.live));
        Ok(())
    }

    /// Whether the log is larger than it may be: a checkpoint that gives it free is due or under
    /// way, and who is faster than it would fill the disk.
    fn must_wait_for_a_checkpoint(&self, local: &Local, written: u64) -> bool {
        let Shared { bound, pace, .. } = self.shared;
        written >= pace.full()
            || written >= pace.due_after() / 2 && local.log_bytes() > bound.logs + bound.slack / 4
    }

    /// Whether what is live is mostly what was replaced or removed, and is kept by a reader of an
    /// old state or by a checkpoint to come: evicting more would not help.
    fn garbage(&mut self, fill: Fill) -> bool {
        let Some(content) = self.content else {
            return false;
        };
        let content = content.now(fill.grown.bytes);
        let few = self.shared.bound.high / 2;
        let garbage = content < few && fill.rows <= self.shared.bound.high_rows;
        if garbage && self.asked.is_none_or(|asked| asked.elapsed() > ASK_AGAIN) {
            self.asked = Some(Instant::now());
            self.shared.wants_checkpoint.store(true, Ordering::Relaxed);
            wake(self.disk);
        }
        garbage
    }

    /// Counts some rows. What comes and goes meanwhile is counted by who does it: of that, half is
    /// before the walk and half behind it, as a rule.
    fn count(&mut self) -> Result<Duration> {
        let Some(mut count) = self.counting.take() else {
            return Ok(Duration::ZERO);
        };
        let local = self.core.local()?;
        let (mut seen, mut last) = (0, Vec::new());
        entries(self.core, &local).walk(count.after.as_deref(), COUNT_STEP, &mut |row| {
            seen += 1;
            if seen == COUNT_STEP {
                last.extend_from_slice(row.place);
            }
        })?;
        count.rows += signed(seen as u64);
        let changes = local.growth.read().rows;
        if seen < COUNT_STEP {
            self.rows = Known {
                count: (count.rows + changes / 2).max(1),
                changes,
            };
        } else {
            count.after = Some(last);
            self.counting = Some(count);
        }
        Ok(Duration::ZERO)
    }

    /// One step of the hand.
    fn make(&mut self, fill: Fill) -> Result<Duration> {
        let bound = self.shared.bound;
        let local = self.core.local()?;
        let table = Table {
            version: local.feed.last(),
            rows: unsigned(fill.rows),
            urgent: fill.live > bound.urgent
                || (self.counting.is_none() && fill.rows > bound.urgent_rows),
        };
        let entries = entries(self.core, &local);
        self.core.frequency.age(table.rows);
        // Rules and scores are others' code.
        let hand = AssertUnwindSafe(|| {
            self.hand
                .step(&entries, &self.policy, &self.core.frequency, table)
        });
        let Step { victims, round } = catch_unwind(hand).unwrap_or_else(|_| {
            self.hand = Hand::default();
            Err(Error::Internal(
                "a rule or score of eviction panicked; the log says where".to_owned(),
            ))
        })?;
        let evicted = local.evict_rows(&victims, &self.core.dirty)?;
        self.core.counters.evicted.add(evicted.rows);
        self.core.counters.evicted_bytes.add(evicted.bytes);
        let grown = local.growth.read();
        drop(local);
        if let Some(round) = round {
            self.end(round, grown);
        }
        Ok(Duration::ZERO)
    }

    /// The hand has come to the end of the table.
    fn end(&mut self, round: Round, grown: Grown) {
        self.core.counters.eviction_rounds.add(1);
        let took = self.round_began.elapsed();
        self.round_began = Instant::now();
        // Where rows are bounded they are known better than a round can tell, in which others come
        // and go.
        if self.shared.bound.high_rows == i64::MAX {
            self.rows = Known {
                count: signed(round.rows.saturating_sub(round.victims)).max(1),
                changes: grown.rows,
            };
        }
        self.content = Some(Known {
            count: signed(round.bytes),
            changes: grown.bytes,
        });
        if round.exhausted {
            // Nothing can go before something is flushed or unpinned, or grows older.
            self.not_before = Instant::now() + (took * 4).clamp(NOTHING_MIN, NOTHING_MAX);
        }
    }
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// The table, as it is now.
fn entries<'a>(core: &'a Core, local: &'a Local) -> Entries<'a> {
    Entries {
        local,
        dirty: &core.dirty,
        ages: &core.config.reads,
        now: now_ms(),
    }
}
