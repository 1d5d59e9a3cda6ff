//! Errors: what kind, which operation, on what, and what the engine said.

use std::ffi::c_int;
use std::fmt;
use std::io;

use wiredtiger_sys as ffi;

/// The result of an operation on the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed, one word wide.
///
/// [`kind`](Error::kind) says what to do about it; [`code`](Error::code),
/// [`operation`](Error::operation), [`uri`](Error::uri) and [`message`](Error::message) say what
/// happened, in the engine's own words where it had some. That something is not there is no
/// error: reads answer `None`, removals `false`.
pub struct Error(Box<Detail>);

#[derive(Clone)]
struct Detail {
    kind: ErrorKind,
    code: c_int,
    operation: &'static str,
    uri: Option<String>,
    message: String,
}

/// What went wrong, by what a caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The transaction conflicts with another one, or ran out of time or cache. Roll it back and
    /// run it again; [`Session::run`](crate::Session::run) does that.
    Rollback,
    /// The cache of an in-memory database is full. Remove data or give it more
    /// [`cache_size`](crate::ConnectionOptions::cache_size).
    CacheFull,
    /// The value read is being decided by a prepared transaction. Try again once it is resolved.
    PrepareConflict,
    /// [`insert_new`](crate::Session::insert_new) found the key there already.
    DuplicateKey,
    /// Something else holds the object: another process has the home open, this process has it
    /// open already, or cursors are open on a table that needs to be alone.
    Busy,
    /// An argument or a setting is not valid; the message says which and why.
    InvalidArgument,
    /// A name, path or setting has a NUL byte inside.
    InteriorNul,
    /// The engine does not support this here.
    NotSupported,
    /// The table, or the database in a home, does not exist.
    NotFound,
    /// The object exists already.
    AlreadyExists,
    /// The types of a [`Table`](crate::Table) are not those of the table that is stored.
    TypeMismatch,
    /// A key or value cannot be packed in its format.
    Encode,
    /// Stored bytes are not what their format promises.
    Decode,
    /// Files of the database are damaged or missing. Restore a backup, or open with salvage.
    TrySalvage,
    /// The database needs recovery, which the settings forbid.
    RunRecovery,
    /// The engine stopped itself to protect the data. Every further call fails; close the
    /// connection, and open it again for recovery.
    Panic,
    /// The handle was made before a `fork` of the process. Only the parent may use it.
    Forked,
    /// No session was free in the pool before the time was over.
    PoolTimeout,
    /// Memory could not be allocated.
    OutOfMemory,
    /// The operating system failed a call.
    Io(io::ErrorKind),
    /// The engine failed without saying more than the message.
    Other,
}

impl ErrorKind {
    /// Of a text that is not valid where it stands.
    pub(crate) fn of_invalid(text: &str) -> Self {
        if text.contains('\0') {
            Self::InteriorNul
        } else {
            Self::InvalidArgument
        }
    }

    fn of(code: c_int) -> Self {
        match code {
            ffi::WT_ROLLBACK => Self::Rollback,
            ffi::WT_DUPLICATE_KEY => Self::DuplicateKey,
            ffi::WT_NOTFOUND | libc::ENOENT => Self::NotFound,
            ffi::WT_PANIC => Self::Panic,
            ffi::WT_RUN_RECOVERY => Self::RunRecovery,
            ffi::WT_CACHE_FULL => Self::CacheFull,
            ffi::WT_PREPARE_CONFLICT => Self::PrepareConflict,
            ffi::WT_TRY_SALVAGE => Self::TrySalvage,
            libc::EBUSY => Self::Busy,
            libc::EINVAL => Self::InvalidArgument,
            libc::ENOTSUP => Self::NotSupported,
            libc::EEXIST => Self::AlreadyExists,
            libc::ENOMEM => Self::OutOfMemory,
            code if code > 0 => Self::Io(io::Error::from_raw_os_error(code).kind()),
            _ => Self::Other,
        }
    }
}

impl Error {
    /// An error that this crate found itself, before or after the engine.
    pub(crate) fn new(
        kind: ErrorKind,
        operation: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Detail {
            kind,
            code: 0,
            operation,
            uri: None,
            message: message.into(),
        }))
    }

    /// An error that the engine returned, with what it said to its event handler.
    #[cold]
    pub(crate) fn engine(code: c_int, operation: &'static str, said: String) -> Self {
        let message = if said.is_empty() {
            describe(code)
        } else {
            said
        };
        Self(Box::new(Detail {
            kind: ErrorKind::of(code),
            code,
            operation,
            uri: None,
            message,
        }))
    }

    /// An error of the operating system outside the engine.
    pub(crate) fn io(operation: &'static str, what: impl fmt::Display, why: &io::Error) -> Self {
        let code = why.raw_os_error().unwrap_or(0);
        let kind = match why.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            kind => ErrorKind::Io(kind),
        };
        let message = format!("{what}: {why}");
        Self(Box::new(Detail {
            kind,
            code,
            operation,
            uri: None,
            message,
        }))
    }

    /// Names the object that the operation was about.
    pub(crate) fn on(mut self, uri: &str) -> Self {
        self.0.uri.get_or_insert_with(|| uri.to_owned());
        self
    }

    /// Adds why, if the message does not say so already.
    pub(crate) fn because(mut self, cause: &str) -> Self {
        if !self.0.message.contains(cause) {
            self.0.message.push_str("; first: ");
            self.0.message.push_str(cause);
        }
        self
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The engine's return code: one of its own negative numbers, an `errno`, or 0 for an error
    /// that this crate found before calling the engine.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.0.code
    }

    /// The operation that failed, by the engine's name: `WT_CURSOR.insert`, for example.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The object that the operation was about, where there is one: `table:orders`.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.0.uri.as_deref()
    }

    /// What happened: the engine's own message, or a description of the code.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether the same work can succeed when it is done again: in a new transaction if one was
    /// running.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Rollback | ErrorKind::PrepareConflict
        )
    }

    /// Whether the connection is of no further use and has to be closed.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Panic | ErrorKind::RunRecovery | ErrorKind::TrySalvage | ErrorKind::Forked
        )
    }
}

/// The engine's words for its codes. Its own function for that keeps unknown codes in one static
/// buffer that threads would share.
fn describe(code: c_int) -> String {
    let text = match code {
        ffi::WT_ROLLBACK => "conflict between concurrent operations",
        ffi::WT_DUPLICATE_KEY => "attempt to insert an existing key",
        ffi::WT_ERROR => "non-specific WiredTiger error",
        ffi::WT_NOTFOUND => "item not found",
        ffi::WT_PANIC => "WiredTiger library panic",
        ffi::WT_RUN_RECOVERY => "recovery must be run to continue",
        ffi::WT_CACHE_FULL => "operation would overflow the cache",
        ffi::WT_PREPARE_CONFLICT => "conflict with a prepared update",
        ffi::WT_TRY_SALVAGE => "database corruption detected",
        code if code > 0 => return io::Error::from_raw_os_error(code).to_string(),
        code => return format!("WiredTiger error {code}"),
    };
    text.to_owned()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.operation)?;
        if let Some(uri) = &self.0.uri {
            write!(f, " on {uri}")?;
        }
        write!(f, ": {}", self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("code", &self.0.code)
            .field("operation", &self.0.operation)
            .field("uri", &self.0.uri)
            .field("message", &self.0.message)
            .finish()
    }
}

impl Clone for Error {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Io(kind) => kind,
            ErrorKind::NotFound => io::ErrorKind::NotFound,
            ErrorKind::AlreadyExists | ErrorKind::DuplicateKey => io::ErrorKind::AlreadyExists,
            ErrorKind::Busy => io::ErrorKind::ResourceBusy,
            ErrorKind::InvalidArgument | ErrorKind::InteriorNul => io::ErrorKind::InvalidInput,
            ErrorKind::NotSupported => io::ErrorKind::Unsupported,
            ErrorKind::OutOfMemory => io::ErrorKind::OutOfMemory,
            ErrorKind::PoolTimeout => io::ErrorKind::TimedOut,
            ErrorKind::Decode | ErrorKind::Encode | ErrorKind::TrySalvage => {
                io::ErrorKind::InvalidData
            }
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn codes_have_kinds() {
        assert_eq!(ErrorKind::of(ffi::WT_ROLLBACK), ErrorKind::Rollback);
        assert_eq!(ErrorKind::of(ffi::WT_ERROR), ErrorKind::Other);
        assert_eq!(ErrorKind::of(libc::EBUSY), ErrorKind::Busy);
        assert_eq!(
            ErrorKind::of(libc::ENOSPC),
            ErrorKind::Io(io::ErrorKind::StorageFull)
        );
        assert_eq!(
            ErrorKind::of(libc::EACCES),
            ErrorKind::Io(io::ErrorKind::PermissionDenied)
        );
    }

    #[test]
    fn the_text_names_operation_object_and_cause() {
        let error =
            Error::engine(libc::EINVAL, "WT_SESSION.create", "bad key".into()).on("table:t");
        assert_eq!(error.to_string(), "WT_SESSION.create on table:t: bad key");
        let bare = Error::engine(ffi::WT_ROLLBACK, "WT_CURSOR.insert", String::new());
        assert!(bare.to_string().contains("conflict"));
        assert!(bare.is_retryable() && !bare.is_fatal());
    }
}
