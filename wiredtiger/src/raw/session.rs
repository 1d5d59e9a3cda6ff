//! The session handle: its cursors, its transaction's state, and what only reads.

use std::cell::Cell;
use std::ffi::{CStr, c_int};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use wiredtiger_sys as ffi;

use super::cursor_cache::{CursorCache, Mode, Place};
use super::{RawConnection, RawCursor, Read, Write, caller, check, connection, failure, formats};
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
    /// It is prepared: nothing but its end is allowed (rule 35).
    Prepared,
}

/// A session of the engine: one thread at a time, one transaction at a time.
pub(crate) struct RawSession {
    pub(super) handle: NonNull<ffi::WT_SESSION>,
    pub(super) cursors: CursorCache,
    /// To be set by `set_running` where a transaction may be lost before or after.
    pub(super) running: Cell<Running>,
    /// The connection's generation, at hand.
    generation: u64,
    /// The same, or nobody's while the transaction is lost or prepared: whether the caller is the right one
    /// and the session can do more work is one question.
    open_to: Cell<u64>,
    /// Last: the connection must be open when the session is closed.
    shared: Arc<Shared>,
}

// SAFETY: the engine has no state tied to a thread; a session may move between threads, and not
// being `Sync` keeps it to one at a time (rule 1). Its cursors move with it.
unsafe impl Send for RawSession {}

impl RawSession {
    pub(crate) fn open(shared: Arc<Shared>, config: &ConfigString) -> Result<Self> {
        let handle = shared.raw.open_session(config)?;
        let generation = shared.raw.generation();
        Ok(Self {
            handle,
            cursors: CursorCache::default(),
            running: Cell::new(Running::No),
            generation,
            open_to: Cell::new(generation),
            shared,
        })
    }

    #[inline]
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
    #[inline(always)]
    pub(super) fn ready(&self) -> Result<()> {
        if self.is_known_to_be_ready() {
            return Ok(());
        }
        self.not_known_to_be_ready()
    }

    /// Whether [`ready`](Self::ready) is certain to be fine.
    #[inline(always)]
    pub(super) fn is_known_to_be_ready(&self) -> bool {
        caller::is_known(self.open_to.get())
    }

    #[cold]
    #[inline(never)]
    fn not_known_to_be_ready(&self) -> Result<()> {
        self.check_caller()?;
        match self.running.get() {
            Running::Failed(code) => Err(lost(code)),
            Running::Prepared => Err(prepared()),
            Running::No | Running::Yes => Ok(()),
        }
    }

    /// Fails in the child of a fork (rule 7), and inside a callback of the engine (rule 37).
    #[inline(always)]
    pub(super) fn check_caller(&self) -> Result<()> {
        if caller::is_known(self.generation) {
            return Ok(());
        }
        connection::check_unknown_caller(self.generation)
    }

    /// As [`check_caller`](Self::check_caller), for a drop, which has nobody to tell.
    #[inline(always)]
    pub(super) fn may_call(&self) -> bool {
        caller::is_known(self.generation) || caller::may_call(self.generation)
    }

    #[inline]
    pub(super) fn set_running(&self, running: Running) {
        let closed = matches!(running, Running::Failed(_) | Running::Prepared);
        self.open_to.set(if closed {
            caller::NOBODY
        } else {
            self.generation
        });
        self.running.set(running);
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
            self.set_running(Running::Failed(code));
        }
        let error = self.connection().explain(failure(code, operation));
        if code != ffi::WT_ROLLBACK {
            return error;
        }
        match self.rollback_reason() {
            Ok(Some(reason)) => error.because(&reason),
            _ => error,
        }
    }

    /// The result of a call about the session as a whole. A panic that a callback parked goes on
    /// here: after all state is as the call left it.
    #[inline]
    pub(super) fn finish(&self, code: c_int, operation: &'static str) -> Result<()> {
        if code == 0 {
            self.connection().resume_panic();
            return Ok(());
        }
        self.finish_failed(code, operation)
    }

    #[cold]
    #[inline(never)]
    fn finish_failed(&self, code: c_int, operation: &'static str) -> Result<()> {
        let error = self.fail(code, operation);
        self.connection().resume_panic();
        Err(error)
    }

    /// Whether the running transaction was lost to a conflict, and may succeed another time.
    pub(crate) fn lost_to_conflict(&self) -> bool {
        self.running.get() == Running::Failed(ffi::WT_ROLLBACK)
    }

    #[inline]
    pub(crate) fn in_transaction(&self) -> bool {
        self.running.get() != Running::No
    }

    /// A cursor that reads the table in `slot` of the registry.
    #[inline]
    pub(crate) fn cursor(&self, slot: usize) -> Result<RawCursor<'_, Read>> {
        let place = Place::new(slot, Mode::Overwrite);
        Ok(RawCursor::new(self, self.checkout(place)?, place))
    }

    /// A cursor that also writes. It has the session for itself, which is what makes writing
    /// sound (rule 18).
    #[inline]
    pub(crate) fn cursor_mut(&mut self, slot: usize, mode: Mode) -> Result<RawCursor<'_, Write>> {
        let place = Place::new(slot, mode);
        Ok(RawCursor::new(self, self.checkout(place)?, place))
    }

    #[inline]
    pub(super) fn checkout(&self, place: Place) -> Result<NonNull<ffi::WT_CURSOR>> {
        if let Some(handle) = self.cursors.take_front(place) {
            return Ok(handle);
        }
        self.checkout_other(place)
    }

    #[inline(never)]
    fn checkout_other(&self, place: Place) -> Result<NonNull<ffi::WT_CURSOR>> {
        match self.cursors.take_listed(place) {
            Some(handle) => Ok(handle),
            None => self.open_cursor(place),
        }
    }

    /// Opens a cursor and checks that it is what its users take it for.
    #[cold]
    #[inline(never)]
    fn open_cursor(&self, place: Place) -> Result<NonNull<ffi::WT_CURSOR>> {
        self.ready()?;
        let table = self.shared.tables.get(place.slot())?;
        let handle = self.open_handle(&table.uri, table.cursor_settings(place.mode()))?;
        if let Err(error) = formats::check(handle, &table) {
            self.close_cursor(handle);
            return Err(error.on(&self.uri(place.slot())));
        }
        self.cursors.add(place, handle);
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

    /// Takes a cursor back from a guard that is dropped; one that is `used` has a position, or
    /// bounds.
    #[inline]
    pub(super) fn put_away(&self, place: Place, handle: NonNull<ffi::WT_CURSOR>, used: bool) {
        if !self.may_call() {
            return;
        }
        // A cursor that keeps its position would pin a page and a snapshot. A failed reset leaves
        // no position either.
        if used {
            // SAFETY: the cursor is open; the engine fills in its methods (rule 1).
            let reset = unsafe { (*handle.as_ptr()).reset };
            if let Some(reset) = reset {
                // SAFETY: as above. Its memory is not referred to: the guard is gone.
                let code = unsafe { reset(handle.as_ptr()) };
                if code != 0 {
                    self.note_failure(code, "WT_CURSOR.reset");
                }
            }
        }
        self.give_back(place, handle);
    }

    /// A failure that has nobody to be told.
    #[cold]
    #[inline(never)]
    fn note_failure(&self, code: c_int, operation: &'static str) {
        drop(self.fail(code, operation));
    }

    /// Takes a cursor without a position back.
    #[inline]
    pub(super) fn give_back(&self, place: Place, handle: NonNull<ffi::WT_CURSOR>) {
        if let Some(surplus) = self.cursors.give(place, handle) {
            self.close_cursor(surplus);
        }
    }

    /// Closes the cursors on a table that the cache keeps for later.
    pub(crate) fn close_idle_cursors(&self, slot: usize) {
        if self.may_call() {
            for handle in self.cursors.drain_idle(slot) {
                self.close_cursor(handle);
            }
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
        if !self.may_call() {
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

/// The error of work while a transaction is prepared, whose guard was forgotten.
#[cold]
fn prepared() -> Error {
    let text = "the session's transaction is prepared: commit it or roll it back";
    Error::new(ErrorKind::InvalidArgument, "transaction", text)
}

/// The error of work in a transaction that has failed before.
#[cold]
pub(super) fn lost(code: c_int) -> Error {
    let text = "an earlier operation of the transaction failed: roll it back";
    Error::engine(code, "transaction", text.to_owned())
}
