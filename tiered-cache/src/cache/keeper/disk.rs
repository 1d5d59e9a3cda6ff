//! The thread that measures the home, takes checkpoints where they give space back, and compacts
//! where that pays.

use std::time::{Duration, Instant};

use std::sync::atomic::Ordering;

use super::bound::{Anchor, signed};
use super::{Shared, sleep};
use crate::cache::core::Core;
use crate::error::{Error, Result};
use crate::local::Space;

/// How often the home is measured while it is far from its bound, and near it.
const CALM: Duration = Duration::from_secs(1);
const NEAR: Duration = Duration::from_millis(50);

/// How long one compaction may take.
const COMPACTION: Duration = Duration::from_secs(5);
/// And how much longer than it took is left to others before the next one.
const REST: u32 = 10;
const REST_MIN: Duration = Duration::from_secs(10);

pub(super) fn run(core: &Core, shared: &Shared) {
    let mut disk = Disk {
        core,
        shared,
        settled: 0,
        history: 0,
        rest_until: Instant::now(),
    };
    while !shared.stopped() {
        let wait = match disk.turn() {
            Ok(wait) => wait,
            Err(Error::Closed) => return,
            Err(error) => {
                tracing::warn!(%error, "the space of the local tier cannot be looked after");
                CALM
            }
        };
        if !shared.stopped() {
            sleep(wait);
        }
    }
}

struct Disk<'a> {
    core: &'a Core,
    shared: &'a Shared,
    /// What all files took after the last checkpoint, in bytes.
    settled: u64,
    /// What the history took after the last snapshot was ended for it, in bytes.
    history: u64,
    /// No compaction before.
    rest_until: Instant,
}

impl Disk<'_> {
    fn turn(&mut self) -> Result<Duration> {
        let Shared { bound, pace, .. } = self.shared;
        let due_after = pace.due_after();
        let anchor = self.shared.anchor();
        let (space, grown) = {
            let local = self.core.local()?;
            (local.space()?, local.growth.read())
        };
        let written = anchor.written(grown);
        let home = space.home;
        let above = home > bound.home;
        let nearly = home > bound.home - bound.slack / 2;
        // More than what the last checkpoint left behind: another one can help.
        let grows = home > self.settled.saturating_add(bound.slack / 8);
        let wanted = self.shared.wants_checkpoint.swap(false, Ordering::Relaxed);
        // Half of what was live is gone: there may be something to give back.
        let shrunk = anchor.space.live > bound.home / 16
            && anchor.live(grown) < signed(anchor.space.live / 2);
        let too_much_log = space.log > bound.logs && written > due_after / 4;
        let due = written >= due_after || too_much_log || shrunk;
        let ended = nearly && self.end_a_snapshot(&space);
        if ended || written > 0 && (due || wanted || (above && grows)) {
            self.checkpoint()?;
        } else {
            self.compact_if_it_pays(space)?;
        }
        let near = home > bound.home / 2 || written > due_after / 8;
        Ok(if near { NEAR } else { CALM })
    }

    /// Ends the oldest snapshot, when it is for what snapshots keep of the past that the home becomes too
    /// large. The history's file is large for a while after that: the next one goes only when
    /// it has grown on.
    fn end_a_snapshot(&mut self, space: &Space) -> bool {
        let some = self.shared.bound.slack / 4;
        self.history = self.history.min(space.history);
        if space.history < self.history + some || !self.core.snapshots.end_oldest() {
            return false;
        }
        tracing::warn!(
            home = space.home,
            history = space.history,
            "the oldest snapshot was ended: what it keeps of the past has outgrown max_disk"
        );
        self.history = space.history;
        true
    }

    fn checkpoint(&mut self) -> Result<()> {
        let local = self.core.local()?;
        // Before: what is written meanwhile may be in it or not, and is counted again.
        let grown = local.growth.read();
        local.checkpoint()?;
        let meanwhile = local.growth.read().written.wrapping_sub(grown.written);
        self.shared.pace.took(u64::try_from(meanwhile).unwrap_or(0));
        self.core.counters.checkpoints.add(1);
        let space = local.space()?;
        self.settled = space.home;
        *self.shared.anchor.lock() = Anchor { space, grown };
        local.growth.wake();
        Ok(())
    }

    /// A file does not shrink by itself. It is compacted when it is above what the bound leaves it,
    /// as after the bound was lowered, or when two thirds of it are of no use.
    fn compact_if_it_pays(&mut self, space: Space) -> Result<()> {
        let bound = &self.shared.bound;
        if !pays(&space, bound.home, bound.tables) || Instant::now() < self.rest_until {
            return Ok(());
        }
        let begun = Instant::now();
        let local = self.core.local()?;
        let finished = local.compact(COMPACTION)?;
        self.core.counters.compactions.add(1);
        self.rest_until = Instant::now() + (begun.elapsed() * REST).max(REST_MIN);
        let after = local.space()?;
        tracing::info!(
            finished,
            before = space.tables,
            after = after.tables,
            "the local entries were compacted"
        );
        drop(local);
        self.checkpoint()
    }
}

/// Whether a compaction gives enough space back: the engine can free nothing of a file that is
/// nearly full of what is live.
fn pays(space: &Space, home: u64, tables: u64) -> bool {
    let too_large = space.home > home || space.tables > tables;
    let free = space.tables.saturating_sub(space.live);
    (too_large && free > space.tables / 3) || (free > home / 8 && free / 2 > space.live)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compaction_is_for_files_that_are_too_large_or_nearly_empty() {
        let space = |home, tables, live| Space {
            home,
            log: 0,
            history: 0,
            tables,
            live,
        };
        assert!(
            !pays(&space(90, 80, 40), 100, 85),
            "as it always is under churn"
        );
        assert!(
            !pays(&space(110, 100, 90), 100, 85),
            "there is nothing to gain"
        );
        assert!(pays(&space(110, 100, 45), 100, 85));
        assert!(!pays(&space(10, 9, 1), 100, 85), "too little to bother");
        assert!(pays(&space(60, 50, 10), 100, 85));
    }
}
