//! Sessions for many threads.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::error::{Error, ErrorKind, Result};
use crate::options::SessionOptions;
use crate::session::Session;

/// A pool of sessions, for threads and tasks that each need one for a moment.
///
/// Clones share the pool. The session given back last is handed out first: its cursors are open
/// and its memory is warm.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// use wiredtiger::{Table, TableOptions};
///
/// let pool = connection.session_pool(8);
/// let table: Table<u64, u64> = pool.get()?.create_table("t", &TableOptions::new())?;
/// std::thread::scope(|scope| {
///     for number in 0..4 {
///         let pool = &pool;
///         scope.spawn(move || pool.get()?.put(&table, number, number));
///     }
/// });
/// assert_eq!(pool.get()?.range(&table, ..)?.into_iter().count(), 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SessionPool {
    shared: Arc<Shared>,
}

struct Shared {
    connection: Connection,
    options: SessionOptions,
    max: usize,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Session>,
    /// Idle sessions and those handed out.
    open: usize,
    /// Threads that wait for a session. Waking nobody would cost a system call all the same.
    waiting: usize,
}

/// How long [`SessionPool::get`] waits.
const PATIENCE: Duration = Duration::from_secs(30);

impl SessionPool {
    pub(crate) fn new(connection: Connection, options: SessionOptions, max: usize) -> Self {
        let (state, returned) = (Mutex::default(), Condvar::new());
        let max = max.max(1);
        Self {
            shared: Arc::new(Shared {
                connection,
                options,
                max,
                state,
                returned,
            }),
        }
    }

    /// A session, for as long as the guard lives. Waits up to 30 seconds for one; a longer wait
    /// means that a guard is kept where it should not be.
    ///
    /// # Errors
    /// As for [`get_timeout`](Self::get_timeout).
    pub fn get(&self) -> Result<PooledSession> {
        self.get_timeout(PATIENCE)
    }

    /// A session, waiting up to `timeout` while all are in use.
    ///
    /// # Errors
    /// - [`ErrorKind::PoolTimeout`]: none came back in time.
    /// - As for [`Connection::open_session`], when a new one has to be opened.
    pub fn get_timeout(&self, timeout: Duration) -> Result<PooledSession> {
        let shared = &self.shared;
        // Read when it comes to waiting: the clock costs as much as the rest of this.
        let mut deadline = None;
        let mut state = shared.lock();
        let session = loop {
            if let Some(session) = state.idle.pop() {
                break Some(session);
            }
            if state.open < shared.max {
                state.open += 1;
                break None;
            }
            let now = Instant::now();
            let left = deadline
                .get_or_insert_with(|| now.checked_add(timeout))
                .map_or(timeout, |end| end.saturating_duration_since(now));
            if left.is_zero() {
                return Err(Error::new(
                    ErrorKind::PoolTimeout,
                    "session pool",
                    format!("all {} sessions were in use for {timeout:?}", shared.max),
                ));
            }
            state.waiting += 1;
            state = shared
                .returned
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.waiting -= 1;
        };
        drop(state);
        let session = match session {
            Some(session) => session,
            None => self.open()?,
        };
        Ok(PooledSession {
            session: Some(session),
            pool: self.clone(),
        })
    }

    /// Opens a session, whose place has been taken.
    fn open(&self) -> Result<Session> {
        let shared = &self.shared;
        shared
            .connection
            .open_session_with(&shared.options)
            .inspect_err(|_| shared.leave())
    }

    /// How many sessions are open, idle ones included.
    #[must_use]
    pub fn open_sessions(&self) -> usize {
        self.shared.lock().open
    }

    /// Closes the sessions that are idle.
    pub fn close_idle(&self) {
        let idle = {
            let mut state = self.shared.lock();
            state.open -= state.idle.len();
            std::mem::take(&mut state.idle)
        };
        // Outside the lock: closing can wait for the engine.
        drop(idle);
        self.shared.returned.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session is gone.
    fn leave(&self) {
        let mut state = self.lock();
        state.open -= 1;
        self.wake(state);
    }

    /// A session is free again.
    fn give_back(&self, session: Session) {
        let mut state = self.lock();
        state.idle.push(session);
        self.wake(state);
    }

    /// Wakes one of those who wait, if there are any.
    #[inline]
    fn wake(&self, state: MutexGuard<'_, State>) {
        let any = state.waiting > 0;
        drop(state);
        if any {
            self.returned.notify_one();
        }
    }
}

/// A session of a [`SessionPool`], which gets it back when the guard is dropped.
///
/// A transaction that was forgotten is rolled back then.
pub struct PooledSession {
    /// Always there but while the guard is dropped.
    session: Option<Session>,
    pool: SessionPool,
}

impl Deref for PooledSession {
    type Target = Session;

    #[allow(clippy::expect_used, reason = "only drop takes the session out")]
    fn deref(&self) -> &Session {
        self.session
            .as_ref()
            .expect("a guard has its session until it is dropped")
    }
}

impl DerefMut for PooledSession {
    #[allow(clippy::expect_used, reason = "only drop takes the session out")]
    fn deref_mut(&mut self) -> &mut Session {
        self.session
            .as_mut()
            .expect("a guard has its session until it is dropped")
    }
}

impl Drop for PooledSession {
    fn drop(&mut self) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        let pool = &self.pool.shared;
        // Through `DerefMut` another connection's session may have been swapped in.
        let ours = session.shared().number == pool.connection.number();
        if ours && session.raw_mut().settle().is_ok() {
            pool.give_back(session);
        } else {
            // First its place: closing a session can unwind.
            pool.leave();
            drop(session);
        }
    }
}

impl fmt::Debug for SessionPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("SessionPool")
            .field("max", &self.shared.max)
            .field("open", &state.open)
            .field("idle", &state.idle.len())
            .finish()
    }
}

impl fmt::Debug for PooledSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PooledSession").field(&self.session).finish()
    }
}
