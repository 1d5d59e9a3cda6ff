//! What is known of a row when it is decided whether it goes.

use std::time::Duration;

/// A row that the hand has come to, as [`EvictionFilter`](super::EvictionFilter) and
/// [`EvictionScore`](super::EvictionScore) see it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Candidate<'a> {
    /// The key, as it was written.
    pub key: &'a [u8],
    /// Bytes of key, header and value.
    pub size: u64,
    /// Whether it is a change that the remote has not acknowledged: a value, or a deletion.
    pub dirty: bool,
    /// Whether that change is on its way to the remote.
    pub in_flight: bool,
    /// Whether [`pin`](crate::TieredCache::pin) keeps it.
    pub pinned: bool,
    /// Whether no read will use it again: its time is over, or it remembers an absence.
    pub useless: bool,
    /// How long ago it was written, or read from the remote.
    pub age: Duration,
    /// How much of the table has been written since: 1.0 when as many rows were set, deleted or
    /// filled as there are.
    pub turnover: f64,
    /// How often the key was read, written or missed lately: 0 to 15, from a sketch that ages. It
    /// can be too high, as other keys count in the same places.
    pub frequency: u8,
}
