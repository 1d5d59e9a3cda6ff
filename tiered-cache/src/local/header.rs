//! The header in front of every value in the local tier.
//!
//! | bytes | field |
//! |---|---|
//! | 0 | format of the header, 1 |
//! | 1 | kind: 0 value, 1 tombstone, 2 negative entry |
//! | 2 | flags: bit 0 pinned |
//! | 3 | origin: 0 local, 1 fill, 2 push |
//! | 4..8 | generation of the invalidation feed, 0 until there is one |
//! | 8..16 | version |
//! | 16..24 | number of the dirty record, 0 for none |
//! | 24..32 | expiry in milliseconds since the Unix epoch, 0 for none |
//! | 32..40 | when it was written or read, in the same unit |
//!
//! Numbers are little-endian. The value follows.

use crate::error::{Error, Result};

/// Bytes of the header.
pub(crate) const LEN: usize = 40;

const FORMAT: u8 = 1;
const PINNED: u8 = 1;

/// What a row says about its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It has a value.
    Value,
    /// It was deleted here.
    Tombstone,
    /// The remote said that it is absent.
    Negative,
}

/// Who changed the local tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// This node.
    Local,
    /// The remote, by what it answered.
    Fill,
    /// The remote, by itself.
    Push,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) pinned: bool,
    pub(crate) origin: Origin,
    pub(crate) generation: u32,
    /// The mutation or fill that wrote the row.
    pub(crate) version: u64,
    /// The dirty record that names the key; the row is dirty as long as the record is there.
    pub(crate) dirty: u64,
    /// Milliseconds since the epoch; 0: never.
    pub(crate) expires: u64,
    /// Milliseconds since the epoch.
    pub(crate) stamped: u64,
}

impl Header {
    /// The row of this header and `value`, in `row`.
    pub(crate) fn encode(&self, value: &[u8], row: &mut Vec<u8>) {
        row.clear();
        row.reserve(LEN + value.len());
        row.push(FORMAT);
        row.push(match self.kind {
            Kind::Value => 0,
            Kind::Tombstone => 1,
            Kind::Negative => 2,
        });
        row.push(if self.pinned { PINNED } else { 0 });
        row.push(match self.origin {
            Origin::Local => 0,
            Origin::Fill => 1,
            Origin::Push => 2,
        });
        row.extend_from_slice(&self.generation.to_le_bytes());
        for number in [self.version, self.dirty, self.expires, self.stamped] {
            row.extend_from_slice(&number.to_le_bytes());
        }
        row.extend_from_slice(value);
    }

    /// Header and value of a row.
    #[inline]
    pub(crate) fn decode(row: &[u8]) -> Result<(Self, &[u8])> {
        let Some((head, value)) = row.split_first_chunk::<LEN>() else {
            return Err(corrupt(row, "it is shorter than its header"));
        };
        if head[0] != FORMAT {
            return Err(corrupt(row, "its format is not known to this version"));
        }
        let kind = match head[1] {
            0 => Kind::Value,
            1 => Kind::Tombstone,
            2 => Kind::Negative,
            _ => return Err(corrupt(row, "its kind is not known")),
        };
        let origin = match head[3] {
            0 => Origin::Local,
            1 => Origin::Fill,
            2 => Origin::Push,
            _ => return Err(corrupt(row, "its origin is not known")),
        };
        let header = Self {
            kind,
            pinned: head[2] & PINNED != 0,
            origin,
            generation: u32::from_le_bytes([head[4], head[5], head[6], head[7]]),
            version: number(head, 8),
            dirty: number(head, 16),
            expires: number(head, 24),
            stamped: number(head, 32),
        };
        Ok((header, value))
    }

    /// Whether the row's time is over at `now`.
    #[inline]
    pub(crate) fn expired(&self, now: u64) -> bool {
        self.expires != 0 && self.expires <= now
    }

    /// The expiry as the remote has it.
    pub(crate) fn expires_at(&self) -> Option<u64> {
        (self.expires != 0).then_some(self.expires)
    }
}

#[inline]
fn number(head: &[u8; LEN], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&head[at..at + 8]);
    u64::from_le_bytes(bytes)
}

#[cold]
fn corrupt(row: &[u8], why: &str) -> Error {
    Error::Corrupt(format!(
        "a row of {} bytes cannot be read: {why}",
        row.len()
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: Header = Header {
        kind: Kind::Tombstone,
        pinned: true,
        origin: Origin::Fill,
        generation: 0x0403_0201,
        version: 0x0807_0605_0403_0201,
        dirty: 2,
        expires: 3,
        stamped: 0xff00,
    };

    /// The bytes on disk, by hand: they must never change under the same format number.
    #[test]
    fn golden_bytes() {
        let mut row = Vec::new();
        HEADER.encode(b"value", &mut row);
        let golden = [
            &[1, 1, 1, 1][..],
            &[1, 2, 3, 4],
            &[1, 2, 3, 4, 5, 6, 7, 8],
            &[2, 0, 0, 0, 0, 0, 0, 0],
            &[3, 0, 0, 0, 0, 0, 0, 0],
            &[0, 0xff, 0, 0, 0, 0, 0, 0],
            b"value",
        ]
        .concat();
        assert_eq!(row, golden);
        assert_eq!(Header::decode(&golden).unwrap(), (HEADER, &b"value"[..]));
    }

    #[test]
    fn what_is_not_a_row_is_an_error() {
        let mut row = Vec::new();
        HEADER.encode(b"", &mut row);
        for (at, byte) in [(0, 2), (1, 9), (3, 9)] {
            let mut bad = row.clone();
            bad[at] = byte;
            assert!(matches!(Header::decode(&bad), Err(Error::Corrupt(_))));
        }
        assert!(matches!(
            Header::decode(&row[..LEN - 1]),
            Err(Error::Corrupt(_))
        ));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Header::decode(&bytes);
        }
    }
}
