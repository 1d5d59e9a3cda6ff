//! The engine's format language: what a key or a value is made of.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// More columns than any table has; a repeat such as `4000000000i` would only take memory.
const MAX_FIELDS: usize = 1 << 14;

/// A format of the engine: the types of the columns of a key or a value, one letter each.
///
/// | letter | a column of | [`Value`](crate::Value) |
/// |---|---|---|
/// | `b`, `h`, `i`, `l`, `q` | signed numbers of 8, 16, 32, 32 and 64 bits | `Int` |
/// | `B`, `H`, `I`, `L`, `Q` | unsigned numbers of the same | `Uint` |
/// | `r` | record numbers, from 1 to 2⁶³−1 | `Uint` |
/// | `R` | unsigned numbers of 64 bits as the machine has them, little-endian | `Uint` |
/// | `t`, `3t` | bit fields of 1 to 8 bits | `Uint` |
/// | `S` | text of any length, without a NUL | `Str` |
/// | `10S` | text of at most 10 bytes; longer text is cut, as the engine does | `Str` |
/// | `s`, `10s` | exactly 1 or 10 bytes; fewer are filled up with zeros | `Bytes` |
/// | `u` | bytes of any length, with the length in front unless they are the last column | `Bytes` |
/// | `10u` | exactly 10 bytes; more are cut and fewer filled up, as the engine does | `Bytes` |
/// | `U` | as `u`, always with the length in front | `Bytes` |
/// | `x`, `10x` | nothing: 1 or 10 zero bytes | none |
///
/// A number before the letter of an integer repeats it: `3i` is `iii`. A dot in front of all is
/// skipped. Two formats are equal if the same values give the same bytes.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// use wiredtiger::{Format, Value};
///
/// let format: Format = "5sHq".parse()?;
/// let bytes = format.pack(&["USA".into(), 1990.into(), 300_000_000.into()])?;
/// let row = format.row(&bytes)?;
/// assert_eq!(row.get(1)?, Value::Uint(1990));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Format {
    text: Box<str>,
    fields: Box<[Field]>,
}

/// What the bytes of one column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Field {
    /// Zero bytes; no column.
    Pad(u32),
    SignedByte,
    Byte,
    Bits(u8),
    /// A signed number that must fit into so many bits.
    Signed(u8),
    Unsigned(u8),
    RecordNumber,
    /// Eight bytes in the order of the machine.
    Machine,
    /// Text and a NUL.
    Text,
    FixedText(u32),
    Chars(u32),
    /// All the rest.
    Rest,
    Prefixed,
    FixedBytes(u32),
    /// A size in front, and a fixed one besides.
    PrefixedFixed(u32),
}

impl Field {
    /// Whether the field has a value.
    pub(super) fn is_column(self) -> bool {
        !matches!(self, Self::Pad(_))
    }
}

impl Format {
    /// The format that `text` says.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): an unknown letter, a size that the
    /// letter cannot have, or one of `@`, `<` and `>`, which the engine reserves.
    pub fn new(text: &str) -> Result<Self> {
        Self::parse(text, false)
    }

    /// As [`new`](Self::new), when other columns may follow: then `u` at the end has its length in
    /// front.
    pub(crate) fn parse(text: &str, followed: bool) -> Result<Self> {
        let mut fields = Vec::new();
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .ok_or_else(|| refuse(text, "it ends with a size, and no letter"))?;
            let size = match &rest[..digits] {
                "" => None,
                size => Some(
                    size.parse::<u32>()
                        .map_err(|_| refuse(text, "a size is larger than 4294967295"))?,
                ),
            };
            let letter = rest[digits..].chars().next().unwrap_or_default();
            rest = &rest[digits + letter.len_utf8()..];
            let last = rest.is_empty() && !followed;
            let field = field(letter, size, last).map_err(|why| refuse(text, &why))?;
            let repeats = if is_integer(letter) {
                size.unwrap_or(1)
            } else {
                1
            };
            if repeats as usize > MAX_FIELDS - fields.len() {
                return Err(refuse(text, "it has more than 16384 columns"));
            }
            fields.extend(std::iter::repeat_n(field, repeats as usize));
        }
        Ok(Self {
            text: text.into(),
            fields: fields.into(),
        })
    }

    /// The format as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many columns there are.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.fields.iter().filter(|field| field.is_column()).count()
    }

    /// Whether a key of this format is a record number: the table is a column store then.
    #[must_use]
    pub fn is_record_number(&self) -> bool {
        *self.fields == [Field::RecordNumber]
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }
}

/// Letters before which a number is a count.
fn is_integer(letter: char) -> bool {
    "bhilqBHILQrR".contains(letter)
}

fn field(letter: char, size: Option<u32>, last: bool) -> Result<Field, String> {
    Ok(match (letter, size) {
        ('x', size) => Field::Pad(size.unwrap_or(1)),
        ('b', _) => Field::SignedByte,
        ('B', _) => Field::Byte,
        ('h', _) => Field::Signed(16),
        ('i' | 'l', _) => Field::Signed(32),
        ('q', _) => Field::Signed(64),
        ('H', _) => Field::Unsigned(16),
        ('I' | 'L', _) => Field::Unsigned(32),
        ('Q', _) => Field::Unsigned(64),
        ('r', _) => Field::RecordNumber,
        ('R', _) => Field::Machine,
        ('t', size) => match size.unwrap_or(1) {
            bits @ 1..=8 => Field::Bits(bits as u8),
            _ => return Err("bit fields have 1 to 8 bits".into()),
        },
        ('S' | 's', Some(0)) => return Err("text has at least one byte".into()),
        ('S', None) => Field::Text,
        ('S', Some(size)) => Field::FixedText(size),
        ('s', size) => Field::Chars(size.unwrap_or(1)),
        ('u', Some(size)) => Field::FixedBytes(size),
        ('u', None) if last => Field::Rest,
        ('u' | 'U', None) => Field::Prefixed,
        ('U', Some(size)) => Field::PrefixedFixed(size),
        (other, _) => return Err(format!("{other:?} is no type")),
    })
}

#[cold]
fn refuse(text: &str, why: &str) -> Error {
    let kind = ErrorKind::of_invalid(text);
    Error::new(kind, "format", format!("{why}, in {text:?}"))
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
}

impl Eq for Format {}

impl Hash for Format {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fields.hash(state);
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Format({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_mean_the_same_are_equal() {
        let format = |text| Format::new(text).unwrap();
        for (one, other) in [
            ("3i", "iii"),
            (".q", "q"),
            ("uq", "Uq"),
            ("s", "1s"),
            ("t", "1t"),
            ("il", "2i"),
            ("0iq", "q"),
            ("x", "1x"),
        ] {
            assert_eq!(format(one), format(other), "{one} {other}");
        }
        for (one, other) in [
            ("u", "U"),
            ("i", "q"),
            ("b", "B"),
            ("S", "5S"),
            ("Su", "SU"),
        ] {
            assert_ne!(format(one), format(other), "{one} {other}");
        }
        assert_eq!(format("u0i"), format("U"));
        assert_eq!(format("3ix2tS").columns(), 5);
        assert_eq!(Format::parse("Su", true).unwrap(), format("SU"));
        assert!(format("r").is_record_number() && !format("rr").is_record_number());
    }

    #[test]
    fn what_is_no_format_is_refused() {
        for text in [
            "@i",
            "<i",
            ">i",
            "..i",
            "i.",
            "3",
            "i3",
            "j",
            "J",
            "K",
            "z",
            "ä",
            "0t",
            "9t",
            "0s",
            "0S",
            "4294967296x",
            "16385i",
            "4000000000q",
            "i q",
            "i,q",
            "-1i",
        ] {
            let error = Format::new(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
        }
        assert_eq!(
            Format::new("i\0").unwrap_err().kind(),
            ErrorKind::InteriorNul
        );
        assert!(Format::new("16384i").is_ok());
    }
}
