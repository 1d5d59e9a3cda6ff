//! The connection handle.

use std::ffi::{c_char, c_int};
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use wiredtiger_sys as ffi;

use super::callbacks::Registrations;
use super::events::EventHandler;
use super::{Bound, caller, check};
use crate::callbacks::Callbacks;
use crate::config::ConfigString;
use crate::error::{Error, ErrorKind, Result};
use crate::home::Home;

/// An open database. Closing it is safe at any time: sessions own a share of it, so there are
/// none left when it is dropped.
pub(crate) struct RawConnection {
    pub(super) handle: NonNull<ffi::WT_CONNECTION>,
    /// Whether `close` has freed the handle.
    closed: bool,
    /// Which fork of the process opened it.
    generation: u64,
    /// Connection calls share a session inside the engine without a lock (rule 1).
    calls: Mutex<()>,
    /// Held while what a commit is compared with must not change (rule 35).
    timestamps: RwLock<()>,
    bounds: CompiledBounds,
    /// Used by the engine until it is closed: freed then, and not before.
    events: ManuallyDrop<EventHandler>,
    /// As the handler: used until the engine is closed.
    registrations: ManuallyDrop<Registrations>,
    /// The folder, which stays claimed as long as the engine has it open.
    home: Arc<Home>,
}

/// Settings of `WT_CURSOR.bound`, parsed once. The strings belong to the connection.
struct CompiledBounds([*const c_char; 4]);

// SAFETY: the engine's connection methods may be called from any thread (rule 1), one at a time
// through `calls`; the rest of the fields is immutable or made for threads.
unsafe impl Send for RawConnection {}
// SAFETY: as above.
unsafe impl Sync for RawConnection {}

impl RawConnection {
    pub(crate) fn open(
        home: &Arc<Home>,
        config: &ConfigString,
        callbacks: &Callbacks,
    ) -> Result<Self> {
        const OPERATION: &str = "wiredtiger_open";
        caller::watch();
        if caller::in_callback() {
            return Err(reentrant());
        }
        let path = home.c_path()?;
        let events = EventHandler::new();
        let registrations = Registrations::on_next_open(callbacks, events.parking());
        let mut handle = ptr::null_mut();
        // SAFETY: the strings are NUL-terminated, the configuration padded (rule 10), and the
        // handler outlives the connection (rule 37).
        let code = unsafe {
            ffi::wiredtiger_open(path.as_ptr(), events.as_ptr(), config.as_ptr(), &mut handle)
        };
        let unregistered = ffi::forget_next_open();
        let result = check(code, OPERATION).map_err(|error| match events.refused_recovery() {
            // A database that needs recovery and must not have it is reported as a panic.
            Some(why) if code == ffi::WT_PANIC => {
                Error::engine(ffi::WT_RUN_RECOVERY, OPERATION, why)
            }
            _ => error,
        });
        let Some(handle) = NonNull::new(handle).filter(|_| result.is_ok()) else {
            events.resume_panic();
            return Err(result
                .err()
                .unwrap_or_else(|| super::failure(code, OPERATION)));
        };
        let mut connection = Self {
            handle,
            closed: false,
            generation: caller::generation(),
            calls: Mutex::new(()),
            timestamps: RwLock::new(()),
            bounds: CompiledBounds([ptr::null(); 4]),
            events: ManuallyDrop::new(events),
            registrations: ManuallyDrop::new(registrations),
            home: Arc::clone(home),
        };
        if unregistered {
            return Err(Error::new(
                ErrorKind::NotSupported,
                OPERATION,
                "the system's library registers no callbacks of this crate",
            ));
        }
        connection.bounds = connection.compile_bounds()?;
        connection.events.resume_panic();
        Ok(connection)
    }

    fn compile_bounds(&self) -> Result<CompiledBounds> {
        const OPERATION: &str = "WT_CONNECTION.compile_configuration";
        let compile = method!(self.handle, compile_configuration, OPERATION);
        let mut compiled = [ptr::null(); 4];
        for (bound, place) in Bound::ALL.into_iter().zip(&mut compiled) {
            // SAFETY: literals with a NUL at the end, which do not end in a bare category.
            let code = unsafe {
                compile(
                    self.handle.as_ptr(),
                    c"WT_CURSOR.bound".as_ptr(),
                    bound.config().as_ptr(),
                    place,
                )
            };
            check(code, OPERATION)?;
        }
        Ok(CompiledBounds(compiled))
    }

    /// The parsed settings of a bound, valid as long as the connection.
    pub(super) fn bound_config(&self, bound: Bound) -> *const c_char {
        self.bounds.0[bound as usize]
    }

    /// Which fork of the process opened it, for [`caller::is_known`].
    #[inline]
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Fails in the child of a fork (rule 7), and inside a callback of the engine (rule 37).
    #[inline]
    pub(crate) fn check_caller(&self) -> Result<()> {
        if caller::is_known(self.generation) {
            return Ok(());
        }
        check_unknown_caller(self.generation)
    }

    /// Adds to the error of a panicked engine why it panicked.
    #[cold]
    pub(super) fn explain(&self, error: Error) -> Error {
        match self.events.cause_of_stop() {
            Some(cause) if error.kind() == ErrorKind::Panic => error.because(&cause),
            _ => error,
        }
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    #[inline]
    pub(crate) fn resume_panic(&self) {
        self.events.resume_panic();
    }

    /// The engine's session, for [`RawSession`](super::RawSession) to own.
    pub(super) fn open_session(&self, config: &ConfigString) -> Result<NonNull<ffi::WT_SESSION>> {
        const OPERATION: &str = "WT_CONNECTION.open_session";
        self.check_caller()?;
        let open = method!(self.handle, open_session, OPERATION);
        let mut session = ptr::null_mut();
        let _one = self.one_call();
        // SAFETY: the connection is open; without a handler of its own the session uses the
        // connection's; the configuration is padded (rule 10).
        let code = unsafe {
            open(
                self.handle.as_ptr(),
                ptr::null_mut(),
                config.as_ptr(),
                &mut session,
            )
        };
        check(code, OPERATION)?;
        NonNull::new(session).ok_or_else(|| super::failure(ffi::WT_ERROR, OPERATION))
    }

    /// Held while one of the connection's methods runs (rule 1).
    pub(super) fn one_call(&self) -> MutexGuard<'_, ()> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while the timestamps of the database must stay as they are.
    pub(super) fn fix_timestamps(&self) -> RwLockReadGuard<'_, ()> {
        let lock = self.timestamps.read();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while the timestamps of the database change.
    pub(super) fn move_timestamps(&self) -> RwLockWriteGuard<'_, ()> {
        let lock = self.timestamps.write();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    /// The result of one of the connection's methods, after which a parked panic goes on.
    pub(super) fn result(&self, code: c_int, operation: &'static str) -> Result<()> {
        let result = check(code, operation).map_err(|error| self.explain(error));
        self.events.resume_panic();
        result
    }

    /// Whether opening created the database.
    pub(crate) fn is_new(&self) -> Result<bool> {
        self.check_caller()?;
        let is_new = method!(self.handle, is_new, "WT_CONNECTION.is_new");
        // SAFETY: the connection is open.
        Ok(unsafe { is_new(self.handle.as_ptr()) } != 0)
    }

    /// Closes the database and frees the handle, also when it fails (rule 2).
    pub(crate) fn close(&mut self, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_CONNECTION.close";
        self.check_caller()?;
        if self.closed {
            return Ok(());
        }
        self.stop_checkpoints();
        let close = method!(self.handle, close, OPERATION);
        self.closed = true;
        // SAFETY: the handle is open and used for the last time: `closed` is set, and `&mut self`
        // says that no session, which would hold a share, exists (rule 2). The settings are this
        // crate's own and padded (rule 10): wrong ones would be a panic of the engine.
        let code = unsafe { close(self.handle.as_ptr(), config.as_ptr()) };
        self.result(code, OPERATION)
    }

    /// Closing stops the thread that takes checkpoints, and then writes a last one, whose log
    /// would wake the thread that is gone: the engine reads through a null pointer (rule 49).
    fn stop_checkpoints(&self) {
        const OPERATION: &str = "WT_CONNECTION.reconfigure";
        // SAFETY: the connection is open; the engine fills in its methods (rule 1).
        let reconfigure = unsafe { (*self.handle.as_ptr()).reconfigure };
        if let Some(reconfigure) = reconfigure {
            let settings = c"checkpoint=(wait=0,log_size=0)";
            // SAFETY: as above, and nobody else uses the connection while it is closed; the literal
            // does not end in a bare category (rule 10).
            let code = unsafe { reconfigure(self.handle.as_ptr(), settings.as_ptr()) };
            if let Err(error) = check(code, OPERATION) {
                // A database for reading has no such thread, a panicked one takes no checkpoint.
                tracing::debug!(%error, "checkpoints could not be stopped");
            }
        }
    }
}

impl Drop for RawConnection {
    fn drop(&mut self) {
        if self.check_caller().is_err() {
            // In the child of a fork the engine would wait for threads that are not there (rule 7),
            // in a callback for itself (rule 37). All that it uses is leaked, and the folder stays
            // claimed.
            keep_for_ever(Arc::clone(&self.home));
            return;
        }
        if let Err(error) = self.close(&ConfigString::default()) {
            tracing::error!(%error, "closing the database failed");
        }
        if self.closed {
            // SAFETY: the engine is closed (rule 37), and this is the last use.
            unsafe { ManuallyDrop::drop(&mut self.events) };
            // SAFETY: as above.
            unsafe { ManuallyDrop::drop(&mut self.registrations) };
        }
    }
}

/// Keeps a folder claimed for the rest of the process.
#[cold]
fn keep_for_ever(home: Arc<Home>) {
    static KEPT: Mutex<Vec<Arc<Home>>> = Mutex::new(Vec::new());
    // In the child of a fork another thread may have held the lock for good.
    match KEPT.try_lock() {
        Ok(mut kept) => kept.push(home),
        Err(_) => std::mem::forget(home),
    }
}

/// As [`RawConnection::check_caller`], for a caller that is not known to be the right one.
#[cold]
#[inline(never)]
pub(super) fn check_unknown_caller(generation: u64) -> Result<()> {
    if caller::may_call(generation) {
        Ok(())
    } else if generation == caller::generation() {
        Err(reentrant())
    } else {
        Err(forked())
    }
}

#[cold]
fn forked() -> Error {
    Error::new(
        ErrorKind::Forked,
        "fork",
        "the database was opened before this process was forked: only the parent may use it",
    )
}

#[cold]
fn reentrant() -> Error {
    Error::new(
        ErrorKind::NotSupported,
        "event handler",
        "the engine cannot be called by what handles its messages, a tracing subscriber for example",
    )
}
