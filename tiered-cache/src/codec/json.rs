//! JSON, by `serde_json`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, CodecError};

const NAME: &str = "json";

/// JSON: for values that other programs read, or that people look at in Redis.
///
/// Nesting is limited to 128 levels when decoding. NaN and infinite numbers become `null`, which
/// does not decode to a number: JSON cannot say them.
///
/// # Examples
/// ```
/// use tiered_cache::codec::{Codec, Json};
///
/// let scores = vec![("ann".to_owned(), 3), ("bob".to_owned(), 5)];
/// let bytes = Json.encode(&scores)?;
/// assert_eq!(bytes, br#"[["ann",3],["bob",5]]"#);
/// let decoded: Vec<(String, i32)> = Json.decode(&bytes)?;
/// assert_eq!(decoded, scores);
/// # Ok::<(), tiered_cache::codec::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl<T: Serialize + DeserializeOwned> Codec<T> for Json {
    fn encode(&self, value: &T) -> Result<Vec<u8>, CodecError> {
        serde_json::to_vec(value).map_err(|e| CodecError::encode(NAME, e))
    }

    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError> {
        serde_json::from_slice(bytes).map_err(|e| CodecError::decode(NAME, e))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::CodecOperation;

    type Value = Vec<(i64, Option<String>)>;

    fn decode(bytes: &[u8]) -> Result<Value, CodecError> {
        Json.decode(bytes)
    }

    #[test]
    fn a_map_without_text_keys_cannot_be_said() {
        let map = BTreeMap::from([(vec![1], 1)]);
        let error = Json.encode(&map).unwrap_err();
        assert_eq!(
            (error.codec(), error.operation()),
            (NAME, CodecOperation::Encode)
        );
        assert!(error.cause().is::<serde_json::Error>());
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let bytes = vec![b'['; 1 << 20];
        assert!(Codec::<serde_json::Value>::decode(&Json, &bytes).is_err());
    }

    #[test]
    fn more_than_one_value_is_an_error() {
        assert!(decode(b"[] []").is_err());
    }

    proptest! {
        #[test]
        fn values_come_back(value: Value, cut: prop::sample::Index) {
            let bytes = Json.encode(&value).unwrap();
            prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
            prop_assert_eq!(decode(&bytes).unwrap(), value);
        }

        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>, text: String) {
            let _ = decode(&bytes);
            let _ = Codec::<serde_json::Value>::decode(&Json, text.as_bytes());
        }
    }
}
