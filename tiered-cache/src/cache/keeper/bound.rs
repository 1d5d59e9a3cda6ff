//! The bound in figures: how much of the disk is for what.
//!
//! A checkpoint writes what has changed beside what was there, and only then gives the old blocks
//! free: under steady churn the file of a table becomes twice as large as what is live in it, and
//! a little more for what lies between. So the live part is kept below half of the room that the
//! tables have, and the file needs no more than all of it, whatever is written.

use crate::config::LocalConfig;
use crate::local::{Grown, Space};

/// What becomes live for each byte of keys and rows, in tenths: the engine adds a few bytes a
/// row, and pages are not quite full.
const LIVE_TENTHS: i64 = 11;

/// How much of the disk is for what, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// All files.
    pub(super) home: u64,
    /// What the files may be above it for a moment.
    pub(super) slack: u64,
    /// The files of the tables.
    pub(super) tables: u64,
    /// The files of the log.
    pub(super) logs: u64,
    /// What is live: eviction brings it here,
    pub(super) low: i64,
    /// begins here,
    pub(super) high: i64,
    /// hurries from here on,
    pub(super) urgent: i64,
    /// and here writers of new keys wait.
    pub(super) full: i64,
    /// The same in rows.
    pub(super) low_rows: i64,
    pub(super) high_rows: i64,
    pub(super) urgent_rows: i64,
    pub(super) full_rows: i64,
    /// What is written of the log between two checkpoints, in the calculation of the above.
    pub(super) log: u64,
}

impl Bound {
    pub(super) fn new(config: &LocalConfig) -> Self {
        let home = config.max_disk.as_u64();
        let log = config.log_between_checkpoints();
        // The log up to a checkpoint, as much while it lasts, files made in advance, and the engine's
        // own.
        let logs = 2 * log + 4 * config.log_file_bytes();
        let tables = home.saturating_sub(logs + home / 64);
        let part = |hundredths: u64| signed(tables / 100 * hundredths);
        let rows = |sixteenths: u64| {
            config.max_entries.map_or(i64::MAX, |most| {
                signed(most.saturating_add(most.saturating_mul(sixteenths) / 64))
            })
        };
        Self {
            home,
            slack: home / 8,
            tables,
            logs,
            low: part(44),
            high: part(45),
            urgent: part(46),
            full: part(48),
            low_rows: config
                .max_entries
                .map_or(i64::MAX, |most| signed(most - most / 64)),
            high_rows: rows(0),
            urgent_rows: rows(1),
            full_rows: rows(3),
            log,
        }
    }
}

pub(super) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// What was measured at a checkpoint, and what had been counted by then.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Anchor {
    pub(super) space: Space,
    pub(super) grown: Grown,
}

impl Anchor {
    /// What is live now, in bytes on disk.
    pub(super) fn live(&self, now: Grown) -> i64 {
        let came = now.bytes.wrapping_sub(self.grown.bytes);
        signed(self.space.live).saturating_add(came.saturating_mul(LIVE_TENTHS) / 10)
    }

    /// The count of bytes at which `live` is live.
    pub(super) fn count_at(&self, live: i64) -> i64 {
        let to_come = live.saturating_sub(signed(self.space.live));
        let counted = to_come.saturating_mul(10) / LIVE_TENTHS;
        self.grown.bytes.saturating_add(counted)
    }

    /// What was written since.
    pub(super) fn written(&self, now: Grown) -> u64 {
        u64::try_from(now.written.wrapping_sub(self.grown.written)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use bytesize::ByteSize;

    use super::*;

    #[test]
    fn the_parts_are_no_more_than_the_whole() {
        for max_disk in [16 << 20, 64 << 20, 1 << 30, 10 << 30, 1 << 50] {
            let config = LocalConfig {
                max_disk: ByteSize(max_disk),
                ..LocalConfig::default()
            };
            let bound = Bound::new(&config);
            assert!(bound.tables + bound.logs <= max_disk, "{bound:?}");
            assert!(bound.tables * 2 > max_disk, "{bound:?}");
            assert!(2 * bound.full <= signed(bound.tables));
            let live = [bound.low, bound.high, bound.urgent, bound.full];
            assert!(live.is_sorted_by(|a, b| a < b), "{bound:?}");
        }
    }

    #[test]
    fn rows_are_bounded_within_a_sixteenth() {
        let config = LocalConfig {
            max_entries: Some(1600),
            ..LocalConfig::default()
        };
        let bound = Bound::new(&config);
        assert_eq!((bound.low_rows, bound.high_rows), (1575, 1600));
        assert!(bound.full_rows < 1700);
        let most = Bound::new(&LocalConfig {
            max_entries: Some(u64::MAX),
            ..LocalConfig::default()
        });
        assert_eq!(most.full_rows, i64::MAX);
    }

    #[test]
    fn counts_go_on_from_what_was_measured() {
        let anchor = Anchor {
            space: Space {
                live: 1000,
                ..Space::default()
            },
            grown: Grown {
                bytes: -50,
                rows: 0,
                written: 10,
            },
        };
        let now = Grown {
            bytes: 50,
            rows: 0,
            written: 300,
        };
        assert_eq!(anchor.live(now), 1110);
        assert_eq!(anchor.count_at(1110), 50);
        assert_eq!(anchor.written(now), 290);
    }
}
