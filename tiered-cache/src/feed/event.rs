//! What watchers are told.

use std::time::SystemTime;

use bytes::Bytes;

use crate::local::Origin;

/// What happened to an entry of the local tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// It was not here, and has a value now.
    Added,
    /// It has another value, or another expiry.
    Modified,
    /// It was deleted: by this node, or the remote said that it is gone. A delete by this node is
    /// an event whether there was a value here or not.
    Deleted,
    /// Its time was over, and its row was removed.
    Expired,
    /// It was removed to make room, or by [`evict_local`](crate::TieredCache::evict_local). The
    /// remote still has it.
    Evicted,
    /// It was removed because it may not be what the remote has: after a command that the remote
    /// decided, by a [`replace`](crate::TieredCache::replace), or with a discarded dead letter.
    Invalidated,
}

impl EventKind {
    /// Whether the key has a value after it.
    #[must_use]
    pub fn has_value(self) -> bool {
        matches!(self, Self::Added | Self::Modified)
    }
}

/// One change of the local tier.
///
/// Key, value and value before share one piece of memory: who keeps one of them for long should keep a
/// copy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The key.
    pub key: Bytes,
    /// The value from now on; `None` when there is none.
    pub value: Option<Bytes>,
    /// The value before, if there was one here. A value whose time was over, but whose row had not
    /// been removed yet, counts: no event has told that it is gone.
    pub previous: Option<Bytes>,
    /// The version of the change. Those of a feed strictly grow; those of the
    /// [`initial`](Self::initial) entries are the versions that the entries have.
    pub version: u64,
    /// When the value expires; `None`: never, or there is no value.
    pub expires_at: Option<SystemTime>,
    /// Who made the change.
    pub origin: Origin,
    /// It is an entry of the snapshot with which a watch from 0 begins, and nothing that happened
    /// since.
    pub initial: bool,
}
