//! A view of the database that owns its session.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::error::Result;
use crate::session::Session;

/// The database as it was at one moment, for as long as this lives.
///
/// A [`Transaction`](crate::Transaction) borrows its session and is for work that ends in the
/// function that began it. A snapshot owns the session, so it can be stored, and sent to another
/// thread. It dereferences to its [`Session`], of which only what reads can be called.
///
/// The engine keeps every version that the view needs: under steady writes its history grows in
/// memory and on disk until the snapshot is dropped. When it takes more of the engine's cache than
/// there is, reads can fail as [`Rollback`](crate::ErrorKind::Rollback); drop the snapshot then and
/// begin another one.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// use wiredtiger::{Snapshot, Table, TableOptions};
///
/// let mut session = connection.open_session()?;
/// let names: Table<u64, String> = session.create_table("names", &TableOptions::new())?;
/// session.put(&names, 1, "Ada")?;
/// let before = Snapshot::begin(Box::new(connection.open_session()?))?;
/// session.put(&names, 1, "Grace")?;
/// assert_eq!(before.get_owned(&names, 1)?.as_deref(), Some("Ada"));
/// # Ok(())
/// # }
/// ```
#[must_use = "a snapshot that is dropped shows nothing"]
pub struct Snapshot<S: DerefMut<Target = Session>> {
    session: S,
}

impl<S: DerefMut<Target = Session>> Snapshot<S> {
    /// Takes the view: what is committed now is in it, and nothing later.
    ///
    /// `session` is anything that owns or lends one: a
    /// [`PooledSession`](crate::PooledSession), a `Box<Session>`, a `&mut Session`.
    ///
    /// # Errors
    /// As for [`Session::begin`].
    pub fn begin(mut session: S) -> Result<Self> {
        session.begin()?.leave_open();
        Ok(Self { session })
    }
}

impl<S: DerefMut<Target = Session>> Deref for Snapshot<S> {
    type Target = Session;

    #[inline]
    fn deref(&self) -> &Session {
        &self.session
    }
}

impl<S: DerefMut<Target = Session>> Drop for Snapshot<S> {
    fn drop(&mut self) {
        if let Err(error) = self.session.raw_mut().rollback() {
            tracing::warn!(%error, "ending a snapshot failed");
        }
    }
}

impl<S: DerefMut<Target = Session>> fmt::Debug for Snapshot<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}
