//! The session handle: its cursors, its transaction's state, and what only reads.

use std::cell::Cell;
use std::ffi::{CStr, c_int};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use wiredtiger_sys as ffi;

use super::cursor_cache::{CursorCache, Mode};
use super::{RawConnection, RawCursor, Read, Write, check, failure};
use crate::config::ConfigString;
use crate::connection::Shared;
use crate::error::{Error, ErrorKind, Result};

/// Where a session is with its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Running {
    /// There is none: every operation is its own.
    No,
    Yes,
    /// An operation failed with this code. The engine would go on as if nothing had happened,
    /// and fail at the commit (rule 34).
    Failed(c_int),
}

/// A session of the engine: one thread at a time, one transaction at a time.
pub(crate) struct RawSession {
    pub(super) handle: NonNull<ffi::WT_SESSION>,
    pub(super) cursors: CursorCache,
    pub(super) running: Cell<Running>,
    /// Last: the connection must be open when the session is closed.
    shared: Arc<Shared>,
}

// SAFETY: the engine has no state tied to a thread; a session may move between threads, and not
// being `Sync` keeps it to one at a time (rule 1). Its cursors move with it.
unsafe impl Send for RawSession {}

impl RawSession {
    pub(crate) fn open(shared: Arc<Shared>, config: &ConfigString) -> Result<Self> {
        let handle = shared.raw.open_session(config)?;
        let running = Cell::new(Running::No);
        Ok(Self {
            handle,
            cursors: CursorCache::default(),
            running,
            shared,
        })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    #[inline]
    pub(super) fn connection(&self) -> &RawConnection {
        &self.shared.raw
    }

    pub(super) fn uri(&self, slot: usize) -> String {
        self.shared.tables.uri(slot)
    }

    /// Whether the session can do more work: not in the child of a fork, not inside a callback, and
    /// not in a transaction that is lost already (rules 7, 37 and 34).
    #[inline]
    pub(super) fn ready(&self) -> Result<()> {
        self.connection().check_caller()?;
        match self.running.get() {
            Running::Failed(code) => Err(lost(code)),
            _ => Ok(()),
        }
    }

    /// The error of a failed operation. In a transaction it is the end of all but a few (rule 21).
    #[cold]
    pub(super) fn fail(&self, code: c_int, operation: &'static str) -> Error {
        let harmless = [
            ffi::WT_NOTFOUND,
            ffi::WT_DUPLICATE_KEY,
            ffi::WT_PREPARE_CONFLICT,
        ]
        .contains(&code);
        if self.running.get() == Running::Yes && !harmless {
            self.running.set(Running::Failed(code));
        }
        self.connection().explain(failure(code, operation))
    }

    /// The result of a call about the session as a whole. A panic that a callback parked goes on
    /// here: after all state is as the call left it.
    pub(super) fn finish(&self, code: c_int, operation: &'static str) -> Result<()> {
        let result = if code == 0 {
            Ok(())
        } else {
            Err(self.fail(code, operation))
        };
        self.connection().resume_panic();
        result
    }

    /// Whether the running transaction was lost to a conflict, and may succeed another time.
    pub(crate) fn lost_to_conflict(&self) -> bool {
        self.running.get() == Running::Failed(ffi::WT_ROLLBACK)
    }

    pub(crate) fn in_transaction(&self) -> bool {
        self.running.get() != Running::No
    }

    /// A cursor that reads the table in `slot` of the registry.
    #[inline]
    pub(crate) fn cursor(&self, slot: usize) -> Result<RawCursor<'_, Read>> {
        let handle = self.checkout(slot, Mode::Overwrite)?;
        Ok(RawCursor::new(self, handle, slot, Mode::Overwrite))
    }

    /// A cursor that also writes. It has the session for itself, which is what makes writing
    /// sound (rule 18).
    #[inline]
    pub(crate) fn cursor_mut(
        &mut self,
        slot: usize,
        overwrite: bool,
    ) -> Result<RawCursor<'_, Write>> {
        let mode = if overwrite {
            Mode::Overwrite
        } else {
            Mode::NoOverwrite
        };
        let handle = self.checkout(slot, mode)?;
        Ok(RawCursor::new(self, handle, slot, mode))
    }

    #[inline]
    fn checkout(&self, slot: usize, mode: Mode) -> Result<NonNull<ffi::WT_CURSOR>> {
        if let Some(handle) = self.cursors.take(slot, mode) {
            return Ok(handle);
        }
        let handle = self.open_cursor(slot, mode)?;
        self.cursors.add(slot, mode, handle);
        Ok(handle)
    }

    /// Opens a cursor and checks that it is what its users take it for.
    #[cold]
    fn open_cursor(&self, slot: usize, mode: Mode) -> Result<NonNull<ffi::WT_CURSOR>> {
        self.ready()?;
        let table = self.shared.tables.get(slot)?;
        let config = match mode {
            Mode::Overwrite => c"raw=true",
            Mode::NoOverwrite => c"overwrite=false,raw=true",
        };
        let handle = self.open_handle(&table.uri, config)?;
        if let Err(error) = check_cursor(handle, &table.key_format, &table.value_format) {
            self.close_cursor(handle);
            return Err(error.on(&self.uri(slot)));
        }
        Ok(handle)
    }

    /// Opens a cursor that the cache does not know. Inside a transaction a failure is its end
    /// (rule 21).
    pub(super) fn open_handle(&self, uri: &CStr, config: &CStr) -> Result<NonNull<ffi::WT_CURSOR>> {
        const OPERATION: &str = "WT_SESSION.open_cursor";
        let open = method!(self.handle, open_cursor, OPERATION);
        let mut cursor = ptr::null_mut();
        // SAFETY: the session is open; the URI is there (rule 14); the configurations of this
        // module do not end in a bare category (rule 10).
        let code = unsafe {
            open(
                self.handle.as_ptr(),
                uri.as_ptr(),
                ptr::null_mut(),
                config.as_ptr(),
                &mut cursor,
            )
        };
        self.finish(code, OPERATION)
            .map_err(|error| error.on(&uri.to_string_lossy()))?;
        NonNull::new(cursor).ok_or_else(|| self.fail(ffi::WT_ERROR, OPERATION))
    }

    /// Takes a cursor without a position back.
    #[inline]
    pub(super) fn give_back(&self, slot: usize, mode: Mode, handle: NonNull<ffi::WT_CURSOR>) {
        if let Some(surplus) = self.cursors.give(slot, mode, handle) {
            self.close_cursor(surplus);
        }
    }

    /// Closes a cursor that the cache does not know any more.
    pub(super) fn close_cursor(&self, handle: NonNull<ffi::WT_CURSOR>) {
        // SAFETY: the cursor is open; the engine fills in its methods (rule 1).
        let close = unsafe { (*handle.as_ptr()).close };
        if let Some(close) = close {
            // SAFETY: nobody else has the handle, and it is not used again; it is freed even if
            // the call fails (rule 4).
            let code = unsafe { close(handle.as_ptr()) };
            if let Err(error) = check(code, "WT_CURSOR.close") {
                tracing::warn!(%error, "closing a cursor failed");
            }
        }
    }
}

impl Drop for RawSession {
    fn drop(&mut self) {
        const OPERATION: &str = "WT_SESSION.close";
        if self.connection().check_caller().is_err() {
            return;
        }
        // SAFETY: the session is open; the engine fills in its methods (rule 1).
        let close = unsafe { (*self.handle.as_ptr()).close };
        if let Some(close) = close {
            // SAFETY: used for the last time; closes the session's cursors and rolls back what
            // runs (rule 3). No cursor outlives it: each borrows the session.
            let code = unsafe { close(self.handle.as_ptr(), ptr::null()) };
            if let Err(error) = check(code, OPERATION) {
                tracing::warn!(%error, "closing a session failed");
            }
        }
        self.connection().resume_panic();
    }
}

/// The error of work in a transaction that has failed before.
#[cold]
pub(super) fn lost(code: c_int) -> Error {
    let text = "an earlier operation of the transaction failed: roll it back";
    Error::engine(code, "transaction", text.to_owned())
}

/// A cursor must be raw, whatever its configuration said (rule 22), and have the formats that the
/// bytes were packed for (rule 24).
fn check_cursor(handle: NonNull<ffi::WT_CURSOR>, key: &str, value: &str) -> Result<()> {
    const OPERATION: &str = "WT_SESSION.open_cursor";
    // SAFETY: the cursor is open; the fields are set when it opens and never written by us.
    let flags = unsafe { (*handle.as_ptr()).flags };
    // SAFETY: as above.
    let key_format = unsafe { (*handle.as_ptr()).key_format };
    // SAFETY: as above.
    let value_format = unsafe { (*handle.as_ptr()).value_format };
    if flags & u64::from(ffi::WT_CURSTD_RAW) == 0 {
        return Err(Error::new(
            ErrorKind::NotSupported,
            OPERATION,
            "the cursor is not raw",
        ));
    }
    // SAFETY: the formats are NUL-terminated and live as long as the cursor, which is open.
    let key_format = unsafe { CStr::from_ptr(key_format) }.to_string_lossy();
    // SAFETY: as above.
    let value_format = unsafe { CStr::from_ptr(value_format) }.to_string_lossy();
    if key_format == key && value_format == value {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TypeMismatch,
        OPERATION,
        format!(
            "the types are key_format={key},value_format={value}, but the table has \
             key_format={key_format},value_format={value_format}"
        ),
    ))
}
