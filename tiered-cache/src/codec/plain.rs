//! Values that are bytes already.

use std::sync::Arc;

use bytes::Bytes;

use super::{Codec, CodecError};

/// Bytes as they are: `Vec<u8>` or [`Bytes`].
///
/// # Examples
/// ```
/// use tiered_cache::codec::{Codec, Raw};
///
/// let value: Vec<u8> = Raw.decode(&[1, 2])?;
/// assert_eq!(Raw.encode(&value)?, [1, 2]);
/// # Ok::<(), tiered_cache::codec::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

/// Text in UTF-8: `String` or `Arc<str>`.
///
/// # Examples
/// ```
/// use tiered_cache::codec::{Codec, Text};
///
/// assert_eq!(Text.encode(&"Žižkov".to_owned())?, "Žižkov".as_bytes());
/// let value: Result<String, _> = Text.decode(&[0xff]);
/// assert!(value.is_err());
/// # Ok::<(), tiered_cache::codec::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Text;

impl Codec<Vec<u8>> for Raw {
    fn encode(&self, value: &Vec<u8>) -> Result<Vec<u8>, CodecError> {
        Ok(value.clone())
    }

    fn decode(&self, bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
        Ok(bytes.to_vec())
    }
}

impl Codec<Bytes> for Raw {
    fn encode(&self, value: &Bytes) -> Result<Vec<u8>, CodecError> {
        Ok(value.to_vec())
    }

    fn decode(&self, bytes: &[u8]) -> Result<Bytes, CodecError> {
        Ok(Bytes::copy_from_slice(bytes))
    }
}

impl Codec<String> for Text {
    fn encode(&self, value: &String) -> Result<Vec<u8>, CodecError> {
        Ok(value.as_bytes().to_vec())
    }

    fn decode(&self, bytes: &[u8]) -> Result<String, CodecError> {
        text(bytes).map(str::to_owned)
    }
}

impl Codec<Arc<str>> for Text {
    fn encode(&self, value: &Arc<str>) -> Result<Vec<u8>, CodecError> {
        Ok(value.as_bytes().to_vec())
    }

    fn decode(&self, bytes: &[u8]) -> Result<Arc<str>, CodecError> {
        text(bytes).map(Arc::from)
    }
}

fn text(bytes: &[u8]) -> Result<&str, CodecError> {
    str::from_utf8(bytes).map_err(|e| CodecError::decode("text", e))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::CodecOperation;

    #[test]
    fn text_that_is_none_is_an_error() {
        let error = Codec::<String>::decode(&Text, b"ab\xff").unwrap_err();
        assert_eq!(error.codec(), "text");
        assert_eq!(error.operation(), CodecOperation::Decode);
        assert!(error.cause().is::<std::str::Utf8Error>());
        let said = error.to_string();
        assert!(
            said.starts_with("text cannot decode the value: invalid utf-8"),
            "{said}"
        );
    }

    proptest! {
        #[test]
        fn bytes_are_what_they_were(bytes: Vec<u8>) {
            prop_assert_eq!(&Raw.encode(&bytes).unwrap(), &bytes);
            let decoded: Vec<u8> = Raw.decode(&bytes).unwrap();
            prop_assert_eq!(&decoded, &bytes);
            let decoded: Bytes = Raw.decode(&bytes).unwrap();
            prop_assert_eq!(Raw.encode(&decoded).unwrap(), bytes);
        }

        #[test]
        fn text_comes_back(text: String) {
            let bytes = Text.encode(&text).unwrap();
            let owned: String = Text.decode(&bytes).unwrap();
            let shared: Arc<str> = Text.decode(&bytes).unwrap();
            prop_assert_eq!(Text.encode(&shared).unwrap(), bytes);
            prop_assert_eq!(owned, text);
        }

        #[test]
        fn any_bytes_are_text_or_an_error(bytes: Vec<u8>) {
            let decoded: Result<String, _> = Text.decode(&bytes);
            prop_assert_eq!(decoded.is_ok(), str::from_utf8(&bytes).is_ok());
        }
    }
}
