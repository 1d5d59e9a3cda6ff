//! Errors: what a caller can do about it, and what happened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::remote::RemoteError;

/// The result of an operation on the cache.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed.
///
/// That a key is absent is no error: reads answer `None`.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The key is not here, and the remote could not be asked. It may exist. Try again later, or
    /// answer from elsewhere.
    #[error("the remote cannot be asked: {0}")]
    RemoteUnavailable(RemoteError),

    /// The remote was asked and has an answer that is no value: the key has another type there, or
    /// the user no right to it.
    #[error("the remote has no value to give: {0}")]
    Remote(RemoteError),

    /// There is as much unflushed work as the settings allow, and none was flushed in time.
    /// Nothing was written. Try again when the remote is back, or raise the limit.
    #[error("{limit} reached, and no room after {waited:?}: is the remote away?")]
    Backpressure {
        /// Which limit.
        limit: Limit,
        /// How long the call waited for room.
        waited: Duration,
    },

    /// Written locally, and durable there; the remote has not acknowledged it in time. It will
    /// get it.
    #[error("written locally, but not acknowledged by the remote within {waited:?}")]
    NotAcknowledged {
        /// How long the call waited.
        waited: Duration,
    },

    /// Written locally, and the remote refused this key for good: it is among the dead letters.
    #[error("written locally, but refused by the remote: {reason}")]
    DeadLettered {
        /// The remote's last words.
        reason: String,
    },

    /// The value or key is larger than the settings allow, or all of a new content is. Nothing was
    /// written.
    #[error("the {what} has {size} bytes, and {max} are allowed")]
    TooLarge {
        /// `key`, `value` or, of a replacement, `content`.
        what: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        max: u64,
    },

    /// A setting is not valid; the message says which and why.
    #[error("settings: {0}")]
    Config(String),

    /// Another process, or another cache of this one, has the home open. Close it there, or use
    /// another folder.
    #[error("the home {} is in use by another cache: {why}", home.display())]
    HomeInUse {
        /// The folder.
        home: PathBuf,
        /// The engine's words.
        why: String,
    },

    /// The cache has been closed.
    #[error("the cache is closed")]
    Closed,

    /// The loader of [`get_or_insert_with`](crate::TieredCache::get_or_insert_with) failed; all
    /// who waited for it get its error.
    #[error("the loader failed: {0}")]
    Loader(Arc<dyn std::error::Error + Send + Sync>),

    /// A value of the typed view cannot be made to bytes, or bytes are no such value.
    #[error("{0}")]
    Codec(Arc<crate::codec::CodecError>),

    /// The window of the change feed does not reach back so far. Begin again with what is there now:
    /// a [`watch`](crate::TieredCache::watch) from 0.
    #[error("version {requested} is too old: the feed goes back to {oldest}")]
    TooOld {
        /// The version after which events were asked for.
        requested: u64,
        /// The lowest version that could be asked for.
        oldest: u64,
    },

    /// The local tier has not reached the version, in the time that was given. Try again, or do with
    /// the version that it has.
    #[error("version {requested} is too new: the cache is at {current}")]
    TooNew {
        /// The version that was asked for.
        requested: u64,
        /// The version that the local tier has reached.
        current: u64,
    },

    /// As many snapshots live as there may be. Drop one, or raise
    /// [`max_sessions`](crate::LocalConfig::max_sessions), of which snapshots can have half.
    #[error("{max} snapshots are open already, which is the limit")]
    TooManySnapshots {
        /// How many there may be.
        max: usize,
    },

    /// What a [`Snapshot`](crate::Snapshot) kept of the past has outgrown
    /// [`max_disk`](crate::LocalConfig::max_disk), and it was ended. Take a new one, or scan the cache
    /// itself, which keeps no past.
    #[error("the snapshot is too old: its history has outgrown the disk that the cache may take")]
    SnapshotTooOld,

    /// Stored bytes are not what this version writes. The message says what; the remote has the
    /// data, [`evict_local`](crate::TieredCache::evict_local) makes room for it.
    #[error("{0}")]
    Corrupt(String),

    /// The local engine failed: the disk is full or broken, or its files are. Nothing was written.
    #[error("the local engine failed: {0}")]
    Local(#[from] wiredtiger::Error),

    /// A part of the cache stopped working; the message says which. Close it and open it again.
    #[error("{0}")]
    Internal(String),
}

/// A bound on unflushed work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`max_dirty_keys`](crate::WriteConfig::max_dirty_keys).
    Keys,
    /// [`max_dirty_bytes`](crate::WriteConfig::max_dirty_bytes).
    Bytes,
    /// [`min_free_disk`](crate::WriteConfig::min_free_disk).
    FreeDisk,
    /// [`max_disk`](crate::LocalConfig::max_disk) or
    /// [`max_entries`](crate::LocalConfig::max_entries): what fills the local tier is unflushed,
    /// pinned, or kept by a rule, or room cannot be made as fast as it is taken.
    LocalTier,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keys => "the limit of unflushed keys (max_dirty_keys) is",
            Self::Bytes => "the limit of unflushed bytes (max_dirty_bytes) is",
            Self::FreeDisk => "the limit of free disk space (min_free_disk) is",
            Self::LocalTier => {
                "the bound of the local tier (max_disk, max_entries) is, by entries that cannot be \
                 evicted before they are flushed or unpinned,"
            }
        })
    }
}

impl Error {
    /// Whether the same call can succeed later, without anybody mending anything here.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::RemoteUnavailable(_)
            | Self::Backpressure { .. }
            | Self::NotAcknowledged { .. }
            | Self::TooNew { .. }
            | Self::TooManySnapshots { .. } => true,
            Self::Local(error) => error.is_retryable(),
            _ => false,
        }
    }
}
