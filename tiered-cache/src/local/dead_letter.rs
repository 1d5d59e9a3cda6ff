//! Keys that the remote refused for good, on disk.

use crate::error::{Error, Result};

/// The record of a dead letter:
///
/// | bytes | field |
/// |---|---|
/// | 0 | format, 1 |
/// | 1 | state: 0 waits for a decision, 1 discarded |
/// | 2..6 | attempts |
/// | 6..14 | version |
/// | 14..22 | since when, milliseconds since the epoch |
/// | 22..26 | length of the reason, which follows |
/// | then | for a discarded one, the row that was given up |
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredDeadLetter {
    pub(crate) discarded: bool,
    pub(crate) attempts: u32,
    pub(crate) version: u64,
    pub(crate) since: u64,
    pub(crate) reason: String,
    pub(crate) row: Vec<u8>,
}

const FORMAT: u8 = 1;

/// The table key of a letter: the number of its dirty record, big-endian, and the key as it is
/// stored. So a key can have letters that were discarded beside one that waits.
pub(crate) fn key(number: u64, stored_key: &[u8]) -> Vec<u8> {
    let mut key = number.to_be_bytes().to_vec();
    key.extend_from_slice(stored_key);
    key
}

/// The number and the stored key of a table key.
pub(crate) fn parse_key(bytes: &[u8]) -> Result<(u64, &[u8])> {
    let (number, key) = bytes
        .split_first_chunk::<8>()
        .ok_or_else(|| Error::Corrupt("a dead letter names no key".to_owned()))?;
    Ok((u64::from_be_bytes(*number), key))
}

impl StoredDeadLetter {
    pub(crate) fn encode(&self) -> Vec<u8> {
        // A reason is a server's error line; what is longer is cut.
        let mut length = self.reason.len().min(4096);
        while !self.reason.is_char_boundary(length) {
            length -= 1;
        }
        let reason = &self.reason.as_bytes()[..length];
        let mut bytes = vec![FORMAT, u8::from(self.discarded)];
        bytes.extend_from_slice(&self.attempts.to_le_bytes());
        for number in [self.version, self.since] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&u32::try_from(length).unwrap_or(0).to_le_bytes());
        bytes.extend_from_slice(reason);
        bytes.extend_from_slice(&self.row);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
            let (head, rest) = bytes
                .split_first_chunk::<N>()
                .ok_or_else(|| Error::Corrupt("a dead letter is cut off".to_owned()))?;
            *bytes = rest;
            Ok(*head)
        }
        let mut rest = bytes;
        let [format, state] = take(&mut rest)?;
        if format != FORMAT || state > 1 {
            return Err(Error::Corrupt(
                "the format of a dead letter is not known to this version".to_owned(),
            ));
        }
        let attempts = u32::from_le_bytes(take(&mut rest)?);
        let version = u64::from_le_bytes(take(&mut rest)?);
        let since = u64::from_le_bytes(take(&mut rest)?);
        let length = u32::from_le_bytes(take(&mut rest)?) as usize;
        let (reason, row) = rest
            .split_at_checked(length)
            .ok_or_else(|| Error::Corrupt("a dead letter's reason is cut off".to_owned()))?;
        Ok(Self {
            discarded: state == 1,
            attempts,
            version,
            since,
            reason: String::from_utf8_lossy(reason).into_owned(),
            row: row.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn letters_come_back(
            discarded: bool, attempts: u32, version: u64, since: u64, reason: String, row: Vec<u8>,
        ) {
            let letter = StoredDeadLetter {
                discarded, attempts, version, since, reason, row,
            };
            prop_assert_eq!(StoredDeadLetter::decode(&letter.encode()).unwrap(), letter);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = StoredDeadLetter::decode(&bytes);
        }
    }
}
