//! Compression around another codec, by `lz4_flex`.

use lz4_flex::block;

use super::{Codec, CodecError};

const NAME: &str = "lz4";

/// The first byte of a value that follows as it is.
const STORED: u8 = 0;
/// The first byte of a value that follows as its length, in four bytes, little end first, and an
/// LZ4 block.
const COMPRESSED: u8 = 1;
const HEADER: usize = 5;

/// No block stands for more than this many times its own length, and a little more.
const MAX_RATIO: usize = 255;
/// A block of so few bytes is never shorter than they are, with its header.
const NOT_WORTH_IT: usize = 16;
const DEFAULT_LIMIT: usize = 64 << 20;

/// Compresses what another codec makes of a value.
///
/// One byte in front tells whether a value is compressed: those that do not shrink are stored as
/// they are, one byte longer. So other programs cannot read the values without knowing this, and
/// putting `Lz4` around the codec of a cache that has values makes them errors.
///
/// # Examples
/// ```
/// use tiered_cache::codec::{Codec, Lz4, Text};
///
/// let codec = Lz4::new(Text);
/// let page = "the same again, ".repeat(100);
/// let bytes = codec.encode(&page)?;
/// assert!(bytes.len() < page.len() / 10);
/// let decoded: String = codec.decode(&bytes)?;
/// assert_eq!(decoded, page);
/// # Ok::<(), tiered_cache::codec::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Lz4<C> {
    codec: C,
    limit: usize,
}

impl<C> Lz4<C> {
    /// Around this codec, with a limit of 64 MiB.
    #[must_use]
    pub fn new(codec: C) -> Self {
        Self {
            codec,
            limit: DEFAULT_LIMIT,
        }
    }

    /// With another limit on the length of a value before compression.
    ///
    /// A compressed value that says it is longer is an error before memory is taken for it;
    /// longer values are stored without compression.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    fn decompress(&self, bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
        let error = |cause: String| CodecError::decode(NAME, cause);
        let Some((declared, compressed)) = bytes.split_first_chunk() else {
            return Err(error("the length is cut off".into()));
        };
        let declared = u32::from_le_bytes(*declared);
        let length = usize::try_from(declared).unwrap_or(usize::MAX);
        if length > self.limit {
            let limit = self.limit;
            return Err(error(format!(
                "{declared} bytes, more than the limit of {limit}"
            )));
        }
        if length / MAX_RATIO > compressed.len() {
            return Err(error(format!(
                "{declared} bytes cannot be in so short a block"
            )));
        }
        let plain = block::decompress(compressed, length).map_err(|e| error(e.to_string()))?;
        if plain.len() != length {
            return Err(error(format!(
                "{} bytes instead of {declared}",
                plain.len()
            )));
        }
        Ok(plain)
    }
}

impl<C: Default> Default for Lz4<C> {
    fn default() -> Self {
        Self::new(C::default())
    }
}

impl<T, C: Codec<T>> Codec<T> for Lz4<C> {
    fn encode(&self, value: &T) -> Result<Vec<u8>, CodecError> {
        let plain = self.codec.encode(value)?;
        Ok(compress(&plain, self.limit).unwrap_or_else(|| {
            let mut stored = Vec::with_capacity(1 + plain.len());
            stored.push(STORED);
            stored.extend_from_slice(&plain);
            stored
        }))
    }

    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError> {
        match bytes.split_first() {
            Some((&STORED, plain)) => self.codec.decode(plain),
            Some((&COMPRESSED, rest)) => self.codec.decode(&self.decompress(rest)?),
            Some((tag, _)) => Err(CodecError::decode(NAME, format!("unknown tag {tag}"))),
            None => Err(CodecError::decode(NAME, "no bytes")),
        }
    }
}

/// `None` where it is not shorter, or too long for the limit.
fn compress(plain: &[u8], limit: usize) -> Option<Vec<u8>> {
    let declared = u32::try_from(plain.len()).ok()?;
    if plain.len() <= NOT_WORTH_IT || plain.len() > limit {
        return None;
    }
    let mut bytes = vec![0; HEADER + block::get_maximum_output_size(plain.len())];
    let (header, space) = bytes.split_first_chunk_mut::<HEADER>()?;
    let [tag, length @ ..] = header;
    *tag = COMPRESSED;
    *length = declared.to_le_bytes();
    let written = block::compress_into(plain, space).ok()?;
    if HEADER + written > plain.len() {
        return None;
    }
    bytes.truncate(HEADER + written);
    bytes.shrink_to_fit();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::{Raw, Text};

    fn encode(value: &[u8]) -> Vec<u8> {
        Lz4::new(Raw).encode(&value.to_vec()).unwrap()
    }

    fn decode(bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
        Lz4::new(Raw).decode(bytes)
    }

    fn error(bytes: &[u8]) -> String {
        decode(bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_does_not_shrink_is_stored() {
        assert_eq!(encode(b""), [STORED]);
        assert_eq!(encode(b"abc"), b"\0abc");
        let mut rng = fastrand::Rng::with_seed(1);
        let noise: Vec<u8> = (0..10_000).map(|_| rng.u8(..)).collect();
        assert_eq!(encode(&noise)[0], STORED);
        assert_eq!(encode(&noise)[1..], noise);
    }

    #[test]
    fn the_best_case_is_within_the_ratio() {
        for length in [17, 254, 1 << 10, 1 << 16, 10 << 20] {
            let bytes = encode(&vec![7; length]);
            assert_eq!(bytes[0], COMPRESSED);
            assert_eq!(decode(&bytes).unwrap(), vec![7; length]);
        }
    }

    #[test]
    fn values_beyond_the_limit_are_stored() {
        let codec = Lz4::new(Raw).with_limit(1000);
        let value = vec![7_u8; 1001];
        let bytes = codec.encode(&value).unwrap();
        assert_eq!(bytes[0], STORED);
        assert_eq!(Codec::<Vec<u8>>::decode(&codec, &bytes).unwrap(), value);
        let bytes = encode(&value);
        let error = Codec::<Vec<u8>>::decode(&codec, &bytes).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("1001 bytes, more than the limit of 1000")
        );
    }

    #[test]
    fn hostile_values_are_errors() {
        assert!(error(&[]).ends_with("no bytes"));
        assert!(error(&[2, 0]).ends_with("unknown tag 2"));
        assert!(error(&[COMPRESSED, 1, 0]).ends_with("the length is cut off"));
        assert!(error(&[COMPRESSED, 0xff, 0xff, 0xff, 0xff, 0]).contains("more than the limit"));
        assert!(error(&[COMPRESSED, 0, 0, 0, 4, 0]).ends_with("cannot be in so short a block"));
        let mut longer = encode(&[7; 100]);
        longer[1] += 1;
        assert!(error(&longer).ends_with("100 bytes instead of 101"));
        let mut shorter = encode(&[7; 100]);
        shorter[1] -= 1;
        assert!(error(&shorter).starts_with("lz4 cannot decode the value"));
    }

    #[test]
    fn the_inner_codec_has_its_own_errors() {
        let bytes = encode(&[0xff; 100]);
        let error = Codec::<String>::decode(&Lz4::<Text>::default(), &bytes).unwrap_err();
        assert_eq!(error.codec(), "text");
    }

    fn compressible() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec((any::<u8>(), 1..100_usize), 0..40)
            .prop_map(|runs| runs.into_iter().flat_map(|(b, n)| vec![b; n]).collect())
    }

    proptest! {
        #[test]
        fn values_come_back(noise: Vec<u8>, runs in compressible()) {
            for value in [noise, runs] {
                let bytes = encode(&value);
                prop_assert!(bytes.len() <= value.len() + 1);
                prop_assert_eq!(decode(&bytes).unwrap(), value);
            }
        }

        #[test]
        fn damaged_values_are_answered(
            value in compressible(),
            at: prop::sample::Index,
            with: u8,
            cut: prop::sample::Index,
        ) {
            let mut bytes = encode(&value);
            let cut = cut.index(bytes.len());
            if bytes[0] == COMPRESSED {
                prop_assert!(decode(&bytes[..cut]).is_err());
            }
            let at = at.index(bytes.len());
            bytes[at] = with;
            let _ = decode(&bytes);
        }

        #[test]
        fn any_bytes_are_answered(mut bytes: Vec<u8>, length in 0..100_000_u32) {
            let _ = decode(&bytes);
            bytes.splice(0..0, length.to_le_bytes());
            bytes.insert(0, COMPRESSED);
            if let Ok(value) = decode(&bytes) {
                prop_assert_eq!(value.len(), length as usize);
            }
        }
    }
}
