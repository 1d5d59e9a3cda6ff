//! The engine's items: bytes that it is given, and bytes that it lends.

use std::mem::MaybeUninit;
use std::ptr;

use wiredtiger_sys as ffi;

/// An item that points to `bytes`.
#[inline(always)]
pub(super) fn item(bytes: &[u8]) -> ffi::WT_ITEM {
    ffi::WT_ITEM {
        data: bytes.as_ptr().cast(),
        size: bytes.len(),
        mem: ptr::null_mut(),
        memsize: 0,
        flags: 0,
    }
}

/// An item for the engine to fill in: it sets `data` and `size`, and looks at nothing.
pub(super) struct Lent(MaybeUninit<ffi::WT_ITEM>);

impl Lent {
    /// An item that lends nothing yet.
    #[inline(always)]
    pub(super) fn new() -> Self {
        let mut item = MaybeUninit::<ffi::WT_ITEM>::uninit();
        let fields = item.as_mut_ptr();
        // SAFETY: the pointer is to memory for a whole item.
        unsafe { (*fields).data = ptr::null() };
        // SAFETY: as above.
        unsafe { (*fields).size = 0 };
        Self(item)
    }

    #[inline(always)]
    pub(super) fn as_mut_ptr(&mut self) -> *mut ffi::WT_ITEM {
        self.0.as_mut_ptr()
    }

    /// The bytes that the item points to.
    ///
    /// # Safety
    /// The memory must be valid and unchanged as long as the slice is used.
    #[inline(always)]
    pub(super) unsafe fn bytes<'a>(&self) -> &'a [u8] {
        let fields = self.0.as_ptr();
        // SAFETY: `new` wrote the field.
        let data = unsafe { (*fields).data };
        // SAFETY: as above.
        let size = unsafe { (*fields).size };
        if data.is_null() {
            return nothing();
        }
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(data.cast(), size) }
    }
}

/// The bytes of an item that the engine passes to a callback.
///
/// # Safety
/// The item must be one of the engine's that stays as it is while the slice is used.
pub(super) unsafe fn lent<'a>(item: *const ffi::WT_ITEM) -> &'a [u8] {
    // SAFETY: the caller's promise.
    let data = unsafe { (*item).data };
    // SAFETY: as above.
    let size = unsafe { (*item).size };
    if data.is_null() {
        return nothing();
    }
    // SAFETY: as above.
    unsafe { std::slice::from_raw_parts(data.cast(), size) }
}

/// No bytes. A call, so that the usual case is not slowed down by a choice of pointers.
#[cold]
#[inline(never)]
fn nothing<'a>() -> &'a [u8] {
    &[]
}
