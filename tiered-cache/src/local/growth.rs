//! How the table of entries grows between two measurements.
//!
//! What a table takes of the disk is measured, but only a checkpoint tells it. Until the next one
//! the bytes and rows that came and went are counted, so that whoever makes room need not wait.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::Thread;

use crate::counters::Sharded;

/// What a change costs in the log beside key and row, about.
const LOGGED: usize = 128;

/// A writer looks at the marks after so many bytes of its own, and after so many rows.
const LOOK_BYTES: u32 = 14;
const LOOK_ROWS: u32 = 3;

/// Counts since the opening, of what was committed.
#[derive(Default)]
pub(crate) struct Growth {
    bytes: Sharded,
    rows: Sharded,
    written: Sharded,
    marks: Marks,
    /// Who makes room.
    keeper: OnceLock<Thread>,
}

/// What has been counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grown {
    /// Keys and rows, in bytes: what came, less what went.
    pub(crate) bytes: i64,
    /// Rows: what came, less what went.
    pub(crate) rows: i64,
    /// What went through the log, in bytes, about.
    pub(crate) written: i64,
}

/// Counts at which something happens.
struct Marks {
    near_bytes: AtomicI64,
    near_rows: AtomicI64,
    full_bytes: AtomicI64,
    full_rows: AtomicI64,
    near_written: AtomicI64,
    full_written: AtomicI64,
}

impl Default for Marks {
    fn default() -> Self {
        let never = || AtomicI64::new(i64::MAX);
        Self {
            near_bytes: never(),
            near_rows: never(),
            full_bytes: never(),
            full_rows: never(),
            near_written: never(),
            full_written: never(),
        }
    }
}

impl Growth {
    /// Notes that a row of so many bytes, its key included, became one of so many others. The
    /// answer is whether the tier is full.
    #[inline]
    pub(crate) fn changed(&self, before: Option<usize>, after: Option<usize>) -> bool {
        let (was, is) = (before.unwrap_or(0), after.unwrap_or(0));
        self.bytes.add((is as u64).wrapping_sub(was as u64));
        let logged = if after.is_some() { LOGGED } else { LOGGED / 2 };
        let mut look = self.written.add_passing((is + logged) as u64, LOOK_BYTES);
        if before.is_some() != after.is_some() {
            // Less one is all ones: it passes every time, and then nobody waits for it.
            let more = if after.is_some() { 1 } else { u64::MAX };
            look |= self.rows.add_passing(more, LOOK_ROWS) && after.is_some();
        }
        look && self.look()
    }

    #[cold]
    fn look(&self) -> bool {
        let grown = self.read();
        let above = |count: i64, mark: &AtomicI64| count >= mark.load(Ordering::Relaxed);
        let marks = &self.marks;
        if above(grown.bytes, &marks.near_bytes)
            || above(grown.rows, &marks.near_rows)
            || above(grown.written, &marks.near_written)
        {
            self.wake();
        }
        above(grown.bytes, &marks.full_bytes)
            || above(grown.rows, &marks.full_rows)
            || above(grown.written, &marks.full_written)
    }

    pub(crate) fn read(&self) -> Grown {
        // Wrapping sums: the sign comes back.
        Grown {
            bytes: self.bytes.sum().cast_signed(),
            rows: self.rows.sum().cast_signed(),
            written: self.written.sum().cast_signed(),
        }
    }

    /// Whom to wake at the marks.
    pub(crate) fn kept_by(&self, keeper: Thread) {
        // The first is the only one.
        let _ = self.keeper.set(keeper);
    }

    pub(crate) fn wake(&self) {
        if let Some(keeper) = self.keeper.get() {
            keeper.unpark();
        }
    }

    /// Where the keeper wants to be woken, and where there is no more room.
    pub(crate) fn set_marks(&self, near: Grown, full: Grown) {
        let marks = &self.marks;
        marks.near_bytes.store(near.bytes, Ordering::Relaxed);
        marks.near_rows.store(near.rows, Ordering::Relaxed);
        marks.near_written.store(near.written, Ordering::Relaxed);
        marks.full_bytes.store(full.bytes, Ordering::Relaxed);
        marks.full_rows.store(full.rows, Ordering::Relaxed);
        marks.full_written.store(full.written, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_is_taken_off() {
        let growth = Growth::default();
        growth.changed(None, Some(100));
        growth.changed(None, Some(50));
        growth.changed(Some(100), Some(300));
        growth.changed(Some(50), None);
        let grown = growth.read();
        assert_eq!((grown.bytes, grown.rows), (300, 1));
        assert_eq!(grown.written, 100 + 50 + 300 + 3 * 128 + 64);
        growth.changed(Some(300), None);
        growth.changed(Some(1000), None);
        assert_eq!(
            growth.read().bytes,
            -1000,
            "it was there before the counting began"
        );
        assert_eq!(growth.read().rows, -1);
    }

    #[test]
    fn a_writer_finds_the_tier_full_soon_after_the_mark() {
        const NEVER: Grown = Grown {
            bytes: i64::MAX,
            rows: i64::MAX,
            written: i64::MAX,
        };
        let writes = |full: Grown, size: usize| {
            let growth = Growth::default();
            growth.set_marks(NEVER, full);
            (0..)
                .find(|_| growth.changed(None, Some(size)))
                .unwrap_or(0)
        };
        let bytes = writes(
            Grown {
                bytes: 1 << 20,
                ..NEVER
            },
            1000,
        );
        assert!((1048..1048 + 17).contains(&bytes), "{bytes}");
        let rows = writes(
            Grown {
                rows: 1000,
                ..NEVER
            },
            1,
        );
        assert!((999..1008).contains(&rows), "{rows}");
        let written = writes(
            Grown {
                written: 1 << 20,
                ..NEVER
            },
            872,
        );
        assert!((1048..1048 + 17).contains(&written), "{written}");
    }
}
