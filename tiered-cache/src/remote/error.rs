//! What can go wrong at the remote, sorted by what it concerns.

use std::fmt;

/// An error of the remote store.
///
/// [`kind`](Self::kind) says what it concerns, and so what the cache does about it;
/// [`code`](Self::code) is the store's own word, `OOM` for example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteError {
    kind: RemoteErrorKind,
    code: Option<String>,
    message: String,
}

/// What an error concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RemoteErrorKind {
    /// No connection, or it broke: the fate of what was sent is unknown. Tried again for ever.
    Unavailable,
    /// No answer in time: as [`Unavailable`](Self::Unavailable).
    Timeout,
    /// The server is there and takes no writes for now: out of memory, loading, read-only,
    /// without a quorum. Nothing was applied. Tried again for ever.
    Refusing,
    /// The server does not accept the user, the password, or the user's right to the command.
    /// Tried again for ever, and reported as an alarm: somebody has to mend it.
    Credentials,
    /// This key only: its type, the user's right to it, its size. The key goes to the dead
    /// letters after a few attempts.
    Key,
    /// An answer that the protocol does not allow, or an address that is not valid.
    Protocol,
}

impl RemoteError {
    /// An error with a message.
    #[must_use]
    pub fn new(kind: RemoteErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            message: message.into(),
        }
    }

    /// The same with the store's own word for it.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// What it concerns.
    #[must_use]
    pub fn kind(&self) -> RemoteErrorKind {
        self.kind
    }

    /// The store's own word, `WRONGTYPE` for example, where it had one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What happened.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the error concerns one key, and not the store.
    #[must_use]
    pub fn is_about_a_key(&self) -> bool {
        self.kind == RemoteErrorKind::Key
    }

    /// Whether what was sent may have been applied all the same.
    #[must_use]
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(
            self.kind,
            RemoteErrorKind::Unavailable | RemoteErrorKind::Timeout | RemoteErrorKind::Protocol
        )
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) if !self.message.starts_with(code.as_str()) => {
                write!(f, "{code} {}", self.message)
            }
            _ => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for RemoteError {}
