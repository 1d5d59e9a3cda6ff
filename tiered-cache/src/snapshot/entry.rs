//! What a scan gives.

use std::time::SystemTime;

use bytes::Bytes;

use crate::clock::{from_ms, to_ms};
use crate::feed::Event;
use crate::local::header::{Header, Kind};
use crate::local::{Origin, copy, original};

/// A key of the local tier that has a value, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The key.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
    /// When it expires; `None`: never.
    pub expires_at: Option<SystemTime>,
    /// The version of the mutation that wrote it.
    pub version: u64,
    /// Where it came from.
    pub origin: Origin,
}

impl Entry {
    /// The entry of a row that has a value.
    pub(super) fn of_row(stored_key: &[u8], header: &Header, value: &[u8]) -> Self {
        let copied = copy(header, value);
        Self {
            key: Bytes::copy_from_slice(original(stored_key)),
            value: copied.value,
            expires_at: copied.expires_at.map(from_ms),
            version: header.version,
            origin: header.origin,
        }
    }

    /// What a key is after an event.
    pub(super) fn after(event: &Event) -> Option<Self> {
        Some(Self {
            key: event.key.clone(),
            value: event.value.clone()?,
            expires_at: event.expires_at,
            version: event.version,
            origin: event.origin,
        })
    }

    /// Whether its time is over at `now`, in milliseconds since the epoch.
    pub(super) fn expired(&self, now: u64) -> bool {
        self.expires_at.is_some_and(|at| to_ms(at) <= now)
    }
}

/// Whether a local read would answer with this row at `now`, whatever its age.
pub(super) fn is_live(header: &Header, now: u64) -> bool {
    header.kind == Kind::Value && !header.expired(now)
}
