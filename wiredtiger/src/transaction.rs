//! Transactions.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::time::Duration;

use crate::cursor::CursorMut;
use crate::error::{Error, Result};
use crate::options::{Durability, TransactionOptions};
use crate::pack::Pack;
use crate::session::Session;
use crate::table::Table;

/// A transaction that runs: all of its changes become visible at the commit, or none.
///
/// It dereferences to its [`Session`] for everything that reads. Dropping it rolls it back, and so
/// does, with a warning, the session's next call that writes, should it have been forgotten.
///
/// When an operation fails with an error other than
/// [`DuplicateKey`](crate::ErrorKind::DuplicateKey) or
/// [`PrepareConflict`](crate::ErrorKind::PrepareConflict), the transaction is lost: every further
/// operation, and the commit, fails. [`Session::run`] does the whole dance.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions};
///
/// let accounts: Table<String, i64> = session.create_table("accounts", &TableOptions::new())?;
/// let mut transfer = session.begin()?;
/// transfer.put(&accounts, "alice", -5)?;
/// transfer.put(&accounts, "bob", 5)?;
/// transfer.commit()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction<'s> {
    session: &'s mut Session,
    /// Nothing is the connection's.
    durability: Option<Durability>,
}

impl<'s> Transaction<'s> {
    /// The session's transaction has begun.
    #[inline]
    pub(crate) fn new(session: &'s mut Session, durability: Option<Durability>) -> Self {
        Self {
            session,
            durability,
        }
    }

    /// The session, which runs this transaction.
    pub(crate) fn session_mut(&mut self) -> &mut Session {
        self.session
    }

    /// Stores `value` at `key`, in place of what is there.
    ///
    /// # Errors
    /// As for [`Session::put`], and [`Rollback`](crate::ErrorKind::Rollback): another transaction
    /// has changed the key since this one began.
    #[inline]
    pub fn put<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<()> {
        self.session.put_unsettled(table, key, value)
    }

    /// Stores `value` at a key that is not there yet.
    ///
    /// # Errors
    /// [`DuplicateKey`](crate::ErrorKind::DuplicateKey): it is there; the transaction goes on.
    /// For the rest as [`put`](Self::put).
    #[inline]
    pub fn insert_new<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<()> {
        self.session.insert_new_unsettled(table, key, value)
    }

    /// Stores `value` at a key that is there already; `false`, and nothing stored, when it is not.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    #[inline]
    pub fn update<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<bool> {
        self.session.update_unsettled(table, key, value)
    }

    /// Removes `key`; `false` when it is not there.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    #[inline]
    pub fn remove<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
    ) -> Result<bool> {
        self.session.remove_unsettled(table, key)
    }

    /// A cursor that reads and writes in this transaction.
    ///
    /// # Errors
    /// As for [`Session::cursor_mut`].
    pub fn cursor_mut<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
    ) -> Result<CursorMut<'_, K, V>> {
        CursorMut::open(self.session, table)
    }

    /// Makes the changes visible, and as durable as the transaction was begun with.
    ///
    /// # Errors
    /// - What an earlier operation failed with, [`Rollback`](crate::ErrorKind::Rollback) for
    ///   example. The transaction is rolled back.
    /// - [`Io`](crate::ErrorKind::Io) when the log cannot be written.
    #[inline(always)]
    pub fn commit(self) -> Result<()> {
        // Nothing is left to roll back, whatever comes of it.
        let mut ending = ManuallyDrop::new(self);
        let durability = ending.durability;
        ending.session.raw_mut().commit(durability)
    }

    /// Leaves the transaction running, for an owner of the session who ends it.
    pub(crate) fn leave_open(self) {
        let _not_dropped = ManuallyDrop::new(self);
    }

    /// Takes the changes back.
    ///
    /// # Errors
    /// What the engine says; there is no usual reason. No transaction runs afterwards.
    pub fn rollback(self) -> Result<()> {
        let mut ending = ManuallyDrop::new(self);
        ending.session.raw_mut().rollback()
    }
}

impl Deref for Transaction<'_> {
    type Target = Session;

    #[inline]
    fn deref(&self) -> &Session {
        self.session
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.session.raw_mut().rollback() {
            tracing::warn!(%error, "rolling back a dropped transaction failed");
        }
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connection = self.session.shared().durability;
        f.debug_struct("Transaction")
            .field("durability", &self.durability.unwrap_or(connection))
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Runs `work` in a transaction and commits it; starts again when it conflicts with another
    /// transaction, after a short and growing pause, up to
    /// [`max_retries`](TransactionOptions::max_retries) times.
    ///
    /// `work` can run several times and must have no effects of its own. An error of its own
    /// rolls back and is returned; its type only has to be made from [`Error`].
    ///
    /// The pause blocks the thread: from 50 µs, doubled each time, up to 10 ms.
    ///
    /// # Errors
    /// The error of `work` or of the commit; after the last retry the conflict,
    /// [`Rollback`](crate::ErrorKind::Rollback).
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::{Error, Table, TableOptions, TransactionOptions};
    ///
    /// let counters: Table<String, u64> = session.create_table("c", &TableOptions::new())?;
    /// let count = session.run(&TransactionOptions::new(), |txn| {
    ///     let count = txn.get_owned(&counters, "visits")?.unwrap_or(0) + 1;
    ///     txn.put(&counters, "visits", count)?;
    ///     Ok::<_, Error>(count)
    /// })?;
    /// assert_eq!(count, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn run<R, E: From<Error>>(
        &mut self,
        options: &TransactionOptions,
        mut work: impl FnMut(&mut Transaction<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut pause = Duration::from_micros(50);
        let mut retries = options.retries();
        loop {
            let mut transaction = self.begin_with(options)?;
            let result = work(&mut transaction);
            let mut conflict = transaction.raw().lost_to_conflict();
            let error = match result {
                // An error that `work` has swallowed comes back here.
                Ok(value) => match transaction.commit() {
                    Ok(()) => return Ok(value),
                    Err(error) => {
                        conflict |= error.is_retryable();
                        E::from(error)
                    }
                },
                Err(error) => {
                    transaction.rollback()?;
                    error
                }
            };
            if !conflict || retries == 0 {
                return Err(error);
            }
            retries -= 1;
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        }
    }
}
