//! What the cache promises, one behaviour a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what does not work here is a failed test"
)]

mod absent_keys;
mod barrier;
mod batches;
mod bounded;
mod closing;
mod coalescing;
mod common;
#[cfg(all(feature = "disk-lz4", feature = "disk-zstd"))]
mod compression;
mod dead_letters;
mod decisions;
mod expiry;
mod feed_events;
mod feed_order;
mod feed_replay;
mod feed_window;
mod fencing;
mod figures;
mod fills_come_too_late;
mod fresh;
mod full_disk;
mod hot_rows;
mod local_only;
mod model;
mod nothing_dirty_is_lost;
mod order_at_the_remote;
mod own_writes_are_seen;
mod reads_and_writes;
mod remote_is_away;
mod replace;
mod scans;
mod single_flight;
mod snapshots;
mod stale_answers;
mod typed_view;
mod who_is_evicted;
