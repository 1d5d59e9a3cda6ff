//! The engine's packing of integers: one to nine bytes, whose order is that of the numbers.
//!
//! The first byte says the sign and the size. Numbers from -64 to 63 fit in it; numbers up to
//! 8255 away from zero take two bytes; all others a size and the bytes that count, highest first.

/// The largest number that fits in the first byte.
const ONE_BYTE_MAX: u64 = (1 << 6) - 1;
/// The largest number that takes two bytes.
const TWO_BYTE_MAX: u64 = (1 << 13) + ONE_BYTE_MAX;
const ONE_BYTE_MIN: i64 = -(1 << 6);
const TWO_BYTE_MIN: i64 = -(1 << 13) + ONE_BYTE_MIN;

// The first byte of each class; the low bits hold the highest bits of the number, or a size.
const NEGATIVE_MANY: u8 = 0x10;
const NEGATIVE_TWO: u8 = 0x20;
const NEGATIVE_ONE: u8 = 0x40;
const POSITIVE_ONE: u8 = 0x80;
const POSITIVE_TWO: u8 = 0xc0;
const POSITIVE_MANY: u8 = 0xe0;

/// Where packed bytes go.
pub(super) trait Out {
    fn put(&mut self, bytes: &[u8]);
    fn zeros(&mut self, count: usize);
}

impl Out for Vec<u8> {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn zeros(&mut self, count: usize) {
        self.resize(self.len() + count, 0);
    }
}

#[inline]
pub(super) fn pack_unsigned(value: u64, out: &mut impl Out) {
    if value <= ONE_BYTE_MAX {
        out.put(&[POSITIVE_ONE | low(value)]);
    } else if value <= TWO_BYTE_MAX {
        let rest = value - ONE_BYTE_MAX - 1;
        out.put(&[POSITIVE_TWO | low(rest >> 8), low(rest)]);
    } else {
        let rest = value - TWO_BYTE_MAX - 1;
        let bytes = rest.to_be_bytes();
        // Zero, too, is one byte long.
        let skip = (rest.leading_zeros() as usize / 8).min(7);
        let size = 8 - skip;
        out.put(&[POSITIVE_MANY | low(size as u64)]);
        out.put(&bytes[skip..]);
    }
}

#[inline]
pub(super) fn pack_signed(value: i64, out: &mut impl Out) {
    if value >= 0 {
        pack_unsigned(value.cast_unsigned(), out);
    } else if value >= ONE_BYTE_MIN {
        out.put(&[NEGATIVE_ONE | low((value - ONE_BYTE_MIN).cast_unsigned())]);
    } else if value >= TWO_BYTE_MIN {
        let rest = (value - TWO_BYTE_MIN).cast_unsigned();
        out.put(&[NEGATIVE_TWO | low(rest >> 8), low(rest)]);
    } else {
        let bytes = value.to_be_bytes();
        // Leading bytes of ones carry nothing. There are at most six of them here.
        let skip = value.leading_ones() as usize / 8;
        out.put(&[NEGATIVE_MANY | low(skip as u64)]);
        out.put(&bytes[skip..]);
    }
}

pub(super) fn unpack_unsigned(bytes: &[u8]) -> Option<u64> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        POSITIVE_ONE..POSITIVE_TWO => rest
            .is_empty()
            .then(|| u64::from(first & !POSITIVE_TWO & 0x3f)),
        POSITIVE_TWO..POSITIVE_MANY => {
            let &[next] = rest else { return None };
            let high = u64::from(first & 0x1f);
            Some((high << 8 | u64::from(next)) + ONE_BYTE_MAX + 1)
        }
        POSITIVE_MANY..=0xef => {
            let size = usize::from(first & 0x0f);
            if rest.len() != size || !(1..=8).contains(&size) {
                return None;
            }
            // A longer form of a shorter number is not what the engine writes, and would break
            // the order.
            if size > 1 && rest[0] == 0 {
                return None;
            }
            let value = rest
                .iter()
                .fold(0, |value, byte| value << 8 | u64::from(*byte));
            value.checked_add(TWO_BYTE_MAX + 1)
        }
        _ => None,
    }
}

pub(super) fn unpack_signed(bytes: &[u8]) -> Option<i64> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        NEGATIVE_MANY..NEGATIVE_TWO => {
            let skip = usize::from(first & 0x0f);
            if skip > 6 || rest.len() != 8 - skip || rest[0] == 0xff {
                return None;
            }
            let value = rest
                .iter()
                .fold(-1i64, |value, byte| value << 8 | i64::from(*byte));
            (value < TWO_BYTE_MIN).then_some(value)
        }
        NEGATIVE_TWO..NEGATIVE_ONE => {
            let &[next] = rest else { return None };
            Some((i64::from(first & 0x1f) << 8 | i64::from(next)) + TWO_BYTE_MIN)
        }
        NEGATIVE_ONE..POSITIVE_ONE => rest
            .is_empty()
            .then(|| i64::from(first & 0x3f) + ONE_BYTE_MIN),
        _ => unpack_unsigned(bytes).and_then(|value| i64::try_from(value).ok()),
    }
}

/// The number that `bytes` begin with, which is taken from them.
pub(crate) fn take_unsigned(bytes: &mut &[u8]) -> Option<u64> {
    unpack_unsigned(take_packed(bytes)?)
}

/// As [`take_unsigned`], with a sign.
pub(crate) fn take_signed(bytes: &mut &[u8]) -> Option<i64> {
    unpack_signed(take_packed(bytes)?)
}

/// The bytes of one packed number, whose first byte says how many they are.
fn take_packed<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let first = *bytes.first()?;
    let len = match first {
        NEGATIVE_MANY..NEGATIVE_TWO => 1 + 8usize.checked_sub(usize::from(first & 0x0f))?,
        NEGATIVE_TWO..NEGATIVE_ONE | POSITIVE_TWO..POSITIVE_MANY => 2,
        NEGATIVE_ONE..POSITIVE_TWO => 1,
        POSITIVE_MANY..=0xef => 1 + usize::from(first & 0x0f),
        _ => return None,
    };
    let (packed, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(packed)
}

/// The low byte of a number.
fn low(value: u64) -> u8 {
    (value & 0xff) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packed by the C library, release 11.3.1.
    const SIGNED: [(i64, &[u8]); 17] = [
        (0, &[0x80]),
        (63, &[0xbf]),
        (64, &[0xc0, 0x00]),
        (8255, &[0xdf, 0xff]),
        (8256, &[0xe1, 0x00]),
        (8257, &[0xe1, 0x01]),
        (8512, &[0xe2, 0x01, 0x00]),
        (
            i64::MAX,
            &[0xe8, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xdf, 0xbf],
        ),
        (-1, &[0x7f]),
        (-64, &[0x40]),
        (-65, &[0x3f, 0xff]),
        (-8256, &[0x20, 0x00]),
        (-8257, &[0x16, 0xdf, 0xbf]),
        (-65536, &[0x16, 0x00, 0x00]),
        (-65537, &[0x15, 0xfe, 0xff, 0xff]),
        (i64::MIN, &[0x10, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        (300, &[0xc0, 0xec]),
    ];
    const UNSIGNED: [(u64, &[u8]); 3] = [
        (1 << 32, &[0xe4, 0xff, 0xff, 0xdf, 0xc0]),
        (
            u64::MAX,
            &[0xe8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xdf, 0xbf],
        ),
        (63, &[0xbf]),
    ];

    #[test]
    fn the_bytes_are_those_of_the_c_library() {
        for (value, bytes) in SIGNED {
            let mut out = Vec::new();
            pack_signed(value, &mut out);
            assert_eq!(out, bytes, "{value}");
            assert_eq!(unpack_signed(bytes), Some(value));
        }
        for (value, bytes) in UNSIGNED {
            let mut out = Vec::new();
            pack_unsigned(value, &mut out);
            assert_eq!(out, bytes, "{value}");
            assert_eq!(unpack_unsigned(bytes), Some(value));
        }
    }

    #[test]
    fn what_the_c_library_never_writes_is_refused() {
        for bytes in [
            &[][..],
            &[0x00],
            &[0x0f],
            &[0xf0],
            &[0xff],
            &[0xe0],
            &[0xe9, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            &[0xc0],
            &[0x20],
            &[0x80, 0],
            &[0xe2, 0, 1],
            &[0x17, 0xff],
            &[0x18],
            &[0x16, 0xff, 0],
            &[0xe8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(unpack_signed(bytes), None, "{bytes:x?}");
            assert_eq!(unpack_unsigned(bytes), None, "{bytes:x?}");
        }
    }
}
