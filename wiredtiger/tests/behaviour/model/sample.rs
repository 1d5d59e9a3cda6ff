//! Keys and values by number: a model counts, and tables hold types.

use std::fmt::Debug;

use wiredtiger::{Bits, Pack, RecordNumber, Result, Table};

use super::stored::{On, Seen};

/// Keys have numbers below this one, unless they were appended; values as well.
pub(super) const KEYS: u16 = 20;
pub(super) const VALUES: u16 = 64;

/// A type that tables of these tests have.
pub(super) trait Sample: Pack + PartialEq + Debug {
    /// The one with this number. Those of keys have the order of their numbers.
    fn of(number: u16) -> Self;

    /// Whose number it says that it is.
    fn claims(&self) -> u16;

    /// The form that the crate's calls take.
    fn lend(&self) -> Self::Ref<'_>;

    /// The number of what was read, which must be all of it.
    fn number(read: Self::Ref<'_>) -> u16 {
        let read = Self::to_owned(read);
        let number = read.claims();
        assert_eq!(read, Self::of(number), "it is not what was written");
        number
    }

    /// Appends, where keys are record numbers.
    fn append_to<V: Sample>(_: &Table<Self, V>, _: On<'_, '_>, _: u16) -> Result<Seen> {
        Ok(Seen::Nothing)
    }
}

/// Where the packing takes another byte.
const SIGNED: [i64; KEYS as usize] = [
    i64::MIN,
    -65_537,
    -8257,
    -8256,
    -65,
    -64,
    -1,
    0,
    1,
    62,
    63,
    64,
    65,
    8255,
    8256,
    8257,
    8512,
    65_535,
    i64::MAX - 1,
    i64::MAX,
];

impl Sample for i64 {
    fn of(number: u16) -> Self {
        SIGNED[usize::from(number)]
    }

    fn claims(&self) -> u16 {
        let place = SIGNED.iter().position(|each| each == self);
        place.expect("a number that was stored") as u16
    }

    fn lend(&self) -> Self {
        *self
    }
}

impl Sample for u64 {
    fn of(number: u16) -> Self {
        // From one byte to nine.
        1 << (3 * u32::from(number))
    }

    fn claims(&self) -> u16 {
        (self.trailing_zeros() / 3) as u16
    }

    fn lend(&self) -> Self {
        *self
    }
}

impl Sample for RecordNumber {
    fn of(number: u16) -> Self {
        Self::new(u64::from(number) + 1).expect("not zero")
    }

    fn claims(&self) -> u16 {
        (self.get() - 1).try_into().expect("a small number")
    }

    fn lend(&self) -> Self {
        *self
    }

    fn append_to<V: Sample>(table: &Table<Self, V>, on: On<'_, '_>, value: u16) -> Result<Seen> {
        let value = V::of(value);
        let number = match on {
            On::Session(session) => session.append(table, value.lend()),
            On::Transaction(txn) => txn.append(table, value.lend()),
        };
        Ok(Seen::Appended(number?.claims()))
    }
}

impl Sample for Bits<6> {
    fn of(number: u16) -> Self {
        let number = u8::try_from(number).ok();
        number.and_then(Self::new).expect("six bits")
    }

    fn claims(&self) -> u16 {
        self.get().into()
    }

    fn lend(&self) -> Self {
        *self
    }
}

/// Some are of pages of their own.
fn is_long(number: u16) -> bool {
    number % 7 == 3
}

impl Sample for String {
    fn of(number: u16) -> Self {
        match number {
            0 => Self::new(),
            1 => "\u{1}".into(),
            _ if is_long(number) => format!("k{number:03}{}", "·".repeat(2000)),
            _ => format!("k{number:03}"),
        }
    }

    fn claims(&self) -> u16 {
        match self.get(1..4) {
            Some(digits) => digits.parse().expect("digits"),
            None => self.len() as u16,
        }
    }

    fn lend(&self) -> &str {
        self
    }
}

impl Sample for Vec<u8> {
    fn of(number: u16) -> Self {
        let length = if is_long(number) { 5000 } else { number };
        // Nothing, or its number all over.
        vec![number as u8; length.into()]
    }

    fn claims(&self) -> u16 {
        self.first().copied().unwrap_or_default().into()
    }

    fn lend(&self) -> &[u8] {
        self
    }
}

/// The column that an index is made of: several values have the same.
pub(super) fn column_of(value: u16) -> u16 {
    value % 8 * 1000
}

impl Sample for (u16, String) {
    fn of(number: u16) -> Self {
        (column_of(number), Sample::of(number))
    }

    fn claims(&self) -> u16 {
        self.1.claims()
    }

    fn lend(&self) -> (u16, &str) {
        (self.0, &self.1)
    }
}

impl Sample for (i32, Vec<u8>) {
    fn of(number: u16) -> Self {
        (-i32::from(number), Sample::of(number))
    }

    fn claims(&self) -> u16 {
        self.1.claims()
    }

    fn lend(&self) -> (i32, &[u8]) {
        (self.0, &self.1)
    }
}

impl Sample for (String, i16) {
    fn of(number: u16) -> Self {
        // Two keys have the same text.
        let second = if number.is_multiple_of(2) { -1 } else { 1 };
        (format!("{:02}", number / 2), second)
    }

    fn claims(&self) -> u16 {
        let half: u16 = self.0.parse().expect("digits");
        2 * half + u16::from(self.1 > 0)
    }

    fn lend(&self) -> (&str, i16) {
        (&self.0, self.1)
    }
}
