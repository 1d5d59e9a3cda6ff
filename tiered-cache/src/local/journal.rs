//! The dirty records on disk.
//!
//! The journal has one record for each dirty key: its lane and number as the table's key, so that
//! a lane's records lie together in the order of their making; the key that is dirty and the time
//! since as the value. A record is appended when a key becomes dirty and stays until the remote has
//! the key's last version, however often it is written meanwhile.
//!
//! Dead letters have the same number in a table of their own, by key.

use crate::error::{Error, Result};
use crate::local::dirty::RecordId;

/// The table key of a record: lane (2 bytes) and number (8 bytes), big-endian, so that their order
/// is the order of the numbers.
pub(crate) fn key(record: RecordId) -> [u8; 10] {
    let mut key = [0; 10];
    // `Config::check` allows 256 lanes.
    let lane = u16::try_from(record.lane).unwrap_or(u16::MAX);
    key[..2].copy_from_slice(&lane.to_be_bytes());
    key[2..].copy_from_slice(&record.number.to_be_bytes());
    key
}

pub(crate) fn parse_key(bytes: &[u8]) -> Result<RecordId> {
    let bytes: [u8; 10] = bytes
        .try_into()
        .map_err(|_| Error::Corrupt("a dirty record has no readable number".to_owned()))?;
    let (lane, number) = bytes.split_at(2);
    Ok(RecordId {
        lane: usize::from(u16::from_be_bytes([lane[0], lane[1]])),
        number: number
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    })
}

/// The value of a record: since when the key is dirty (8 bytes, little-endian, milliseconds since
/// the epoch), and the key as it is stored.
pub(crate) fn value(since: u64, stored_key: &[u8], record: &mut Vec<u8>) {
    record.clear();
    record.extend_from_slice(&since.to_le_bytes());
    record.extend_from_slice(stored_key);
}

pub(crate) fn parse_value(bytes: &[u8]) -> Result<(u64, &[u8])> {
    let (since, key) = bytes
        .split_first_chunk::<8>()
        .ok_or_else(|| Error::Corrupt("a dirty record names no key".to_owned()))?;
    Ok((u64::from_le_bytes(*since), key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes() {
        let record = RecordId {
            lane: 0x0102,
            number: 0x0304_0506_0708_090a,
        };
        assert_eq!(key(record), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(parse_key(&key(record)).unwrap(), record);
        let mut bytes = Vec::new();
        value(0x0102, b"key", &mut bytes);
        assert_eq!(bytes, b"\x02\x01\0\0\0\0\0\0key");
        assert_eq!(parse_value(&bytes).unwrap(), (0x0102, &b"key"[..]));
        assert!(parse_key(b"short").is_err() && parse_value(b"short").is_err());
    }
}
