//! The engine's event handler. It runs on any thread, inside any call, with locks of the engine
//! held (rule 37): it calls no engine function, and no panic leaves it.

use std::any::Any;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wiredtiger_sys as ffi;

use super::caller;
use crate::{events, progress};

/// The engine's structure, and behind it what is ours.
#[repr(C)]
struct Handler {
    /// First, so that a pointer to it is a pointer to the whole.
    engine: ffi::WT_EVENT_HANDLER,
    has_panic: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    cause: Mutex<Cause>,
}

/// Why the engine stopped itself. Often one of its own threads knows, and the calls that fail
/// afterwards do not.
#[derive(Default)]
struct Cause {
    /// The last error before the panic.
    message: String,
    stopped: bool,
    /// What it said when it refused to recover a database.
    recovery: Option<String>,
}

/// Owns the handler of one connection, at one address: the engine keeps the pointer, and writes
/// its defaults into the structure (rule 37).
pub(super) struct EventHandler(NonNull<Handler>);

// SAFETY: behind the pointer are function pointers that are only written while the connection
// opens, and a mutex and an atomic around what can be sent.
unsafe impl Send for EventHandler {}
// SAFETY: as above.
unsafe impl Sync for EventHandler {}

impl EventHandler {
    pub(super) fn new() -> Self {
        let handler = Box::new(Handler {
            engine: ffi::WT_EVENT_HANDLER {
                handle_error: Some(on_error),
                handle_message: Some(on_message),
                handle_progress: Some(on_progress),
                handle_close: None,
                handle_general: Some(on_general),
            },
            has_panic: AtomicBool::new(false),
            panic: Mutex::new(None),
            cause: Mutex::default(),
        });
        Self(NonNull::from(Box::leak(handler)))
    }

    /// The pointer for `wiredtiger_open`, valid as long as `self`.
    pub(super) fn as_ptr(&self) -> *mut ffi::WT_EVENT_HANDLER {
        self.0.as_ptr().cast()
    }

    /// Where callbacks park their panics, valid as long as `self`.
    pub(super) fn parking(&self) -> Parking {
        Parking(self.as_ptr())
    }

    fn handler(&self) -> &Handler {
        // SAFETY: made by `new`, freed by `drop`. The engine writes to its own part while a
        // connection opens, before anybody else has a reference; the rest is made for sharing.
        unsafe { self.0.as_ref() }
    }

    /// Goes on with a panic that happened in a callback: on the Rust side, after the engine's
    /// call returned.
    #[inline]
    pub(super) fn resume_panic(&self) {
        let handler = self.handler();
        if handler.has_panic.load(Ordering::Relaxed) {
            handler.resume();
        }
    }

    /// What the engine said last before it stopped itself; nothing if it did not.
    pub(super) fn cause_of_stop(&self) -> Option<String> {
        let cause = lock(&self.handler().cause);
        (cause.stopped && !cause.message.is_empty()).then(|| cause.message.clone())
    }

    /// What the engine said when it refused to recover a database; nothing if it did not.
    pub(super) fn refused_recovery(&self) -> Option<String> {
        lock(&self.handler().cause).recovery.take()
    }
}

impl Handler {
    #[cold]
    fn resume(&self) {
        self.has_panic.store(false, Ordering::Relaxed);
        let payload = lock(&self.panic).take();
        if let Some(payload) = payload
            && !std::thread::panicking()
        {
            resume_unwind(payload);
        }
    }

    fn park(&self, payload: Box<dyn Any + Send>) {
        let mut slot = lock(&self.panic);
        // The first one counts. The drop of another can panic as well: that one is leaked.
        if slot.is_none() {
            *slot = Some(payload);
        } else if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(another);
        }
        self.has_panic.store(true, Ordering::Relaxed);
    }

    fn note_cause(&self, code: c_int, message: &str) {
        let mut cause = lock(&self.cause);
        if code == ffi::WT_RUN_RECOVERY {
            // The first one says why, those that follow that it failed.
            cause.recovery.get_or_insert_with(|| message.to_owned());
        }
        if code == ffi::WT_PANIC {
            cause.stopped = true;
        } else if !cause.stopped {
            cause.message = message.to_owned();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for EventHandler {
    fn drop(&mut self) {
        // SAFETY: `new` leaked this box, and nobody frees it elsewhere. The engine is closed or
        // was never opened: the connection drops its handler last.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Runs a callback's work and parks a panic of it. Returns what the engine wants: 0, since an
/// error of a handler would only make it talk to stderr.
fn guarded(handler: *mut ffi::WT_EVENT_HANDLER, work: impl FnOnce(&Handler)) -> c_int {
    guarded_value(handler, work);
    0
}

/// Runs a callback's work and parks a panic of it; nothing then.
fn guarded_value<R>(
    handler: *mut ffi::WT_EVENT_HANDLER,
    work: impl FnOnce(&Handler) -> R,
) -> Option<R> {
    // SAFETY: the engine passes the pointer that it was opened with, which is the first field of
    // a `Handler` that outlives the connection (rule 37); see `EventHandler::handler` for sharing.
    let handler = unsafe { &*handler.cast::<Handler>() };
    let result = caller::inside_callback(|| catch_unwind(AssertUnwindSafe(|| work(handler))));
    result.map_err(|payload| handler.park(payload)).ok()
}

/// Where the callbacks of one connection park their panics: in its event handler.
#[derive(Clone, Copy)]
pub(super) struct Parking(*mut ffi::WT_EVENT_HANDLER);

// SAFETY: as for `EventHandler`, which it points to.
unsafe impl Send for Parking {}
// SAFETY: as above.
unsafe impl Sync for Parking {}

impl Parking {
    /// Runs the work of a callback, which may not call the engine; nothing if it panicked.
    pub(super) fn run<R>(self, work: impl FnOnce() -> R) -> Option<R> {
        // Callbacks are called while the connection is open, and its handler outlives that.
        guarded_value(self.0, |_| work())
    }
}

/// A C string of the engine as text.
fn text<'a>(message: *const c_char) -> std::borrow::Cow<'a, str> {
    if message.is_null() {
        return "".into();
    }
    // SAFETY: the engine passes NUL-terminated strings that live as long as the callback, and no
    // callback keeps the text.
    unsafe { CStr::from_ptr(message) }.to_string_lossy()
}

unsafe extern "C" fn on_error(
    handler: *mut ffi::WT_EVENT_HANDLER,
    _: *mut ffi::WT_SESSION,
    code: c_int,
    message: *const c_char,
) -> c_int {
    guarded(handler, |handler| {
        let message = text(message);
        // First: the error must have its message even if a subscriber panics.
        events::keep(code, &message);
        handler.note_cause(code, events::strip_prefix(&message));
        events::error(code, &message);
    })
}

unsafe extern "C" fn on_message(
    handler: *mut ffi::WT_EVENT_HANDLER,
    _: *mut ffi::WT_SESSION,
    message: *const c_char,
) -> c_int {
    guarded(handler, |_| events::message(&text(message)))
}

unsafe extern "C" fn on_progress(
    handler: *mut ffi::WT_EVENT_HANDLER,
    _: *mut ffi::WT_SESSION,
    operation: *const c_char,
    done: u64,
) -> c_int {
    guarded(handler, |_| {
        let operation = text(operation);
        events::progress(&operation, done);
        progress::report(&operation, done);
    })
}

/// The engine asks whether a compaction should go on, and tells some other things.
unsafe extern "C" fn on_general(
    handler: *mut ffi::WT_EVENT_HANDLER,
    _: *mut ffi::WT_CONNECTION,
    _: *mut ffi::WT_SESSION,
    event: ffi::WT_EVENT_TYPE,
    _: *mut c_void,
) -> c_int {
    let mut go_on = true;
    if event == ffi::WT_EVENT_COMPACT_CHECK {
        guarded(handler, |_| go_on = progress::compaction_goes_on());
    }
    c_int::from(!go_on)
}
