//! Transactions with timestamps, and in two phases.

use std::fmt;

use crate::error::{Error, Result};
use crate::raw::Which;
use crate::timestamp::Timestamp;
use crate::transaction::Transaction;

/// A transaction that is prepared: it keeps what it wrote, others who want to read that fail with
/// [`PrepareConflict`](crate::ErrorKind::PrepareConflict), and nothing is left to do but commit it
/// or roll it back. Dropping it rolls it back.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions, Timestamp};
///
/// let at = |number| Timestamp::new(number).expect("not zero");
/// let seats: Table<u64, String> =
///     session.create_table("seats", &TableOptions::new().logged(false))?;
/// let mut txn = session.begin()?;
/// txn.put(&seats, 17, "Ada")?;
/// let prepared = txn.prepare(at(5))?;
/// // The other databases have prepared, too:
/// prepared.commit(at(6), at(7))?;
/// assert_eq!(session.get_owned(&seats, 17)?.as_deref(), Some("Ada"));
/// # Ok(())
/// # }
/// ```
#[must_use = "a prepared transaction that is dropped is rolled back"]
pub struct PreparedTransaction<'s> {
    transaction: Transaction<'s>,
}

/// A prepared transaction that could not be committed, and why. It is as it was: it can be committed
/// with other timestamps. Made into an [`Error`], by `?` for example, it is rolled back.
#[derive(Debug)]
pub struct Unresolved<'s> {
    /// The transaction, still prepared.
    pub transaction: PreparedTransaction<'s>,
    /// Why it was not committed.
    pub error: Error,
}

impl<'s> PreparedTransaction<'s> {
    /// Makes the changes visible at `commit`, and part of checkpoints from `durable` on.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): `commit` is before the prepare
    /// timestamp, `durable` is before `commit`, or not after the stable timestamp of the database.
    /// The transaction is in the error, still prepared.
    pub fn commit(
        mut self,
        commit: Timestamp,
        durable: Timestamp,
    ) -> Result<(), Box<Unresolved<'s>>> {
        let raw = self.transaction.session_mut().raw_mut();
        match raw.commit_prepared(commit, durable) {
            Ok(()) => {
                self.transaction.leave_open();
                Ok(())
            }
            Err(error) => Err(Box::new(Unresolved {
                transaction: self,
                error,
            })),
        }
    }

    /// The timestamp that the transaction was prepared at.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn prepare_timestamp(&self) -> Result<Option<Timestamp>> {
        self.transaction.raw().transaction_timestamp("prepare")
    }

    /// Takes the changes back.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason. No transaction runs afterwards.
    pub fn rollback(self) -> Result<()> {
        self.transaction.rollback()
    }
}

impl<'s> Transaction<'s> {
    /// Commits at a point of the application's own order, see [`Timestamp`].
    ///
    /// # Errors
    /// As for [`set_commit_timestamp`](Self::set_commit_timestamp) and [`commit`](Self::commit);
    /// the transaction is rolled back.
    pub fn commit_at(mut self, timestamp: Timestamp) -> Result<()> {
        self.set_commit_timestamp(timestamp)?;
        self.commit()
    }

    /// The point at which the writes that follow become visible. It can be set several times, each
    /// time to a later one.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): it is before the first one of this
    /// transaction or the oldest timestamp of the database, or not after the stable one. The
    /// transaction is lost.
    pub fn set_commit_timestamp(&mut self, timestamp: Timestamp) -> Result<()> {
        let raw = self.session_mut().raw_mut();
        raw.set_transaction_timestamp(Which::Commit, timestamp)
    }

    /// Shows the state at a point of the application's own order from now on. It can be set once;
    /// [`TransactionOptions::read_timestamp`](crate::TransactionOptions::read_timestamp) does it at
    /// the beginning.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): it is before the oldest timestamp of
    /// the database, one has been set before, or the isolation is not
    /// [`Snapshot`](crate::Isolation::Snapshot). The transaction is lost.
    pub fn set_read_timestamp(&mut self, timestamp: Timestamp) -> Result<()> {
        let raw = self.session_mut().raw_mut();
        raw.set_transaction_timestamp(Which::Read, timestamp)
    }

    /// The commit timestamp that was set last.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn commit_timestamp(&self) -> Result<Option<Timestamp>> {
        self.raw().transaction_timestamp("commit")
    }

    /// The commit timestamp that was set first.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn first_commit_timestamp(&self) -> Result<Option<Timestamp>> {
        self.raw().transaction_timestamp("first_commit")
    }

    /// The read timestamp.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn read_timestamp(&self) -> Result<Option<Timestamp>> {
        self.raw().transaction_timestamp("read")
    }

    /// Prepares the transaction for a commit that cannot fail any more, the first of two phases.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): it wrote to a table that is
    ///   logged, it has a commit timestamp, or `timestamp` is not after the stable one of the
    ///   database.
    /// - What an earlier operation failed with.
    ///
    /// The transaction is rolled back.
    pub fn prepare(mut self, timestamp: Timestamp) -> Result<PreparedTransaction<'s>> {
        self.session_mut().raw_mut().prepare(timestamp)?;
        Ok(PreparedTransaction { transaction: self })
    }

    /// Shows what is committed by now, instead of the state at the first read. Values and cursors
    /// of this transaction have to be gone.
    ///
    /// # Errors
    /// [`NotSupported`](crate::ErrorKind::NotSupported): it has written already, or the isolation
    /// is not [`Snapshot`](crate::Isolation::Snapshot). The transaction goes on as it was.
    pub fn reset_snapshot(&mut self) -> Result<()> {
        self.session_mut().raw_mut().reset_snapshot()
    }
}

impl fmt::Debug for PreparedTransaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedTransaction")
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Unresolved<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Unresolved<'_> {}

impl From<Box<Unresolved<'_>>> for Error {
    fn from(unresolved: Box<Unresolved<'_>>) -> Self {
        unresolved.error
    }
}
