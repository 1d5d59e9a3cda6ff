//! A database that is open.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::callbacks::{Collate, Named};
use crate::config::ConfigString;
use crate::error::{Error, ErrorKind, Result};
use crate::home::Home;
use crate::options::{
    CloseOptions, ConnectionOptions, Durability, ReconfigureOptions, SessionOptions,
};
use crate::pool::SessionPool;
use crate::raw::{self, RawConnection, RawSession};
use crate::session::Session;
use crate::table::Tables;

/// An open database.
///
/// Clones share one connection, from any thread. Each [`Session`] owns a share, too; the database
/// is closed when the last owner goes, which takes a checkpoint and can last. [`close`](Self::close)
/// does it at a known place and tells how it went.
///
/// Open one connection per process: it starts about a dozen threads. After a `fork` only the
/// parent may use it; in the child every call fails with [`ErrorKind::Forked`].
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let dir = tempfile::tempdir().expect("a temporary folder");
/// # let home = dir.path().join("home");
/// use wiredtiger::{Connection, Table, TableOptions};
///
/// let connection = Connection::create(&home)?;
/// let mut session = connection.open_session()?;
/// let table: Table<String, String> = session.create_table("t", &TableOptions::new())?;
/// session.put(&table, "foo", "bar")?;
/// drop(session);
/// connection.close()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

/// What all owners of a connection share.
pub(crate) struct Shared {
    pub(crate) raw: RawConnection,
    pub(crate) tables: Tables,
    /// Tells the tables of this connection from those of others.
    pub(crate) number: u64,
    pub(crate) durability: Durability,
    /// The orders of keys that tables can have.
    pub(crate) collators: Vec<Named<dyn Collate>>,
}

impl Connection {
    /// How to open a database, to be set up by methods.
    pub fn options() -> ConnectionOptions {
        ConnectionOptions::new()
    }

    /// Opens the database in the folder `home`, which must exist, with default options.
    ///
    /// # Errors
    /// As for [`ConnectionOptions::open`].
    pub fn open(home: impl AsRef<Path>) -> Result<Self> {
        ConnectionOptions::new().open(home)
    }

    /// Opens the database in the folder `home` with default options, and creates what is not
    /// there.
    ///
    /// # Errors
    /// As for [`ConnectionOptions::open`].
    pub fn create(home: impl AsRef<Path>) -> Result<Self> {
        ConnectionOptions::new().create(true).open(home)
    }

    pub(crate) fn open_with(path: &Path, options: &ConnectionOptions) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        // Before anything is touched: settings that are wrong.
        options.config(true)?;
        let home = Arc::new(Home::claim(path, options)?);
        let raw = open_engine(&home, options)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let durability = options.effective_durability();
        let tables = Tables::new(number);
        let shared = Arc::new(Shared {
            raw,
            tables,
            number,
            durability,
            collators: options.callbacks().collators.clone(),
        });
        if durability != Durability::Checkpoint && !options.is_read_only() {
            cover_unlogged_files(&shared)?;
        }
        Ok(Self { shared })
    }

    /// Opens a session with default options.
    ///
    /// # Errors
    /// As for [`open_session_with`](Self::open_session_with).
    pub fn open_session(&self) -> Result<Session> {
        self.open_session_with(&SessionOptions::new())
    }

    /// Opens a session: what one thread at a time works with. It costs about 5 µs; keep it, or
    /// use a [pool](Self::session_pool).
    ///
    /// # Errors
    /// - [`ErrorKind::InvalidArgument`]: a setting is not valid.
    /// - [`ErrorKind::Other`]: there are as many sessions as
    ///   [`session_max`](ConnectionOptions::session_max) allows.
    pub fn open_session_with(&self, options: &SessionOptions) -> Result<Session> {
        let config = options.config()?.finish();
        Ok(Session::new(RawSession::open(
            Arc::clone(&self.shared),
            &config,
        )?))
    }

    /// A pool of at most `max` sessions with default options, opened when they are needed.
    #[must_use]
    pub fn session_pool(&self, max: usize) -> SessionPool {
        SessionPool::new(self.clone(), SessionOptions::new(), max)
    }

    /// The folder of the database, without links in its path. For a database in memory, a name.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.shared.raw.home().path()
    }

    /// Whether opening created the database.
    ///
    /// # Errors
    /// [`ErrorKind::Forked`] in the child of a fork.
    pub fn is_new(&self) -> Result<bool> {
        self.shared.raw.is_new()
    }

    /// What a commit survives when its transaction does not say otherwise.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.shared.durability
    }

    /// Closes the database, with a checkpoint.
    ///
    /// # Errors
    /// - [`ErrorKind::Busy`]: there are other owners: clones, sessions or pools. Nothing is
    ///   closed; the last of them will do it.
    /// - Otherwise the database is closed, but something failed: what was committed at
    ///   [`Durability::Buffered`] or less may not have reached the disk.
    pub fn close(self) -> Result<()> {
        self.close_with(&CloseOptions::new())
    }

    /// Closes the database, with options.
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub fn close_with(self, options: &CloseOptions) -> Result<()> {
        let owners = Arc::strong_count(&self.shared);
        match Arc::into_inner(self.shared) {
            Some(mut shared) => shared.raw.close(&options.config().finish()),
            None => Err(Error::new(
                ErrorKind::Busy,
                "WT_CONNECTION.close",
                format!("{} sessions or clones still use the connection", owners - 1),
            )),
        }
    }

    /// Changes settings of the open database; those that are not set stay as they are.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`]: a setting is not valid.
    pub fn reconfigure(&self, options: &ReconfigureOptions) -> Result<()> {
        self.shared.raw.reconfigure(&options.config()?)
    }

    /// The version of the engine: major, minor, patch.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(wiredtiger::Connection::version(), (11, 3, 1));
    /// ```
    #[must_use]
    pub fn version() -> (u32, u32, u32) {
        raw::version()
    }

    pub(crate) fn number(&self) -> u64 {
        self.shared.number
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The connection, if this is its only owner.
    pub(crate) fn alone(&mut self, operation: &'static str) -> Result<&mut Shared> {
        Arc::get_mut(&mut self.shared).ok_or_else(|| {
            let why = "sessions, pools or clones still use the connection";
            Error::new(ErrorKind::Busy, operation, why)
        })
    }
}

/// Opens the engine on a home, so that nothing committed before is lost by the change of the
/// durability from one opening to the next.
fn open_engine(home: &Arc<Home>, options: &ConnectionOptions) -> Result<RawConnection> {
    let open = |logged| {
        let mut config = options.config(logged)?;
        home.finish_config(&mut config, options)?;
        RawConnection::open(home, &config.finish(), options.callbacks())
            .map_err(|error| error.on(&home.path().to_string_lossy()))
    };
    let logged = options.effective_durability() != Durability::Checkpoint;
    if logged || !home.has_log()? {
        return open(logged);
    }
    // Without a log the engine would ignore what is only in the log of a killed process, and a
    // later opening would not find it any more (rule 45).
    let mut recovered = open(true)?;
    if options.is_read_only() {
        return Ok(recovered);
    }
    recovered.close(&ConfigString::default())?;
    open(false)
}

/// Makes sure that what will be logged is also recovered (rule 44).
fn cover_unlogged_files(shared: &Arc<Shared>) -> Result<()> {
    if shared.raw.is_new()? {
        return Ok(());
    }
    let config = SessionOptions::new().config()?.finish();
    RawSession::open(Arc::clone(shared), &config)?.cover_unlogged_files()
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("home", &self.home())
            .finish_non_exhaustive()
    }
}
