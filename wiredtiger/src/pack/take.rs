//! Columns out of packed bytes.

use super::format::Field;
use super::value::Value;
use super::{decode, int, text};
use crate::error::{Error, Result};

/// The value of a column at the beginning of `bytes`, which it is taken from; nothing for what is
/// no column.
pub(super) fn take<'a>(field: Field, bytes: &mut &'a [u8]) -> Result<Option<Value<'a>>> {
    const NO_INT: &str = "not a packed number";
    let value = match field {
        Field::Pad(size) => {
            if take_bytes(bytes, size as usize)?
                .iter()
                .any(|byte| *byte != 0)
            {
                return Err(decode("bytes that should be zero are not"));
            }
            return Ok(None);
        }
        Field::SignedByte => Value::Int(i64::from(
            take_byte(bytes)?.wrapping_sub(0x80).cast_signed(),
        )),
        Field::Byte => Value::Uint(take_byte(bytes)?.into()),
        Field::Bits(bits) => {
            let byte = take_byte(bytes)?;
            if u32::from(byte) >> bits != 0 {
                return Err(decode("a bit field has more bits than it should"));
            }
            Value::Uint(byte.into())
        }
        Field::Signed(bits) => {
            let number = int::take_signed(bytes).ok_or_else(|| decode(NO_INT))?;
            let beyond = 64 - u32::from(bits);
            if number << beyond >> beyond != number {
                return Err(decode("a number is larger than its type"));
            }
            Value::Int(number)
        }
        Field::Unsigned(bits) => {
            let number = int::take_unsigned(bytes).ok_or_else(|| decode(NO_INT))?;
            if number.leading_zeros() + u32::from(bits) < 64 {
                return Err(decode("a number is larger than its type"));
            }
            Value::Uint(number)
        }
        Field::RecordNumber => {
            let number = int::take_unsigned(bytes).ok_or_else(|| decode(NO_INT))?;
            if number == 0 || i64::try_from(number).is_err() {
                return Err(decode("not a record number"));
            }
            Value::Uint(number)
        }
        Field::Machine => {
            let bytes = take_bytes(bytes, 8)?;
            let number = bytes.try_into().map_err(|_| decode(NO_INT))?;
            Value::Uint(u64::from_le_bytes(number))
        }
        Field::Text => Value::Str(take_text(bytes)?),
        Field::FixedText(size) => Value::Str(text(take_trimmed(bytes, size)?)?),
        Field::Chars(size) | Field::FixedBytes(size) => {
            Value::Bytes(take_bytes(bytes, size as usize)?)
        }
        Field::Rest => Value::Bytes(std::mem::take(bytes)),
        Field::Prefixed => Value::Bytes(take_prefixed(bytes)?),
        Field::PrefixedFixed(size) => {
            let fixed = take_prefixed(bytes)?;
            if fixed.len() != size as usize {
                return Err(decode("bytes have another length than their type"));
            }
            Value::Bytes(fixed)
        }
    };
    Ok(Some(value))
}

/// Text of a fixed size, without the zeros that fill it up.
pub(super) fn take_trimmed<'a>(bytes: &mut &'a [u8], size: u32) -> Result<&'a [u8]> {
    let bytes = take_bytes(bytes, size as usize)?;
    let end = bytes.iter().position(|byte| *byte == 0);
    let (text, zeros) = bytes.split_at(end.unwrap_or(bytes.len()));
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(decode("a string has bytes after its NUL"));
    }
    Ok(text)
}

fn take_byte(bytes: &mut &[u8]) -> Result<u8> {
    let (byte, rest) = bytes.split_first().ok_or_else(too_short)?;
    *bytes = rest;
    Ok(*byte)
}

pub(super) fn take_bytes<'a>(bytes: &mut &'a [u8], size: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(size).ok_or_else(too_short)?;
    *bytes = rest;
    Ok(taken)
}

/// Text up to its NUL, which is taken, too.
pub(super) fn take_text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str> {
    text(take_text_bytes(bytes)?)
}

/// As [`take_text`], of any encoding.
pub(super) fn take_text_bytes<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .ok_or_else(|| decode("a string has no NUL at its end"))?;
    let taken = take_bytes(bytes, end + 1)?;
    Ok(&taken[..end])
}

/// Bytes with their length in front.
pub(super) fn take_prefixed<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let size = int::take_unsigned(bytes).ok_or_else(|| decode("a length is no packed number"))?;
    take_bytes(bytes, usize::try_from(size).map_err(|_| too_short())?)
}

#[cold]
fn too_short() -> Error {
    decode("the bytes end before their last column does")
}
