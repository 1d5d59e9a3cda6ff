//! Postcard, by the crate of that name.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, CodecError};

const NAME: &str = "postcard";

/// Postcard: small and fast, without field names.
///
/// The bytes mean nothing without the type: a field that is added, removed or moved makes old
/// values errors or, worse, other values. Use new keys for a changed type.
///
/// Neither nesting nor the number of elements that take no bytes, as in `Vec<()>`, is limited when
/// decoding: do not use it for such types, or types that contain themselves, where others can write
/// to the store.
///
/// # Examples
/// ```
/// use tiered_cache::codec::{Codec, Postcard};
///
/// let scores = vec![("ann".to_owned(), 3_u32), ("bob".to_owned(), 5)];
/// let bytes = Postcard.encode(&scores)?;
/// assert_eq!(bytes.len(), 11);
/// let decoded: Vec<(String, u32)> = Postcard.decode(&bytes)?;
/// assert_eq!(decoded, scores);
/// # Ok::<(), tiered_cache::codec::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Postcard;

impl<T: Serialize + DeserializeOwned> Codec<T> for Postcard {
    fn encode(&self, value: &T) -> Result<Vec<u8>, CodecError> {
        postcard::to_stdvec(value).map_err(|e| CodecError::encode(NAME, e))
    }

    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError> {
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => {
                let cause = format!("{} bytes behind the value", rest.len());
                Err(CodecError::decode(NAME, cause))
            }
            Err(e) => Err(CodecError::decode(NAME, e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Value = (Vec<(i64, Option<String>)>, char);

    fn decode(bytes: &[u8]) -> Result<Value, CodecError> {
        Postcard.decode(bytes)
    }

    #[test]
    fn a_declared_length_allocates_nothing() {
        let bytes = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        assert!(Codec::<Vec<u64>>::decode(&Postcard, &bytes).is_err());
        assert!(Codec::<String>::decode(&Postcard, &bytes).is_err());
        assert!(Codec::<BTreeMap<u8, u8>>::decode(&Postcard, &bytes).is_err());
    }

    #[test]
    fn bytes_behind_the_value_are_an_error() {
        let error = Codec::<u8>::decode(&Postcard, &[1, 2]).unwrap_err();
        assert!(
            error.to_string().ends_with("1 bytes behind the value"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn values_come_back(value: Value, cut: prop::sample::Index) {
            let bytes = Postcard.encode(&value).unwrap();
            prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
            prop_assert_eq!(decode(&bytes).unwrap(), value);
        }

        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
