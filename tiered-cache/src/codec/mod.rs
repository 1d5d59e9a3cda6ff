//! How the typed view turns values into bytes and back.
//!
//! | Codec | For | Feature |
//! |---|---|---|
//! | [`Raw`] | `Vec<u8>`, `Bytes` | |
//! | [`Text`] | `String`, `Arc<str>` | |
//! | `Json` | what Serde knows, readable by other programs | `json` |
//! | `Postcard` | what Serde knows, small | `postcard` |
//! | `Lz4` | any of these, compressed | `lz4` |

mod error;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "lz4")]
mod lz4;
mod plain;
#[cfg(feature = "postcard")]
mod postcard;

pub use self::error::{CodecError, CodecOperation};
#[cfg(feature = "json")]
pub use self::json::Json;
#[cfg(feature = "lz4")]
pub use self::lz4::Lz4;
pub use self::plain::{Raw, Text};
#[cfg(feature = "postcard")]
pub use self::postcard::Postcard;

/// Turns values into bytes and back.
///
/// Other programs can write what `decode` is given: it must answer every input with a value or an
/// error, and in memory that is bounded by the input.
///
/// # Examples
/// ```
/// use tiered_cache::codec::{Codec, CodecError};
///
/// /// A number as eight bytes.
/// struct Number;
///
/// impl Codec<u64> for Number {
///     fn encode(&self, value: &u64) -> Result<Vec<u8>, CodecError> {
///         Ok(value.to_be_bytes().to_vec())
///     }
///
///     fn decode(&self, bytes: &[u8]) -> Result<u64, CodecError> {
///         let bytes = bytes.try_into().map_err(|e| CodecError::decode("number", e))?;
///         Ok(u64::from_be_bytes(bytes))
///     }
/// }
///
/// assert_eq!(Number.decode(&Number.encode(&7)?)?, 7);
/// assert!(Number.decode(b"7").is_err());
/// # Ok::<(), CodecError>(())
/// ```
pub trait Codec<T>: Send + Sync {
    /// The bytes to store for `value`.
    ///
    /// # Errors
    /// The codec cannot express the value; see [`CodecError::cause`].
    fn encode(&self, value: &T) -> Result<Vec<u8>, CodecError>;

    /// The value that `bytes` stand for.
    ///
    /// # Errors
    /// The bytes are not what [`encode`](Self::encode) makes of a value: another program wrote
    /// them, or an earlier version of the type. Removing or overwriting the key is the remedy.
    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError>;
}
