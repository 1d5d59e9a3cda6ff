//! Keys and values of every format of the crate, and how they look packed.
//!
//! The packing is written down here once more, after the engine's documentation, so that a mistake
//! in the crate's own cannot hide in a comparison with itself.

use std::fmt::Debug;

use wiredtiger::Pack;

/// A type of the crate with data at the edges of its format.
pub(crate) trait Sample: Pack + Ord + Clone + Debug {
    /// For names of tables: formats differ by case only, as some file systems do not.
    const NAME: &'static str;

    /// Values at the edges.
    fn values() -> Vec<Self>;

    /// Keys at the edges.
    fn keys() -> Vec<Self> {
        Self::values()
    }

    /// The ordinary value number `n`, none of those at the edges.
    fn plain(n: u64) -> Self;

    /// The form that the crate's calls take.
    fn lend(&self) -> Self::Ref<'_>;

    /// The bytes that are stored.
    fn packed(&self) -> Vec<u8>;

    /// What `wt dump -p -x` shows after it unpacked those bytes.
    fn shown(&self) -> Vec<u8>;
}

/// Large enough for pages of its own, whatever the settings.
const LARGE: usize = 100_000;

impl Sample for String {
    const NAME: &'static str = "text";

    fn values() -> Vec<Self> {
        let mut values: Vec<Self> = [
            "",
            "a",
            "Grüße, 世界 🦀\u{10ffff}",
            "{\"a\": \\\"b\\\"}",
            "  ",
        ]
        .map(Self::from)
        .to_vec();
        // Every ASCII character that a string can have, line ends among them.
        values.push((1..=127u8).map(char::from).collect());
        values.push("large ".repeat(LARGE / 6));
        values
    }

    fn plain(n: u64) -> Self {
        format!("plain {n:06}")
    }

    fn lend(&self) -> &str {
        self
    }

    fn packed(&self) -> Vec<u8> {
        [self.as_bytes(), b"\0"].concat()
    }

    fn shown(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Sample for Vec<u8> {
    const NAME: &'static str = "bytes";

    fn values() -> Vec<Self> {
        let mut values = Self::keys();
        values.push(Self::new());
        values
    }

    /// All but the empty one, which cannot be a key.
    fn keys() -> Vec<Self> {
        let mut keys: Vec<Self> = [
            &b"\0"[..],
            b"\0\0",
            b"\xff",
            b"a",
            b"a\0",
            b"\n",
            b"\\\"\r\n\t",
        ]
        .map(Self::from)
        .to_vec();
        keys.push((0..=255).collect());
        keys.push((0..=255).rev().cycle().take(LARGE).collect());
        keys
    }

    fn plain(n: u64) -> Self {
        [b"plain", &n.to_be_bytes()[..]].concat()
    }

    fn lend(&self) -> &[u8] {
        self
    }

    fn packed(&self) -> Vec<u8> {
        self.clone()
    }

    fn shown(&self) -> Vec<u8> {
        hex(self).into_bytes()
    }
}

/// The numbers at which the packing of positive integers takes another byte, and their neighbours.
const STEPS: [u64; 14] = [
    0,
    1,
    62,
    63,
    64,
    65,
    8255,
    8256,
    8257,
    8511,
    8512,
    65_535,
    4_294_975_551,
    4_294_975_552,
];

impl Sample for i64 {
    const NAME: &'static str = "signed";

    fn values() -> Vec<Self> {
        let mut values: Vec<Self> = STEPS.iter().map(|step| step.cast_signed()).collect();
        values.extend(STEPS.iter().skip(1).map(|step| -step.cast_signed()));
        // Where the bytes of a negative number start to count.
        values.extend([-65_536, -65_537, -16_777_216, -16_777_217, Self::MIN + 1]);
        values.extend([Self::MIN, Self::MAX]);
        values
    }

    fn plain(n: u64) -> Self {
        1_000_000 + n.cast_signed()
    }

    fn lend(&self) -> Self {
        *self
    }

    fn packed(&self) -> Vec<u8> {
        pack_signed(*self)
    }

    fn shown(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

impl Sample for u64 {
    const NAME: &'static str = "unsigned";

    fn values() -> Vec<Self> {
        let mut values = STEPS.to_vec();
        let middle = i64::MAX.cast_unsigned();
        values.extend([middle, middle + 1, Self::MAX - 1, Self::MAX]);
        values
    }

    fn plain(n: u64) -> Self {
        1_000_000 + n
    }

    fn lend(&self) -> Self {
        *self
    }

    fn packed(&self) -> Vec<u8> {
        pack_unsigned(*self)
    }

    fn shown(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

/// Up to 63 in one byte `10xxxxxx`; up to 8255 in `110xxxxx` and another; larger ones, less 8256,
/// after `1110nnnn` in as few bytes as they need.
fn pack_unsigned(number: u64) -> Vec<u8> {
    match number {
        ..64 => vec![0x80 + number.to_be_bytes()[7]],
        64..8256 => {
            let [.., high, low] = (number - 64).to_be_bytes();
            vec![0xc0 + high, low]
        }
        _ => {
            let rest = (number - 8256).to_be_bytes();
            let zeros = rest.iter().take(7).take_while(|byte| **byte == 0).count();
            [&[0xe0 + 8 - zeros as u8], &rest[zeros..]].concat()
        }
    }
}

/// Negative numbers down to -64 in `01xxxxxx`; down to -8256 in `001xxxxx` and another; smaller
/// ones after `0001nnnn` without their n leading bytes of ones.
fn pack_signed(number: i64) -> Vec<u8> {
    match number {
        0.. => pack_unsigned(number.unsigned_abs()),
        -64.. => vec![0x40 + (number + 64).to_be_bytes()[7]],
        -8256.. => {
            let [.., high, low] = (number + 8256).to_be_bytes();
            vec![0x20 + high, low]
        }
        _ => {
            let bytes = number.to_be_bytes();
            let ones = bytes.iter().take_while(|byte| **byte == 0xff).count();
            [&[0x10 + ones as u8], &bytes[ones..]].concat()
        }
    }
}

/// Bytes as the tool prints them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
