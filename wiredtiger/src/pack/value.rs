//! Values of columns whose types are known only at run time.

use std::fmt;

use super::format::{Field, Format};
use super::int::{self, Out};
use super::interior_nul;
use crate::error::{Error, ErrorKind, Result};

/// Larger keys and values cannot be stored.
const MAX_LEN: usize = u32::MAX as usize - 1024;

/// The value of one column.
///
/// Numbers are taken by any column whose range they are in, whichever of the two kinds they are.
/// Text is taken by columns of bytes, too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Of a signed column.
    Int(i64),
    /// Of an unsigned column, a record number or a bit field.
    Uint(u64),
    /// Of a column of text.
    Str(&'a str),
    /// Of a column of bytes.
    Bytes(&'a [u8]),
}

impl Value<'_> {
    fn int(self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(number),
            Self::Uint(number) => number.try_into().ok(),
            _ => None,
        }
    }

    fn uint(self) -> Option<u64> {
        match self {
            Self::Uint(number) => Some(number),
            Self::Int(number) => number.try_into().ok(),
            _ => None,
        }
    }
}

impl<'a> Value<'a> {
    /// The number, if it is one of the range of `i64`.
    #[must_use]
    pub fn as_int(self) -> Option<i64> {
        self.int()
    }

    /// The number, if it is one that is not negative.
    #[must_use]
    pub fn as_uint(self) -> Option<u64> {
        self.uint()
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, if it is text or bytes.
    #[must_use]
    pub fn as_bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Str(text) => Some(text.as_bytes()),
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($type:ty => $kind:ident,)*) => {
        $(impl From<$type> for Value<'_> {
            fn from(number: $type) -> Self {
                Self::$kind(number.into())
            }
        })*
    };
}

from! {
    i8 => Int, i16 => Int, i32 => Int, i64 => Int,
    u8 => Uint, u16 => Uint, u32 => Uint, u64 => Uint, bool => Uint,
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Str(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Uint(number) => write!(f, "{number}"),
            Self::Str(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
        }
    }
}

impl Format {
    /// How many bytes [`pack`](Self::pack) makes of `values`.
    ///
    /// # Errors
    /// As for [`pack`](Self::pack).
    pub fn packed_len(&self, values: &[Value<'_>]) -> Result<usize> {
        let mut count = Count(0);
        self.write(values, &mut count)?;
        if count.0 > MAX_LEN {
            return Err(encode("the packed bytes are more than 4294966271"));
        }
        Ok(count.0)
    }

    /// The packed bytes of `values`, one for each column.
    ///
    /// # Errors
    /// - [`Encode`](crate::ErrorKind::Encode): there are more or fewer values than columns, or a
    ///   value is not one that its column can hold; the message says which.
    /// - [`InteriorNul`](crate::ErrorKind::InteriorNul): text with a NUL inside.
    pub fn pack(&self, values: &[Value<'_>]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.pack_into_vec(values, &mut bytes)?;
        Ok(bytes)
    }

    /// As [`pack`](Self::pack), in place of what is in `bytes`.
    pub(crate) fn pack_into_vec(&self, values: &[Value<'_>], bytes: &mut Vec<u8>) -> Result<()> {
        let len = self.packed_len(values)?;
        bytes.clear();
        bytes
            .try_reserve(len)
            .map_err(|why| Error::new(ErrorKind::OutOfMemory, "pack", why.to_string()))?;
        self.write(values, bytes)
    }

    /// As [`pack`](Self::pack), into the beginning of `buffer`, without an allocation. The answer
    /// is how many bytes were written.
    ///
    /// # Errors
    /// As for [`pack`](Self::pack), and [`Encode`](crate::ErrorKind::Encode) when the buffer is too
    /// small; nothing is written then.
    pub fn pack_into(&self, values: &[Value<'_>], buffer: &mut [u8]) -> Result<usize> {
        let len = self.packed_len(values)?;
        let have = buffer.len();
        let Some(buffer) = buffer.get_mut(..len) else {
            return Err(encode(&format!(
                "{len} bytes do not fit into a buffer of {have}"
            )));
        };
        self.write(values, &mut Slice(buffer))?;
        Ok(len)
    }

    fn write(&self, values: &[Value<'_>], out: &mut impl Out) -> Result<()> {
        let mut rest = values.iter();
        for field in self.fields() {
            if !field.is_column() {
                write_pad(*field, out);
                continue;
            }
            let Some(value) = rest.next() else {
                return Err(self.wrong_count(values.len()));
            };
            if let Err(why) = write_column(*field, *value, out) {
                return Err(self.unfit(values.len() - rest.len(), *value, why));
            }
        }
        if rest.next().is_some() {
            return Err(self.wrong_count(values.len()));
        }
        Ok(())
    }

    #[cold]
    fn wrong_count(&self, given: usize) -> Error {
        encode(&format!(
            "{given} values for the {} columns of the format {self}",
            self.columns()
        ))
    }

    #[cold]
    fn unfit(&self, column: usize, value: Value<'_>, why: Unfit) -> Error {
        match why {
            Unfit::Nul(at) => interior_nul(at),
            Unfit::Other(why) => encode(&format!(
                "column {column} of the format {self} cannot hold {value:?}: {why}"
            )),
        }
    }
}

/// Why a value is not one of its column.
enum Unfit {
    Nul(usize),
    Other(&'static str),
}

fn write_pad(field: Field, out: &mut impl Out) {
    if let Field::Pad(size) = field {
        out.zeros(size as usize);
    }
}

fn write_column(field: Field, value: Value<'_>, out: &mut impl Out) -> Result<(), Unfit> {
    const NO_INT: Unfit = Unfit::Other("it is no number of its range");
    const NO_BYTES: Unfit = Unfit::Other("it is neither bytes nor text");
    let int = |bits: u8| {
        let number = value.int().ok_or(NO_INT)?;
        let beyond = 64 - u32::from(bits);
        (number << beyond >> beyond == number)
            .then_some(number)
            .ok_or(NO_INT)
    };
    let uint = |bits: u8| {
        let number = value.uint().ok_or(NO_INT)?;
        (number.leading_zeros() + u32::from(bits) >= 64)
            .then_some(number)
            .ok_or(NO_INT)
    };
    let bytes = || value.as_bytes().ok_or(NO_BYTES);
    match field {
        Field::Pad(_) => {}
        Field::SignedByte => out.put(&[int(8)?.cast_unsigned().wrapping_add(0x80) as u8]),
        Field::Byte => out.put(&[uint(8)? as u8]),
        Field::Bits(bits) => out.put(&[uint(bits)? as u8]),
        Field::Signed(bits) => int::pack_signed(int(bits)?, out),
        Field::Unsigned(bits) => int::pack_unsigned(uint(bits)?, out),
        Field::RecordNumber => match uint(63)? {
            0 => return Err(Unfit::Other("record numbers begin at 1")),
            number => int::pack_unsigned(number, out),
        },
        Field::Machine => out.put(&uint(64)?.to_le_bytes()),
        Field::Text | Field::FixedText(_) => {
            let bytes = bytes()?;
            if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
                return Err(Unfit::Nul(at));
            }
            match field {
                Field::FixedText(size) => {
                    if let (Some(text), Ok(size)) = (value.as_str(), usize::try_from(size))
                        && size < text.len()
                        && !text.is_char_boundary(size)
                    {
                        return Err(Unfit::Other("it would be cut inside a character"));
                    }
                    write_fixed(bytes, size, out);
                }
                _ => {
                    out.put(bytes);
                    out.put(&[0]);
                }
            }
        }
        Field::Chars(size) => {
            let bytes = bytes()?;
            if bytes.len() > size as usize {
                return Err(Unfit::Other("it is too long"));
            }
            write_fixed(bytes, size, out);
        }
        Field::Rest => out.put(bytes()?),
        Field::Prefixed => {
            let bytes = bytes()?;
            int::pack_unsigned(bytes.len() as u64, out);
            out.put(bytes);
        }
        Field::FixedBytes(size) => write_fixed(bytes()?, size, out),
        Field::PrefixedFixed(size) => {
            int::pack_unsigned(u64::from(size), out);
            write_fixed(bytes()?, size, out);
        }
    }
    Ok(())
}

/// So many bytes: cut, or filled up with zeros.
fn write_fixed(bytes: &[u8], size: u32, out: &mut impl Out) {
    let size = size as usize;
    let kept = &bytes[..bytes.len().min(size)];
    out.put(kept);
    out.zeros(size - kept.len());
}

#[cold]
pub(super) fn encode(why: &str) -> Error {
    Error::new(ErrorKind::Encode, "pack", why)
}

/// Counts only.
struct Count(usize);

impl Out for Count {
    fn put(&mut self, bytes: &[u8]) {
        self.0 = self.0.saturating_add(bytes.len());
    }

    fn zeros(&mut self, count: usize) {
        self.0 = self.0.saturating_add(count);
    }
}

/// The rest of a buffer that is large enough.
struct Slice<'a>(&'a mut [u8]);

impl Slice<'_> {
    fn take(&mut self, len: usize) -> &mut [u8] {
        let (taken, rest) = std::mem::take(&mut self.0).split_at_mut(len);
        self.0 = rest;
        taken
    }
}

impl Out for Slice<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.take(bytes.len()).copy_from_slice(bytes);
    }

    fn zeros(&mut self, count: usize) {
        self.take(count).fill(0);
    }
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
