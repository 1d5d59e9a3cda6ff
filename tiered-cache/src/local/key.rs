//! Keys: how they are stored, and where they belong.

use std::borrow::Cow;
use std::hash::Hasher;

use xxhash_rust::xxh3::xxh3_64;

/// The key as the engine stores it.
///
/// Redis allows the empty key, the engine does not. Keys that are nothing but zero bytes, the empty
/// one included, get one zero byte more; all others are stored as they are. The mapping is one to
/// one and keeps the order of keys.
#[inline]
pub(crate) fn stored(key: &[u8]) -> Cow<'_, [u8]> {
    if key.first().is_none_or(|first| *first == 0) && key.iter().all(|byte| *byte == 0) {
        return Cow::Owned(vec![0; key.len() + 1]);
    }
    Cow::Borrowed(key)
}

/// The key that is stored as `stored`.
pub(crate) fn original(stored: &[u8]) -> &[u8] {
    match stored.split_last() {
        Some((0, rest)) if rest.iter().all(|byte| *byte == 0) => rest,
        _ => stored,
    }
}

/// A hash of a key, which decides its stripe and its lane.
///
/// XXH3 with 64 bits, of the key as the user wrote it. Lanes are stored, but nothing depends on
/// their number or on this function from one opening to the next: recovery sorts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyHash(u64);

impl KeyHash {
    #[inline]
    pub(crate) fn of(key: &[u8]) -> Self {
        Self(xxh3_64(key))
    }

    /// All bits of the hash.
    #[inline]
    pub(crate) fn all(self) -> u64 {
        self.0
    }

    /// A number below `count`, which is a power of two: from the low bits.
    #[inline]
    pub(crate) fn low(self, count: usize) -> usize {
        debug_assert!(count.is_power_of_two());
        // The low bits are all that is wanted.
        #[allow(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
        let low = self.0 as usize;
        low & (count - 1)
    }

    /// All bits of the hash, mixed once more: independent of stripe and lane.
    #[inline]
    pub(crate) fn spread(self) -> u64 {
        // The odd number next to 2^64 divided by the golden ratio, as in Fibonacci hashing.
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    }

    /// A number below `count`: from the high bits, independent of the low ones.
    #[inline]
    pub(crate) fn high(self, count: usize) -> usize {
        (self.0 >> 40) as usize % count
    }
}

/// For tables whose keys are hashes already.
#[derive(Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_empty_key_is_a_key() {
        assert_eq!(&*stored(b""), b"\0");
        assert_eq!(&*stored(b"\0\0"), b"\0\0\0");
        assert_eq!(&*stored(b"\0a"), b"\0a");
        assert_eq!(original(b"\0"), b"");
    }

    proptest! {
        #[test]
        fn stored_keys_come_back_in_the_same_order(
            a in prop::collection::vec(0u8..3, 0..5),
            b in prop::collection::vec(0u8..3, 0..5),
        ) {
            let there = stored(&a);
            prop_assert_eq!(original(&there), a.as_slice());
            prop_assert!(!stored(&a).is_empty());
            prop_assert_eq!(stored(&a).cmp(&stored(&b)), a.cmp(&b));
        }
    }
}
