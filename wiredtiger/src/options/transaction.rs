//! Options of transactions, and the two words that also stand elsewhere: durability, isolation.

use std::time::Duration;

use crate::config::{Config, Method, Millis};
use crate::error::{Error, ErrorKind, Result};
use crate::timestamp::Timestamp;

/// What a commit survives, from the least to the most.
///
/// The connection has a default for every commit ([`ConnectionOptions::durability`]), and a
/// transaction can ask for another level ([`TransactionOptions::durability`]).
///
/// | level | survives | cost of a commit |
/// |---|---|---|
/// | `Checkpoint` | what the last checkpoint holds survives everything | none: there is no log |
/// | `Buffered` | a clean close; a kill loses what is still in the log's buffer | a copy in memory |
/// | `Process` | the end of the process by any signal | one system call |
/// | `Disk` | power loss | one flush of the disk |
///
/// [`ConnectionOptions::durability`]: crate::ConnectionOptions::durability
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// No log: what was committed since the last checkpoint is lost in a crash, as a whole.
    Checkpoint,
    /// Logged into the process's memory, written out when the buffer is full or another commit
    /// asks for more.
    Buffered,
    /// Logged and handed to the operating system.
    #[default]
    Process,
    /// Logged and flushed to the disk.
    Disk,
}

/// What a transaction sees of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// The state at its first operation, and its own changes. The only level that can write.
    #[default]
    Snapshot,
    /// What is committed at the time of each operation. Read-only.
    ReadCommitted,
    /// What others are still changing, too. Read-only.
    ReadUncommitted,
}

impl Isolation {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::ReadCommitted => "read-committed",
            Self::ReadUncommitted => "read-uncommitted",
        }
    }
}

/// Options of one transaction.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use wiredtiger::{Durability, TransactionOptions};
///
/// let transfer = TransactionOptions::new()
///     .durability(Durability::Disk)
///     .operation_timeout(Duration::from_millis(200));
/// # let _ = transfer;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct TransactionOptions {
    isolation: Option<Isolation>,
    durability: Option<Durability>,
    operation_timeout: Option<Duration>,
    name: Option<String>,
    priority: Option<i8>,
    max_retries: Option<u32>,
    read_timestamp: Option<Timestamp>,
    round_up: bool,
    ignore_prepare: bool,
    no_timestamp: bool,
    raw: Option<String>,
}

impl TransactionOptions {
    /// How often [`Session::run`](crate::Session::run) starts a transaction again by default.
    pub(crate) const DEFAULT_RETRIES: u32 = 20;

    /// Options that are all the session's and the connection's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the transaction sees. Default: the session's level.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = Some(isolation);
        self
    }

    /// What the commit survives. Default: the connection's level.
    ///
    /// A connection without a log ([`Durability::Checkpoint`]) cannot give more than that, and
    /// one with a log cannot give less than [`Durability::Buffered`].
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = Some(durability);
        self
    }

    /// How long one operation may wait for cache or other transactions before it fails with
    /// [`ErrorKind::Rollback`]. Rounded up to milliseconds. Default: without limit.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = Some(timeout);
        self
    }

    /// A name for the engine's messages.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// From -100 to 100: transactions with a higher priority are rolled back later when the
    /// cache is full. Default: 0.
    pub fn priority(mut self, priority: i8) -> Self {
        self.priority = Some(priority);
        self
    }

    /// How often [`Session::run`](crate::Session::run) starts again after a conflict before it
    /// gives up. Default: 20.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// Shows the state at this point of the application's own order. Needs
    /// [`Isolation::Snapshot`]. Default: all that is committed.
    pub fn read_timestamp(mut self, timestamp: Timestamp) -> Self {
        self.read_timestamp = Some(timestamp);
        self
    }

    /// A read timestamp before the oldest of the database is taken for the oldest, instead of
    /// being an error. Default: off.
    pub fn round_up_read_timestamp(mut self, on: bool) -> Self {
        self.round_up = on;
        self
    }

    /// Reads what was there before a prepared transaction, instead of failing with
    /// [`ErrorKind::PrepareConflict`]. The transaction is read-only. Default: off.
    pub fn ignore_prepare(mut self, on: bool) -> Self {
        self.ignore_prepare = on;
        self
    }

    /// Says that this transaction means to have no commit timestamp where others have had one;
    /// without it such writes fail with [`ErrorKind::InvalidArgument`]. Default: off.
    pub fn no_timestamp(mut self, on: bool) -> Self {
        self.no_timestamp = on;
        self
    }

    /// Settings of `WT_SESSION.begin_transaction` in the engine's own language, for what has no
    /// method here. Checked when the transaction begins.
    pub fn raw(mut self, settings: impl Into<String>) -> Self {
        self.raw = Some(settings.into());
        self
    }

    pub(crate) fn retries(&self) -> u32 {
        self.max_retries.unwrap_or(Self::DEFAULT_RETRIES)
    }

    /// The level that the commit reaches on a connection whose default is `connection`.
    pub(crate) fn durability_on(&self, connection: Durability) -> Result<Durability> {
        let Some(wanted) = self.durability else {
            return Ok(connection);
        };
        let logged = |level| level != Durability::Checkpoint;
        if logged(wanted) == logged(connection) {
            return Ok(wanted);
        }
        Err(Error::new(
            ErrorKind::InvalidArgument,
            "WT_SESSION.begin_transaction",
            format!(
                "durability {wanted:?} is not to be had on a connection opened with \
                 {connection:?}: open it with ConnectionOptions::durability(Durability::{wanted:?})"
            ),
        ))
    }

    /// The configuration, or nothing when all is default: the engine is faster without one.
    pub(crate) fn config(&self) -> Result<Option<Config>> {
        if self.isolation.is_none()
            && self.operation_timeout.is_none()
            && self.name.is_none()
            && self.priority.is_none()
            && self.read_timestamp.is_none()
            && !self.ignore_prepare
            && !self.no_timestamp
            && self.raw.is_none()
        {
            return Ok(None);
        }
        let mut config = Config::new();
        config.set_opt("isolation", self.isolation.map(Isolation::word));
        config.set_opt("operation_timeout_ms", self.operation_timeout.map(Millis));
        if let Some(name) = &self.name {
            config.quoted("name", name)?;
        }
        config.set_opt("priority", self.priority.map(i64::from));
        config.set_opt("read_timestamp", self.read_timestamp);
        if self.round_up {
            config.group("roundup_timestamps", |round_up| {
                round_up.set("read", true);
                Ok(())
            })?;
        }
        if self.ignore_prepare {
            config.set("ignore_prepare", true);
        }
        if self.no_timestamp {
            config.set("no_timestamp", true);
        }
        if let Some(raw) = &self.raw {
            config.raw(Method::BeginTransaction, raw)?;
        }
        Ok(Some(config))
    }
}
