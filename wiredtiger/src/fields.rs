//! Reading the packed keys and values of the engine's own cursors, field by field.

use crate::error::{Error, ErrorKind, Result};
use crate::pack::int;

/// What is left of a packed key or value.
pub(crate) struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// A signed integer: `i` or `q`.
    pub(crate) fn signed(&mut self) -> Result<i64> {
        int::take_signed(&mut self.0).ok_or_else(malformed)
    }

    /// An unsigned integer: `I` or `Q`.
    pub(crate) fn unsigned(&mut self) -> Result<u64> {
        int::take_unsigned(&mut self.0).ok_or_else(malformed)
    }

    /// An unsigned integer that has 32 bits.
    pub(crate) fn unsigned32(&mut self) -> Result<u32> {
        u32::try_from(self.unsigned()?).map_err(|_| malformed())
    }

    /// A string up to its NUL: `S`.
    pub(crate) fn string(&mut self) -> Result<String> {
        let end = self.0.iter().position(|byte| *byte == 0);
        let (text, rest) = self.0.split_at(end.ok_or_else(malformed)?);
        self.0 = &rest[1..];
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// Bytes with their length before them: `u` in front of other fields.
    pub(crate) fn sized(&mut self) -> Result<&'b [u8]> {
        let len = usize::try_from(self.unsigned()?).map_err(|_| malformed())?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// All that is left: `u` at the end.
    pub(crate) fn rest(self) -> &'b [u8] {
        self.0
    }
}

#[cold]
fn malformed() -> Error {
    let why = "a record of the engine is not as its format says";
    Error::new(ErrorKind::Decode, "unpack", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_one_another() {
        let bytes = [b'a', 0, 0x20, 0x00, 0x83, 1, 2, 3, 0xe1, 0x00, 9, 8];
        let mut fields = Fields::new(&bytes);
        assert_eq!(fields.string().unwrap(), "a");
        assert_eq!(fields.signed().unwrap(), -8256);
        assert_eq!(fields.sized().unwrap(), [1, 2, 3]);
        assert_eq!(fields.unsigned().unwrap(), 8256);
        assert_eq!(fields.rest(), [9, 8]);
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        for bytes in [
            &b""[..],
            b"\xc0",
            b"\xe8\x01",
            b"\x10\x01",
            b"\xff",
            b"\x00",
        ] {
            assert!(Fields::new(bytes).signed().is_err(), "{bytes:x?}");
            assert!(Fields::new(bytes).sized().is_err(), "{bytes:x?}");
        }
        assert!(Fields::new(b"ab").string().is_err());
        assert!(Fields::new(b"\x83\x01").sized().is_err());
    }
}
