//! What settings may be.

use bytesize::ByteSize;

use super::Config;
use crate::error::{Error, Result};

/// More lanes than any server wants connections from one cache.
const MAX_LANES: usize = 256;

impl Config {
    /// The largest value that is kept here.
    pub(crate) fn largest_value(&self) -> ByteSize {
        let share = ByteSize(self.local.max_disk.as_u64() / 16);
        self.writes.max_value_size.min(share)
    }

    /// The largest content that may replace another, keys and values: the log has to hold all of
    /// it beside the old one.
    pub(crate) fn largest_content(&self) -> ByteSize {
        ByteSize(self.local.max_disk.as_u64() / 8)
    }

    /// Checks what types cannot say.
    ///
    /// # Errors
    /// [`Error::Config`], naming the setting and what it may be.
    pub fn check(&self) -> Result<()> {
        let rules = [
            (
                (1..=MAX_LANES).contains(&self.flush.lanes),
                "flush.lanes must be 1 to 256",
            ),
            (
                self.flush.batch_commands >= 1,
                "flush.batch_commands must be at least 1",
            ),
            (
                self.flush.batch_commands_beside_reads >= 1,
                "flush.batch_commands_beside_reads must be at least 1",
            ),
            (
                (1..=64).contains(&self.flush.batches_in_flight),
                "flush.batches_in_flight must be 1 to 64",
            ),
            (
                self.flush.key_attempts >= 1,
                "flush.key_attempts must be at least 1",
            ),
            (
                !self.flush.timeout.is_zero(),
                "flush.timeout must not be zero",
            ),
            (
                !self.reads.timeout.is_zero(),
                "reads.timeout must not be zero",
            ),
            (
                self.reads.max_stale >= self.reads.max_age,
                "reads.max_stale must not be shorter than reads.max_age",
            ),
            (
                self.reads.breaker_failures >= 1,
                "reads.breaker_failures must be at least 1",
            ),
            (
                self.local.max_sessions >= 8,
                "local.max_sessions must be at least 8",
            ),
            (
                self.feed.window_events == 0 || self.feed.window_bytes.as_u64() >= 64 << 10,
                "feed.window_bytes must be at least 64 KiB; feed.window_events = 0 switches the \
                 window off",
            ),
            (
                self.feed.window_events <= 1 << 30,
                "feed.window_events must not be above 1073741824",
            ),
            (
                self.local.max_disk.as_u64() > 0,
                "local.max_disk must not be 0: the local tier has to be bounded, and lives on disk",
            ),
            (
                (16 << 20..=1 << 50).contains(&self.local.max_disk.as_u64()),
                "local.max_disk must be 16 MiB to 1 PiB: an unbounded local tier fills the disk",
            ),
            (
                self.local.max_entries.is_none_or(|most| most >= 100),
                "local.max_entries must be at least 100",
            ),
            (
                self.local.hot_memory.as_u64() <= 1 << 40,
                "local.hot_memory must not be above 1 TiB",
            ),
            (
                (1 << 20..=2_000_000_000).contains(&self.local.log_file_size.as_u64()),
                "local.log_file_size must be 1 MiB to 2 GB",
            ),
            (
                self.writes.max_dirty_keys >= 1,
                "writes.max_dirty_keys must be at least 1",
            ),
            (
                self.writes.max_key_size.as_u64() <= 512 << 20,
                "writes.max_key_size must not be above 512 MiB, which Redis does not take",
            ),
            (
                self.writes.max_value_size.as_u64() <= 512 << 20,
                "writes.max_value_size must not be above 512 MiB, which Redis does not take",
            ),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(Error::Config((*rule).to_owned())),
            None => Ok(()),
        }
    }
}
