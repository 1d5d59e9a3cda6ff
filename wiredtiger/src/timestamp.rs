//! Timestamps: the application's own order of its transactions.

use std::fmt;
use std::num::NonZeroU64;

use crate::config::Config;
use crate::connection::Connection;
use crate::error::{Error, ErrorKind, Result};

/// A point in the application's own order of its transactions: a counter, a clock, whatever grows.
/// Any number but zero and `u64::MAX`, which the engine keeps for itself.
///
/// Only tables whose changes are not logged have timestamps:
/// [`TableOptions::logged(false)`](crate::TableOptions::logged). For a logged table the engine
/// ignores them, and it refuses to prepare a transaction that wrote to one. Tables in memory all
/// have timestamps.
///
/// An entry that was once written with a timestamp is always to be, and each time with a later one:
/// other writes fail with [`InvalidArgument`](ErrorKind::InvalidArgument), unless their transaction
/// says [`no_timestamp`](crate::TransactionOptions::no_timestamp).
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions, Timestamp, TransactionOptions};
///
/// let at = |number| Timestamp::new(number).expect("not zero");
/// let prices: Table<String, u64> =
///     session.create_table("prices", &TableOptions::new().logged(false))?;
/// for (time, price) in [(10, 100), (20, 120)] {
///     let mut txn = session.begin()?;
///     txn.put(&prices, "bread", price)?;
///     txn.commit_at(at(time))?;
/// }
/// let txn = session.begin_with(&TransactionOptions::new().read_timestamp(at(15)))?;
/// assert_eq!(txn.get_owned(&prices, "bread")?, Some(100));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NonZeroU64);

impl Timestamp {
    /// The earliest.
    pub const MIN: Self = Self(NonZeroU64::MIN);

    /// A timestamp; nothing for zero and `u64::MAX`.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) if number.get() != u64::MAX => Some(Self(number)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl TryFrom<u64> for Timestamp {
    type Error = Error;

    fn try_from(number: u64) -> Result<Self> {
        let why = || {
            let text = format!("{number} is no timestamp: any number but zero and the largest is");
            Error::new(ErrorKind::InvalidArgument, "timestamp", text)
        };
        Self::new(number).ok_or_else(why)
    }
}

impl From<Timestamp> for u64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.get()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The timestamps of a database that [`Connection::set_timestamps`] moves. What is not set stays as
/// it is.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Timestamps {
    oldest: Option<Timestamp>,
    stable: Option<Timestamp>,
    durable: Option<Timestamp>,
}

impl Timestamps {
    /// None of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// No reader will ask for a state before this one: the engine may forget what is older.
    pub fn oldest(mut self, timestamp: Timestamp) -> Self {
        self.oldest = Some(timestamp);
        self
    }

    /// Nothing will be committed at or before this point: checkpoints hold the state of it, and
    /// [`Connection::rollback_to_stable`] goes back to it.
    pub fn stable(mut self, timestamp: Timestamp) -> Self {
        self.stable = Some(timestamp);
        self
    }

    /// The latest durable timestamp, which otherwise follows the commits. This one may move back.
    pub fn durable(mut self, timestamp: Timestamp) -> Self {
        self.durable = Some(timestamp);
        self
    }
}

/// Which timestamp of a database [`Connection::timestamp`] asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimestampOf {
    /// The largest before which every transaction is durable.
    AllDurable,
    /// That of the checkpoint which an open backup copies.
    BackupCheckpoint,
    /// The stable timestamp of the last checkpoint.
    LastCheckpoint,
    /// See [`Timestamps::oldest`].
    Oldest,
    /// The read timestamp of the oldest reader, or of the checkpoint that runs.
    OldestReader,
    /// What the engine keeps: the smaller of the oldest timestamp and that of the oldest reader.
    Pinned,
    /// The stable timestamp to which the database was recovered when it was opened.
    Recovery,
    /// See [`Timestamps::stable`].
    Stable,
}

impl TimestampOf {
    fn word(self) -> &'static str {
        match self {
            Self::AllDurable => "all_durable",
            Self::BackupCheckpoint => "backup_checkpoint",
            Self::LastCheckpoint => "last_checkpoint",
            Self::Oldest => "oldest_timestamp",
            Self::OldestReader => "oldest_reader",
            Self::Pinned => "pinned",
            Self::Recovery => "recovery",
            Self::Stable => "stable_timestamp",
        }
    }
}

/// How [`Connection::rollback_to_stable`] works.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct RollbackToStableOptions {
    dry_run: bool,
    threads: Option<u32>,
}

impl RollbackToStableOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only tells, in the engine's messages, what would be done. Default: off.
    pub fn dry_run(mut self, on: bool) -> Self {
        self.dry_run = on;
        self
    }

    /// How many threads help, up to 10. Default: 4.
    pub fn threads(mut self, threads: u32) -> Self {
        self.threads = Some(threads);
        self
    }
}

impl Connection {
    /// Moves the timestamps of the database.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): the oldest or the stable timestamp would
    /// move back, or the oldest be after the stable one. None of them moves.
    pub fn set_timestamps(&self, timestamps: Timestamps) -> Result<()> {
        let mut config = Config::new();
        config
            .set_opt("oldest_timestamp", timestamps.oldest)
            .set_opt("stable_timestamp", timestamps.stable)
            .set_opt("durable_timestamp", timestamps.durable);
        self.shared().raw.set_timestamps(&config)
    }

    /// A timestamp of the database; nothing when it has never been set.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn timestamp(&self, of: TimestampOf) -> Result<Option<Timestamp>> {
        self.shared().raw.query_timestamp(of.word())
    }

    /// Takes back every change after the stable timestamp, in all tables that have timestamps.
    ///
    /// # Errors
    /// - [`Busy`](ErrorKind::Busy): there are other owners of the connection: clones, sessions or
    ///   pools. The engine wants nobody to look on, and does not make sure of it.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): an option is not valid.
    pub fn rollback_to_stable(&mut self, options: RollbackToStableOptions) -> Result<()> {
        let mut config = Config::new();
        if options.dry_run {
            config.set("dryrun", true);
        }
        config.set_opt("threads", options.threads);
        let shared = self.alone("WT_CONNECTION.rollback_to_stable")?;
        shared.raw.rollback_to_stable(&config)
    }
}
