//! Keys and values as the engine's format language packs them.
//!
//! The bytes are those of the engine's own packing, so tables are readable by its C tools and by
//! programs in other languages. Integers are packed so that the order of the bytes is the order
//! of the numbers.

mod column;
mod format;
pub(crate) mod int;
mod pack_as;
mod pieces;
mod row;
mod scalars;
mod take;
mod tuples;
mod value;

pub use format::Format;
pub use pack_as::PackAs;
pub(crate) use pieces::Piece;
pub use row::{Row, RowIter};
pub use scalars::{Bits, RecordNumber};
pub use value::Value;

use take::{take_prefixed, take_text};

use crate::error::{Error, ErrorKind, Result};

/// A type that a table can have as its key or value.
///
/// | type | format | borrowed as | on disk |
/// |---|---|---|---|
/// | `String` | `S` | `&str` | UTF-8 with a NUL at the end; no NUL inside |
/// | `Vec<u8>` | `u` | `&[u8]` | the bytes |
/// | `i64` | `q` | `i64` | 1 to 9 bytes, small numbers short |
/// | `u64` | `Q` | `u64` | 1 to 9 bytes, small numbers short |
/// | `i16`, `i32` | `h`, `i` | itself | as `i64` |
/// | `u16`, `u32` | `H`, `I` | itself | as `u64` |
/// | `i8`, `u8` | `b`, `B` | itself | 1 byte |
/// | `bool` | `B` | itself | 1 byte, 0 or 1 |
/// | `[u8; N]` | `Nu` | `&[u8; N]` | the bytes |
/// | [`Bits<N>`](crate::Bits) | `Nt` | itself | 1 byte; in a column store N bits |
/// | [`RecordNumber`](crate::RecordNumber) | `r` | itself | as `u64`; the key of a column store |
/// | tuples of up to 8 | one after the other | a tuple of these | one after the other |
/// | types with [`PackAs`](crate::PackAs) | that of another type | of your choice | as the other |
///
/// A `Vec<u8>` in a tuple, unless it is the last of it, has its length in front.
///
/// The trait is sealed: bytes that another program or the engine itself would split wrongly cannot
/// be made. For types of your own there is [`PackAs`](crate::PackAs).
pub trait Pack: sealed::Sealed + Sized + 'static {
    /// The form that calls take and reads hand out, without a copy of the data.
    type Ref<'a>: Copy;

    /// The engine's format of the type.
    const FORMAT: &'static str;

    /// Whether packing makes bytes of its own, for which a buffer is worth keeping.
    #[doc(hidden)]
    const USES_SCRATCH: bool = true;

    /// The packed bytes of `value`, made in `scratch` where they are not there already.
    ///
    /// # Errors
    /// [`ErrorKind::InteriorNul`] for a string with a NUL inside, which its format cannot hold.
    fn pack<'v, 's, 'o>(value: Self::Ref<'v>, scratch: &'s mut Vec<u8>) -> Result<&'o [u8]>
    where
        'v: 'o,
        's: 'o;

    /// The value that `bytes` hold.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when they are not what the format promises; another program may have
    /// written them.
    fn unpack(bytes: &[u8]) -> Result<Self::Ref<'_>>;

    /// A copy that does not depend on the engine's memory.
    fn to_owned(value: Self::Ref<'_>) -> Self;

    /// Appends the packed bytes of `value` as a column, the `last` one or one of several.
    #[doc(hidden)]
    fn append(value: Self::Ref<'_>, last: bool, out: &mut Vec<u8>) -> Result<()>;

    /// The value of a column at the beginning of `bytes`, which it is taken from.
    #[doc(hidden)]
    fn take<'a>(bytes: &mut &'a [u8], last: bool) -> Result<Self::Ref<'a>>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for String {}
    impl Sealed for Vec<u8> {}
    impl Sealed for i64 {}
    impl Sealed for u64 {}
}

#[cold]
pub(crate) fn decode(message: &str) -> Error {
    Error::new(ErrorKind::Decode, "unpack", message)
}

#[cold]
pub(crate) fn interior_nul(at: usize) -> Error {
    Error::new(
        ErrorKind::InteriorNul,
        "pack",
        format!("the string has a NUL at byte {at}; use Vec<u8> for such data"),
    )
}

/// The text of `bytes`, which were stored as a string.
#[inline]
fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes)
        .map_err(|why| decode(&format!("a string is not UTF-8: {why}; read it as Vec<u8>")))
}

impl Pack for String {
    type Ref<'a> = &'a str;

    const FORMAT: &'static str = "S";

    #[inline]
    fn pack<'v, 's, 'o>(value: &'v str, scratch: &'s mut Vec<u8>) -> Result<&'o [u8]>
    where
        'v: 'o,
        's: 'o,
    {
        if let Some(at) = value.bytes().position(|byte| byte == 0) {
            return Err(interior_nul(at));
        }
        scratch.clear();
        scratch.reserve(value.len() + 1);
        scratch.extend_from_slice(value.as_bytes());
        scratch.push(0);
        Ok(scratch)
    }

    #[inline]
    fn unpack(bytes: &[u8]) -> Result<&str> {
        let end = bytes
            .iter()
            .position(|byte| *byte == 0)
            .ok_or_else(|| decode("a string has no NUL at its end"))?;
        if end + 1 != bytes.len() {
            return Err(decode("a string has bytes after its NUL"));
        }
        text(&bytes[..end])
    }

    #[inline]
    fn to_owned(value: &str) -> Self {
        value.into()
    }

    #[inline]
    fn append(value: &str, _: bool, out: &mut Vec<u8>) -> Result<()> {
        if let Some(at) = value.bytes().position(|byte| byte == 0) {
            return Err(interior_nul(at));
        }
        out.extend_from_slice(value.as_bytes());
        out.push(0);
        Ok(())
    }

    #[inline]
    fn take<'a>(bytes: &mut &'a [u8], _: bool) -> Result<&'a str> {
        take_text(bytes)
    }
}

impl Pack for Vec<u8> {
    type Ref<'a> = &'a [u8];

    const FORMAT: &'static str = "u";
    const USES_SCRATCH: bool = false;

    #[inline]
    fn pack<'v, 's, 'o>(value: &'v [u8], _: &'s mut Vec<u8>) -> Result<&'o [u8]>
    where
        'v: 'o,
        's: 'o,
    {
        Ok(value)
    }

    #[inline]
    fn unpack(bytes: &[u8]) -> Result<&[u8]> {
        Ok(bytes)
    }

    #[inline]
    fn to_owned(value: &[u8]) -> Self {
        value.into()
    }

    #[inline]
    fn append(value: &[u8], last: bool, out: &mut Vec<u8>) -> Result<()> {
        if !last {
            int::pack_unsigned(value.len() as u64, out);
        }
        out.extend_from_slice(value);
        Ok(())
    }

    #[inline]
    fn take<'a>(bytes: &mut &'a [u8], last: bool) -> Result<&'a [u8]> {
        if last {
            return Ok(std::mem::take(bytes));
        }
        take_prefixed(bytes)
    }
}

impl Pack for i64 {
    type Ref<'a> = Self;

    const FORMAT: &'static str = "q";

    #[inline]
    fn pack<'v, 's, 'o>(value: Self, scratch: &'s mut Vec<u8>) -> Result<&'o [u8]>
    where
        'v: 'o,
        's: 'o,
    {
        scratch.clear();
        int::pack_signed(value, scratch);
        Ok(scratch)
    }

    #[inline]
    fn unpack(bytes: &[u8]) -> Result<Self> {
        int::unpack_signed(bytes).ok_or_else(|| decode("not a packed signed integer"))
    }

    #[inline]
    fn to_owned(value: Self) -> Self {
        value
    }

    #[inline]
    fn append(value: Self, _: bool, out: &mut Vec<u8>) -> Result<()> {
        int::pack_signed(value, out);
        Ok(())
    }

    #[inline]
    fn take(bytes: &mut &[u8], _: bool) -> Result<Self> {
        int::take_signed(bytes).ok_or_else(|| decode("not a packed signed integer"))
    }
}

impl Pack for u64 {
    type Ref<'a> = Self;

    const FORMAT: &'static str = "Q";

    #[inline]
    fn pack<'v, 's, 'o>(value: Self, scratch: &'s mut Vec<u8>) -> Result<&'o [u8]>
    where
        'v: 'o,
        's: 'o,
    {
        scratch.clear();
        int::pack_unsigned(value, scratch);
        Ok(scratch)
    }

    #[inline]
    fn unpack(bytes: &[u8]) -> Result<Self> {
        int::unpack_unsigned(bytes).ok_or_else(|| decode("not a packed unsigned integer"))
    }

    #[inline]
    fn to_owned(value: Self) -> Self {
        value
    }

    #[inline]
    fn append(value: Self, _: bool, out: &mut Vec<u8>) -> Result<()> {
        int::pack_unsigned(value, out);
        Ok(())
    }

    #[inline]
    fn take(bytes: &mut &[u8], _: bool) -> Result<Self> {
        int::take_unsigned(bytes).ok_or_else(|| decode("not a packed unsigned integer"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed<T: Pack>(value: T::Ref<'_>) -> Vec<u8> {
        T::pack(value, &mut Vec::new()).unwrap().to_vec()
    }

    #[test]
    fn strings_end_in_one_nul() {
        assert_eq!(packed::<String>("hi"), b"hi\0");
        assert_eq!(packed::<String>(""), b"\0");
        assert_eq!(String::unpack(b"hi\0").unwrap(), "hi");
        let nul = String::pack("a\0b", &mut Vec::new()).unwrap_err();
        assert_eq!(nul.kind(), ErrorKind::InteriorNul);
        for bytes in [&b""[..], b"hi", b"a\0b\0", b"\xff\0", b"a\0b"] {
            assert_eq!(
                String::unpack(bytes).unwrap_err().kind(),
                ErrorKind::Decode,
                "{bytes:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn integers_survive_and_keep_their_order(a: i64, b: i64, c: u64, d: u64) {
            prop_assert_eq!(i64::unpack(&packed::<i64>(a)).unwrap(), a);
            prop_assert_eq!(packed::<i64>(a).cmp(&packed::<i64>(b)), a.cmp(&b));
            prop_assert_eq!(u64::unpack(&packed::<u64>(c)).unwrap(), c);
            prop_assert_eq!(packed::<u64>(c).cmp(&packed::<u64>(d)), c.cmp(&d));
        }

        #[test]
        fn small_integers_survive_and_keep_their_order(a in -70_000i64..70_000, b in -70_000i64..70_000) {
            prop_assert_eq!(i64::unpack(&packed::<i64>(a)).unwrap(), a);
            prop_assert_eq!(packed::<i64>(a).cmp(&packed::<i64>(b)), a.cmp(&b));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = String::unpack(&bytes);
            // What is accepted packs to the same bytes again: there is one packing of a number.
            if let Ok(number) = i64::unpack(&bytes) {
                prop_assert_eq!(packed::<i64>(number), bytes.clone());
            }
            if let Ok(number) = u64::unpack(&bytes) {
                prop_assert_eq!(packed::<u64>(number), bytes);
            }
        }
    }
}
