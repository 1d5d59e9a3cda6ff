//! What a codec has to say when it cannot.

use std::error::Error;
use std::fmt;

/// A value could not be turned into bytes, or bytes into a value.
///
/// The message ends in the cause; [`cause`](Self::cause) is the codec library's own error, to be
/// downcast where that matters.
#[derive(Debug, thiserror::Error)]
#[error("{codec} cannot {operation} the value: {cause}")]
pub struct CodecError {
    codec: &'static str,
    operation: CodecOperation,
    // Not named `source`: the message has it already, and a report would print it twice.
    cause: Box<dyn Error + Send + Sync>,
}

/// What a codec was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodecOperation {
    /// Turning a value into bytes.
    Encode,
    /// Turning bytes into a value.
    Decode,
}

impl CodecError {
    /// The codec of this name could not encode a value.
    #[must_use]
    pub fn encode(codec: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(codec, CodecOperation::Encode, cause.into())
    }

    /// The codec of this name could not decode a value.
    #[must_use]
    pub fn decode(codec: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(codec, CodecOperation::Decode, cause.into())
    }

    fn new(
        codec: &'static str,
        operation: CodecOperation,
        cause: Box<dyn Error + Send + Sync>,
    ) -> Self {
        Self {
            codec,
            operation,
            cause,
        }
    }

    /// The name of the codec, `json` for example.
    #[must_use]
    pub fn codec(&self) -> &'static str {
        self.codec
    }

    /// What it was doing.
    #[must_use]
    pub fn operation(&self) -> CodecOperation {
        self.operation
    }

    /// What is wrong with the value or the bytes.
    #[must_use]
    pub fn cause(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.cause.as_ref()
    }
}

impl fmt::Display for CodecOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encode => "encode",
            Self::Decode => "decode",
        })
    }
}
