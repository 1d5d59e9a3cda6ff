//! Events as the window keeps them.

use std::sync::Arc;

use bytes::Bytes;

use super::event::{Event, EventKind};
use crate::clock::from_ms;
use crate::local::Origin;

/// What happened to a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) kind: EventKind,
    pub(crate) key: &'a [u8],
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) previous: Option<&'a [u8]>,
    pub(crate) version: u64,
    /// Milliseconds since the epoch; 0: never.
    pub(crate) expires: u64,
    pub(crate) origin: Origin,
}

/// An event in the window: with one allocation, which has the bytes and their count of owners.
///
/// An event leaves the window when its memory has long left the processor's caches. So the writer that
/// makes room pays for each line that it touches then: most of what the window costs.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(super) version: u64,
    expires: u64,
    kind: EventKind,
    origin: Origin,
    has_value: bool,
    has_previous: bool,
    /// Where the key ends in `bytes`, and where the value does.
    ends: (usize, usize),
    /// Key, value, and value before.
    bytes: Arc<[u8]>,
}

/// What an event takes of memory besides its bytes, about: its place in the ring, and what the
/// allocator adds.
const OVERHEAD: usize = 128;

impl Kept {
    pub(super) fn new(told: &Told<'_>) -> Self {
        let parts = [
            told.key,
            told.value.unwrap_or_default(),
            told.previous.unwrap_or_default(),
        ];
        let value_end = told.key.len() + parts[1].len();
        Self {
            version: told.version,
            expires: told.expires,
            kind: told.kind,
            origin: told.origin,
            has_value: told.value.is_some(),
            has_previous: told.previous.is_some(),
            ends: (told.key.len(), value_end),
            bytes: parts.concat().into(),
        }
    }

    /// What it counts in the window.
    pub(super) fn size(&self) -> u64 {
        (OVERHEAD + self.bytes.len()) as u64
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.bytes[..self.ends.0]
    }

    /// The event, whose bytes stay where they are.
    pub(crate) fn event(&self) -> Event {
        let bytes = Bytes::from_owner(Arc::clone(&self.bytes));
        let (key_end, value_end) = self.ends;
        Event {
            kind: self.kind,
            key: bytes.slice(..key_end),
            value: self.has_value.then(|| bytes.slice(key_end..value_end)),
            previous: self.has_previous.then(|| bytes.slice(value_end..)),
            version: self.version,
            expires_at: (self.expires != 0).then(|| from_ms(self.expires)),
            origin: self.origin,
            initial: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_as_they_were() {
        let all = [None, Some(&b""[..]), Some(&b"some"[..])];
        for key in [&b""[..], b"key"] {
            for value in all {
                for previous in all {
                    let event = Kept::new(&Told {
                        kind: EventKind::Modified,
                        key,
                        value,
                        previous,
                        version: 7,
                        expires: 1000,
                        origin: Origin::Fill,
                    })
                    .event();
                    assert_eq!(event.key, key);
                    assert_eq!(event.value.as_deref(), value);
                    assert_eq!(event.previous.as_deref(), previous);
                    assert_eq!((event.version, event.origin), (7, Origin::Fill));
                    assert_eq!(event.expires_at, Some(from_ms(1000)));
                }
            }
        }
    }
}
