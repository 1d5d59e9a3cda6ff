//! Small types: integers of fewer bits, truth values, fixed arrays, bit fields, record numbers.

use std::fmt;
use std::num::NonZeroU64;

use super::column::{pack_alone, unpack_alone};
use super::take::take_bytes;
use super::tuples::FormatText;
use super::{Pack, decode, sealed};
use crate::error::{Error, ErrorKind, Result};

/// A type that is its own borrowed form, and always packed as a column is.
macro_rules! copied {
    ($type:ty, $format:expr $(, $parameter:ident: $of:ty)?; $($column:item)*) => {
        impl $(<const $parameter: $of>)? sealed::Sealed for $type {}

        impl $(<const $parameter: $of>)? Pack for $type {
            type Ref<'a> = Self;

            const FORMAT: &'static str = $format;

            #[inline]
            fn pack<'v, 's, 'o>(value: Self, scratch: &'s mut Vec<u8>) -> Result<&'o [u8]>
            where
                'v: 'o,
                's: 'o,
            {
                pack_alone::<Self>(value, scratch)
            }

            #[inline]
            fn unpack(bytes: &[u8]) -> Result<Self> {
                unpack_alone::<Self>(bytes)
            }

            #[inline]
            fn to_owned(value: Self) -> Self {
                value
            }

            $($column)*
        }
    };
}

/// Integers whose packing is that of a wider one.
macro_rules! narrow {
    ($($type:ty as $wide:ty, $format:literal;)*) => {
        $(
            copied! {
                $type, $format;

                #[inline]
                fn append(value: Self, last: bool, out: &mut Vec<u8>) -> Result<()> {
                    <$wide>::append(value.into(), last, out)
                }

                #[inline]
                fn take(bytes: &mut &[u8], last: bool) -> Result<Self> {
                    <$wide>::take(bytes, last)?.try_into().map_err(|_| {
                        decode(concat!("a number is larger than ", stringify!($type)))
                    })
                }
            }
        )*
    };
}

narrow! {
    i16 as i64, "h";
    i32 as i64, "i";
    u16 as u64, "H";
    u32 as u64, "I";
}

/// Types of one byte.
macro_rules! byte {
    ($type:ty, $format:expr, $to:expr, $from:expr $(, $parameter:ident: $of:ty)?) => {
        copied! {
            $type, $format $(, $parameter: $of)?;

            #[inline]
            fn append(value: Self, _: bool, out: &mut Vec<u8>) -> Result<()> {
                let to: fn(Self) -> u8 = $to;
                out.push(to(value));
                Ok(())
            }

            #[inline]
            fn take(bytes: &mut &[u8], _: bool) -> Result<Self> {
                let from: fn(u8) -> Option<Self> = $from;
                let byte = take_bytes(bytes, 1)?.first().copied();
                byte.and_then(from)
                    .ok_or_else(|| decode(concat!("not a ", stringify!($type))))
            }
        }
    };
}

// The highest bit turned, so that the order of the bytes is that of the numbers.
byte!(i8, "b", |value| value.cast_unsigned() ^ 0x80, |byte| Some(
    (byte ^ 0x80).cast_signed()
));
byte!(u8, "B", |value| value, Some);
byte!(bool, "B", u8::from, |byte| (byte < 2).then_some(byte == 1));
byte!(
    Bits<BITS>,
    Self::FORMAT_TEXT.as_str(),
    Bits::get,
    Bits::new,
    BITS: u8
);

/// A bit field of 1 to 8 bits, `BITS` of them.
///
/// As the only value column of a table with record numbers it takes just so many bits in the file.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Bits, RecordNumber, Table, TableOptions};
///
/// type Flags = Bits<3>;
/// let flags: Table<RecordNumber, Flags> = session.create_table("flags", &TableOptions::new())?;
/// let first = RecordNumber::FIRST;
/// session.put(&flags, first, Flags::new(5).expect("three bits"))?;
/// assert_eq!(session.get_owned(&flags, first)?.map(Flags::get), Some(5));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bits<const BITS: u8>(u8);

impl<const BITS: u8> Bits<BITS> {
    const FORMAT_TEXT: &'static FormatText = &FormatText::sized(BITS as usize, b't');

    const SHIFT: u32 = {
        assert!(BITS >= 1 && BITS <= 8, "bit fields have 1 to 8 bits");
        BITS as u32
    };

    /// The bit field with this value; nothing if it has more bits.
    #[must_use]
    pub fn new(value: u8) -> Option<Self> {
        (u32::from(value) >> Self::SHIFT == 0).then_some(Self(value))
    }

    /// The value.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl<const BITS: u8> fmt::Debug for Bits<BITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bits<{BITS}>({})", self.0)
    }
}

/// The key of a column store: a number from 1 to 2⁶³−1.
///
/// A table with such keys keeps no keys in its file: the numbers are counted. Its values are best
/// numbered without large gaps; [`Session::append`](crate::Session::append) takes the next one.
/// The engine stops the whole database at the number 0, so there is none here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordNumber(NonZeroU64);

impl RecordNumber {
    /// The number 1.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// The record number; nothing for 0, and for more than 2⁶³−1.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        // The engine's packing of these keys has a sign.
        i64::try_from(number).ok()?;
        NonZeroU64::new(number).map(Self)
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl From<RecordNumber> for u64 {
    fn from(number: RecordNumber) -> Self {
        number.get()
    }
}

impl TryFrom<u64> for RecordNumber {
    type Error = Error;

    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for what [`new`](Self::new) has
    /// nothing for.
    fn try_from(number: u64) -> Result<Self> {
        Self::new(number).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                "record number",
                format!("{number} is none: they are from 1 to 9223372036854775807"),
            )
        })
    }
}

impl fmt::Display for RecordNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

copied! {
    RecordNumber, "r";

    #[inline]
    fn append(value: Self, last: bool, out: &mut Vec<u8>) -> Result<()> {
        u64::append(value.get(), last, out)
    }

    #[inline]
    fn take(bytes: &mut &[u8], last: bool) -> Result<Self> {
        Self::new(u64::take(bytes, last)?).ok_or_else(|| decode("not a record number"))
    }
}

/// Where the format of an array is put together.
struct ArrayFormat<const N: usize>;

impl<const N: usize> ArrayFormat<N> {
    const TEXT: &'static FormatText = {
        assert!(N <= u32::MAX as usize, "an array is larger than any format");
        &FormatText::sized(N, b'u')
    };
}

impl<const N: usize> sealed::Sealed for [u8; N] {}

impl<const N: usize> Pack for [u8; N] {
    type Ref<'a> = &'a [u8; N];

    const FORMAT: &'static str = ArrayFormat::<N>::TEXT.as_str();
    const USES_SCRATCH: bool = false;

    #[inline]
    fn pack<'v, 's, 'o>(value: &'v [u8; N], _: &'s mut Vec<u8>) -> Result<&'o [u8]>
    where
        'v: 'o,
        's: 'o,
    {
        Ok(value)
    }

    #[inline]
    fn unpack(bytes: &[u8]) -> Result<&[u8; N]> {
        unpack_alone::<Self>(bytes)
    }

    #[inline]
    fn to_owned(value: &[u8; N]) -> Self {
        *value
    }

    #[inline]
    fn append(value: &[u8; N], _: bool, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(value);
        Ok(())
    }

    #[inline]
    fn take<'a>(bytes: &mut &'a [u8], _: bool) -> Result<&'a [u8; N]> {
        let bytes = take_bytes(bytes, N)?;
        bytes
            .try_into()
            .map_err(|_| decode("bytes have another length than their type"))
    }
}
