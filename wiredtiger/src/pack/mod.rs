//! Keys and values as the engine's format language packs them.
//!
//! The bytes are those of the engine's own packing, so tables are readable by its C tools and by
//! programs in other languages. Integers are packed so that the order of the bytes is the order
//! of the numbers.

pub(crate) mod int;

use crate::error::{Error, ErrorKind, Result};

/// A type that a table can have as its key or value.
///
/// | type | format | borrowed as | on disk |
/// |---|---|---|---|
/// | `String` | `S` | `&str` | UTF-8 with a NUL at the end; no NUL inside |
/// | `Vec<u8>` | `u` | `&[u8]` | the bytes |
/// | `i64` | `q` | `i64` | 1 to 9 bytes, small numbers short |
/// | `u64` | `Q` | `u64` | 1 to 9 bytes, small numbers short |
///
/// The trait is sealed: the set of formats grows with this crate.
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
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for String {}
    impl Sealed for Vec<u8> {}
    impl Sealed for i64 {}
    impl Sealed for u64 {}
}

#[cold]
fn decode(message: &str) -> Error {
    Error::new(ErrorKind::Decode, "unpack", message)
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
            return Err(Error::new(
                ErrorKind::InteriorNul,
                "pack",
                format!("the string has a NUL at byte {at}; use Vec<u8> for such data"),
            ));
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
        std::str::from_utf8(&bytes[..end])
            .map_err(|why| decode(&format!("a string is not UTF-8: {why}; read it as Vec<u8>")))
    }

    #[inline]
    fn to_owned(value: &str) -> Self {
        value.into()
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
