//! Callbacks of the user as the engine's structures. They run on any thread, inside any call, with
//! locks of the engine held (rule 37): no panic leaves them, and what they may give back to the
//! engine is checked, since it is not there.

use std::any::Any;
use std::ffi::{CStr, CString, c_int};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use wiredtiger_sys as ffi;

use super::blocks::{compressor, encryptor};
use super::check;
use super::events::Parking;
use super::extractor::extractor;
use super::item::lent;
use crate::callbacks::{Callbacks, Collate};
use crate::error::Result;

/// A callback and the structure that the engine has of it.
#[repr(C)]
pub(super) struct Registered<E, T: ?Sized> {
    /// First, so that a pointer to it is a pointer to the whole. The engine only reads it.
    engine: E,
    parking: Parking,
    callback: Arc<T>,
}

impl<E, T: ?Sized> Registered<E, T> {
    pub(super) fn new(engine: E, parking: Parking, callback: Arc<T>) -> Arc<Self> {
        Arc::new(Self {
            engine,
            parking,
            callback,
        })
    }

    /// Runs the work of a callback that the engine called with `engine`; nothing if it panicked.
    ///
    /// # Safety
    /// The pointer is to the first field of a `Registered` of these types that is alive.
    pub(super) unsafe fn run<R>(engine: *mut E, work: impl FnOnce(&T) -> R) -> Option<R> {
        // SAFETY: the caller's promise. It is shared, and nobody writes to it.
        let this = unsafe { &*engine.cast::<Self>() };
        this.parking.run(|| work(&this.callback))
    }
}

/// What the engine calls, kept until it is closed.
#[derive(Default)]
pub(super) struct Registrations(Vec<Arc<dyn Any + Send + Sync>>);

impl Registrations {
    /// Has `callbacks` registered by the next opening on this thread.
    pub(super) fn on_next_open(callbacks: &Callbacks, parking: Parking) -> Self {
        // What an opening that failed early has left.
        ffi::forget_next_open();
        let mut all = Self::default();
        for (name, callback) in &callbacks.collators {
            all.add(name, collator(Arc::clone(callback), parking), add_collator);
        }
        for (name, callback) in &callbacks.compressors {
            all.add(
                name,
                compressor(Arc::clone(callback), parking),
                add_compressor,
            );
        }
        for (name, callback) in &callbacks.encryptors {
            all.add(
                name,
                encryptor(Arc::clone(callback), parking),
                add_encryptor,
            );
        }
        for (name, callback) in &callbacks.extractors {
            all.add(
                name,
                extractor(Arc::clone(callback), parking),
                add_extractor,
            );
        }
        all
    }

    fn add<E: 'static, T: ?Sized + 'static>(
        &mut self,
        name: &str,
        this: Arc<Registered<E, T>>,
        add: fn(Opening, &CStr, *mut E) -> Result<()>,
    ) where
        Registered<E, T>: Send + Sync,
    {
        // The name has been checked: it holds no NUL.
        let name = CString::new(name).unwrap_or_default();
        let pointer = Arc::as_ptr(&this).cast_mut().cast();
        self.0.push(this);
        ffi::on_next_open(move |connection| {
            let added = NonNull::new(connection)
                .ok_or_else(|| super::missing("wiredtiger_open"))
                .and_then(|connection| add(connection, &name, pointer));
            // The engine has told the message, and fails the opening with the code.
            added.map_or_else(|error| error.code(), |()| 0)
        });
    }
}

/// A connection in the middle of its opening.
type Opening = NonNull<ffi::WT_CONNECTION>;

fn add_collator(connection: Opening, name: &CStr, this: *mut ffi::WT_COLLATOR) -> Result<()> {
    const OPERATION: &str = "WT_CONNECTION.add_collator";
    let add = method!(connection, add_collator, OPERATION);
    // SAFETY: the structure outlives the connection (rule 37); the name is NUL-terminated.
    let code = unsafe { add(connection.as_ptr(), name.as_ptr(), this, ptr::null()) };
    check(code, OPERATION)
}

fn add_compressor(connection: Opening, name: &CStr, this: *mut ffi::WT_COMPRESSOR) -> Result<()> {
    const OPERATION: &str = "WT_CONNECTION.add_compressor";
    let add = method!(connection, add_compressor, OPERATION);
    // SAFETY: as in `add_collator`.
    let code = unsafe { add(connection.as_ptr(), name.as_ptr(), this, ptr::null()) };
    check(code, OPERATION)
}

fn add_encryptor(connection: Opening, name: &CStr, this: *mut ffi::WT_ENCRYPTOR) -> Result<()> {
    const OPERATION: &str = "WT_CONNECTION.add_encryptor";
    let add = method!(connection, add_encryptor, OPERATION);
    // SAFETY: as in `add_collator`.
    let code = unsafe { add(connection.as_ptr(), name.as_ptr(), this, ptr::null()) };
    check(code, OPERATION)
}

fn add_extractor(connection: Opening, name: &CStr, this: *mut ffi::WT_EXTRACTOR) -> Result<()> {
    const OPERATION: &str = "WT_CONNECTION.add_extractor";
    let add = method!(connection, add_extractor, OPERATION);
    // SAFETY: as in `add_collator`.
    let code = unsafe { add(connection.as_ptr(), name.as_ptr(), this, ptr::null()) };
    check(code, OPERATION)
}

fn collator(
    callback: Arc<dyn Collate>,
    parking: Parking,
) -> Arc<Registered<ffi::WT_COLLATOR, dyn Collate>> {
    let engine = ffi::WT_COLLATOR {
        compare: Some(on_compare),
        customize: None,
        terminate: None,
    };
    Registered::new(engine, parking, callback)
}

unsafe extern "C" fn on_compare(
    collator: *mut ffi::WT_COLLATOR,
    _: *mut ffi::WT_SESSION,
    one: *const ffi::WT_ITEM,
    other: *const ffi::WT_ITEM,
    order: *mut c_int,
) -> c_int {
    // SAFETY: the engine passes two items that are valid as long as the call.
    let one = unsafe { lent(one) };
    // SAFETY: as above.
    let other = unsafe { lent(other) };
    let compare = |callback: &dyn Collate| callback.compare(one, other);
    // SAFETY: the engine passes what was registered (rule 37).
    let Some(result) = (unsafe { Registered::<_, dyn Collate>::run(collator, compare) }) else {
        return ffi::WT_ERROR;
    };
    // SAFETY: the engine passes a place for the answer.
    unsafe { order.write(result as c_int) };
    0
}
