//! Whether looking among the copies pays.
//!
//! A look for a row that is not there costs part of what finding it in the engine costs, since
//! all that it touches comes from memory. So where fewer than a quarter of the looks find something,
//! as with reads at random of much more than there is room for, most reads do without.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use crate::counters::Sharded;

/// It is judged anew after so many looks of a thread that found nothing: 2^12, and 2^8 where most
/// reads do without.
const JUDGED: u32 = 12;
const JUDGED_SELDOM: u32 = 8;

/// When it does not pay, one read in so many looks all the same: the mix can change.
const ONE_IN: u32 = 16;

#[derive(Default)]
pub(super) struct Worth {
    found: Sharded,
    missed: Sharded,
    /// Most reads do without.
    seldom: AtomicBool,
    /// What had been found and missed when it was judged last.
    judged: Mutex<(u64, u64)>,
}

impl Worth {
    /// Whether a read should look.
    #[inline]
    pub(super) fn looks(&self) -> bool {
        !self.is_seldom() || fastrand::u32(..ONE_IN) == 0
    }

    /// Whether most reads do without.
    #[inline]
    pub(super) fn is_seldom(&self) -> bool {
        self.seldom.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn found(&self) {
        self.found.add(1);
    }

    /// Counts a look that found nothing. As long as there is room, that says nothing.
    #[inline]
    pub(super) fn missed(&self, full: bool) {
        let judged = if self.is_seldom() {
            JUDGED_SELDOM
        } else {
            JUDGED
        };
        if self.missed.add_passing(1, judged) {
            self.judge(full);
        }
    }

    /// How often something was found.
    pub(super) fn all_found(&self) -> u64 {
        self.found.sum()
    }

    #[cold]
    fn judge(&self, full: bool) {
        // Another thread does it.
        let Some(mut judged) = self.judged.try_lock() else {
            return;
        };
        let (found, missed) = (self.found.sum(), self.missed.sum());
        let now = (found - judged.0, missed - judged.1);
        *judged = (found, missed);
        let seldom = full && is_seldom(now.0, now.1, self.is_seldom());
        self.seldom.store(seldom, Ordering::Relaxed);
    }
}

/// Fewer than one in four does not pay; it has to be one in three to pay again.
fn is_seldom(found: u64, missed: u64, before: bool) -> bool {
    if before {
        found * 2 < missed
    } else {
        found * 3 < missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(worth: &Worth, found: u64, full: bool) {
        for _ in 0..100 {
            for _ in 0..found {
                worth.found();
            }
            for _ in found..100 {
                worth.missed(full);
            }
        }
    }

    #[test]
    fn it_follows_what_is_found() {
        let worth = Worth::default();
        looks(&worth, 10, false);
        assert!(!worth.is_seldom(), "there is room");
        looks(&worth, 10, true);
        assert!(worth.is_seldom());
        let looked = (0..16_000).filter(|_| worth.looks()).count();
        assert!((500..2000).contains(&looked), "{looked}");
        looks(&worth, 28, true);
        assert!(worth.is_seldom(), "not enough to begin again");
        looks(&worth, 40, true);
        assert!(!worth.is_seldom());
        looks(&worth, 28, true);
        assert!(!worth.is_seldom(), "not little enough to stop");
        assert!(worth.looks());
        assert_eq!(worth.all_found(), 11_600);
    }
}
