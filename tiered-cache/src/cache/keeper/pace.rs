//! When to take a checkpoint: as late as the log's part of the disk allows.
//!
//! Under churn a checkpoint writes the table anew, so that half as many cost half as much. What is
//! written before one, and until it is complete, has to fit in the log's part: how much the latter
//! is depends on the machine and on the writers, and is measured each time.

use std::sync::atomic::{AtomicU64, Ordering};

/// How fast a measurement is forgotten when later ones are smaller.
const FORGET: u64 = 8;

#[derive(Debug)]
pub(super) struct Pace {
    /// A checkpoint is never due before so much was written, in bytes,
    least: u64,
    /// nor later than after so much.
    most: u64,
    /// What may be written until it is complete.
    full: u64,
    /// What was written while checkpoints ran, lately.
    meanwhile: AtomicU64,
}

impl Pace {
    /// For a log's part of twice `log` bytes.
    pub(super) fn new(log: u64) -> Self {
        Self {
            least: log / 4 * 3,
            most: log / 4 * 5,
            // The rest is for what the engine has not removed yet.
            full: log / 4 * 7,
            // Nothing is known: as early as ever.
            meanwhile: AtomicU64::new(log),
        }
    }

    /// What is written before a checkpoint is due, in bytes.
    pub(super) fn due_after(&self) -> u64 {
        let meanwhile = self.meanwhile.load(Ordering::Relaxed);
        // The next one may take twice as long, and an eighth of the part stays free.
        let reserve = 2 * meanwhile + self.full / 8;
        self.full
            .saturating_sub(reserve)
            .clamp(self.least, self.most)
    }

    /// What is written before writers have to wait for the checkpoint, in bytes.
    pub(super) fn full(&self) -> u64 {
        self.full
    }

    /// Notes that so much was written while a checkpoint ran.
    pub(super) fn took(&self, written: u64) {
        let before = self.meanwhile.load(Ordering::Relaxed);
        let meanwhile = written.max(before - before / FORGET).min(self.full);
        self.meanwhile.store(meanwhile, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_checkpoints_come_late_and_slow_ones_early() {
        let pace = Pace::new(1000);
        assert_eq!(pace.due_after(), 750, "nothing is known yet");
        for _ in 0..40 {
            pace.took(0);
        }
        assert_eq!(pace.due_after(), 1250);
        pace.took(300);
        assert_eq!(pace.due_after(), 1750 - 600 - 218);
        pace.took(5000);
        assert_eq!(pace.due_after(), 750);
        // One slow one is not forgotten at once.
        pace.took(100);
        assert_eq!(pace.due_after(), 750);
    }

    #[test]
    fn there_is_room_for_what_was_measured() {
        for meanwhile in (0..=800).step_by(50) {
            let pace = Pace::new(1000);
            for _ in 0..100 {
                pace.took(meanwhile);
            }
            assert!(pace.due_after() + meanwhile <= pace.full(), "{meanwhile}");
        }
    }
}
