//! What calls of the cache answer.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::config::{Durability, OnStale};
use crate::local::dirty::RecordId;

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The local tier.
    Local,
    /// The remote.
    Remote,
}

/// What a read found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The value; `None`: the key is absent.
    pub value: Option<Bytes>,
    /// When it expires; `None`: never.
    pub expires_at: Option<SystemTime>,
    /// Where it came from.
    pub source: Source,
    /// It is older than [`max_age`](crate::ReadConfig::max_age), and may have changed at the
    /// remote since.
    pub stale: bool,
}

/// How a read is done, where it differs from the settings.
///
/// # Examples
/// ```
/// use tiered_cache::{OnStale, ReadOptions};
///
/// let quick = ReadOptions::new().on_stale(OnStale::Serve);
/// # let _ = quick;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct ReadOptions {
    pub(crate) on_stale: Option<OnStale>,
    pub(crate) timeout: Option<Duration>,
}

impl ReadOptions {
    /// As the settings say.
    pub fn new() -> Self {
        Self::default()
    }

    /// What to do with a clean entry that is older than `max_age`.
    pub fn on_stale(mut self, on_stale: OnStale) -> Self {
        self.on_stale = Some(on_stale);
        self
    }

    /// How long to wait for the remote.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// When a value expires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiry {
    /// Never.
    #[default]
    Never,
    /// After this time, counted from the call.
    In(Duration),
    /// At this time. A time that is over deletes the key.
    At(SystemTime),
    /// When the value before would have, as Redis's `KEEPTTL`. For a key that is not here the
    /// remote is asked.
    Keep,
}

/// How a value is set, where it differs from the settings.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use tiered_cache::{Durability, SetOptions};
///
/// let session = SetOptions::new()
///     .expires_in(Duration::from_secs(1800))
///     .durability(Durability::Disk);
/// # let _ = session;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct SetOptions {
    pub(crate) expiry: Expiry,
    pub(crate) durability: Option<Durability>,
}

impl SetOptions {
    /// Without expiry, at the durability of the settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// When the value expires. Kept to the millisecond.
    pub fn expiry(mut self, expiry: Expiry) -> Self {
        self.expiry = expiry;
        self
    }

    /// The value expires after `ttl`.
    pub fn expires_in(self, ttl: Duration) -> Self {
        self.expiry(Expiry::In(ttl))
    }

    /// What the `Ok` means.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = Some(durability);
        self
    }
}

/// A write that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The version that the write has. Versions grow with every write on this node.
    pub version: u64,
    /// What the write survives.
    pub durability: Durability,
    /// Whether the key had a value before; `None` when that is not known here, and the remote was
    /// not asked.
    pub existed: Option<bool>,
    /// The dirty record that tells whether the remote has it.
    pub(crate) record: RecordId,
}

/// The time a key has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ttl {
    /// The key is absent.
    Absent,
    /// It never expires.
    Never,
    /// It expires at this time.
    At(SystemTime),
}

impl Ttl {
    /// The time left, for a key that expires.
    #[must_use]
    pub fn remaining(self) -> Option<Duration> {
        match self {
            Self::At(at) => Some(at.duration_since(SystemTime::now()).unwrap_or_default()),
            _ => None,
        }
    }
}

/// How a key stands with the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncState {
    /// It is not here.
    Unknown,
    /// The remote has what is here, or had it when it was read.
    Clean,
    /// The remote does not have the last change yet.
    Dirty {
        /// Since when.
        since: SystemTime,
    },
    /// The last change, or one before, is on its way.
    InFlight {
        /// Since when the key is dirty.
        since: SystemTime,
    },
    /// The remote refused it for good.
    DeadLettered {
        /// Since when the key is dirty.
        since: SystemTime,
    },
}

/// What a flush achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushReport {
    /// Whether the remote has all that was written before the call, dead letters excepted.
    pub complete: bool,
    /// Writes that the remote acknowledged meanwhile.
    pub flushed: u64,
    /// Keys that are dirty now, those written since the call included, without dead letters. They
    /// are stored as durably as their writes said, and the next opening goes on with them.
    pub remaining: u64,
    /// The age of the oldest change that the remote does not have.
    pub oldest: Option<Duration>,
    /// Keys that the remote refused for good.
    pub dead_letters: u64,
}
