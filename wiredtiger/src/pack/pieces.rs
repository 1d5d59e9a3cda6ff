//! The columns of packed bytes as a dump shows them: text may be of any encoding.

use super::decode;
use super::format::{Field, Format};
use super::take::{take, take_text_bytes, take_trimmed};
use super::value::Value;
use crate::error::Result;

/// The value of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Int(i64),
    Uint(u64),
    /// Without the NUL or the zeros behind it.
    Text(&'a [u8]),
    Bytes(&'a [u8]),
}

impl Format {
    /// The columns that `bytes` hold, all of them.
    pub(crate) fn pieces<'a>(&self, mut bytes: &'a [u8]) -> Result<Vec<Piece<'a>>> {
        let mut pieces = Vec::with_capacity(self.fields().len());
        for field in self.fields() {
            let piece = match field {
                Field::Text => Some(Piece::Text(take_text_bytes(&mut bytes)?)),
                Field::FixedText(size) => Some(Piece::Text(take_trimmed(&mut bytes, *size)?)),
                _ => take(*field, &mut bytes)?.map(|value| match (field, value) {
                    (_, Value::Int(number)) => Piece::Int(number),
                    (_, Value::Uint(number)) => Piece::Uint(number),
                    (Field::Chars(_), Value::Bytes(bytes)) => Piece::Text(bytes),
                    (_, Value::Bytes(bytes)) => Piece::Bytes(bytes),
                    (_, Value::Str(text)) => Piece::Text(text.as_bytes()),
                }),
            };
            pieces.extend(piece);
        }
        if bytes.is_empty() {
            Ok(pieces)
        } else {
            Err(decode("there are bytes after the last column"))
        }
    }

    /// Whether it has padding, which is no column.
    pub(crate) fn has_padding(&self) -> bool {
        self.fields().iter().any(|field| !field.is_column())
    }

    /// Which columns are text of a fixed size, filled up with zeros.
    pub(crate) fn fixed_texts(&self) -> Vec<bool> {
        let columns = self.fields().iter().filter(|field| field.is_column());
        columns
            .map(|field| matches!(field, Field::FixedText(_)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_encoding_is_a_piece() {
        let format = Format::new("rS3sx2Suq").unwrap();
        let bytes = b"\x81\xff\xfe\0ab\0\0c\0\x82\x01\x02\x7f";
        let pieces = [
            Piece::Uint(1),
            Piece::Text(b"\xff\xfe"),
            Piece::Text(b"ab\0"),
            Piece::Text(b"c"),
            Piece::Bytes(b"\x01\x02"),
            Piece::Int(-1),
        ];
        assert_eq!(format.pieces(bytes).unwrap(), pieces);
        let values = pieces.map(|piece| match piece {
            Piece::Int(number) => Value::Int(number),
            Piece::Uint(number) => Value::Uint(number),
            Piece::Text(bytes) | Piece::Bytes(bytes) => Value::Bytes(bytes),
        });
        assert_eq!(format.pack(&values).unwrap(), bytes);
        for cut in 0..bytes.len() {
            assert!(format.pieces(&bytes[..cut]).is_err(), "{cut}");
        }
        assert!(format.pieces(&[&bytes[..], b"\0"].concat()).is_err());
    }
}
