//! What the cache promises, one behaviour a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what does not work here is a failed test"
)]

mod absent_keys;
mod closing;
mod coalescing;
mod common;
mod dead_letters;
mod decisions;
mod expiry;
mod fencing;
mod figures;
mod fills_come_too_late;
mod full_disk;
mod model;
mod nothing_dirty_is_lost;
mod order_at_the_remote;
mod own_writes_are_seen;
mod reads_and_writes;
mod remote_is_away;
mod single_flight;
mod stale_answers;
mod typed_view;
