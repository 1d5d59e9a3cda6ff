//! Keys of an index that the user makes: the engine passes a row, and a cursor for the keys.

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;
use std::sync::Arc;

use wiredtiger_sys as ffi;

use super::callbacks::Registered;
use super::check;
use super::cursor::is_key;
use super::events::Parking;
use super::item::{item, lent};
use crate::callbacks::{Extract, ExtractedKeys};
use crate::error::{Error, ErrorKind, Result};
use crate::events;
use crate::pack::Format;

pub(super) fn extractor(
    callback: Arc<dyn Extract>,
    parking: Parking,
) -> Arc<Registered<ffi::WT_EXTRACTOR, dyn Extract>> {
    let engine = ffi::WT_EXTRACTOR {
        extract: Some(on_extract),
        customize: None,
        terminate: None,
    };
    Registered::new(engine, parking, callback)
}

unsafe extern "C" fn on_extract(
    extractor: *mut ffi::WT_EXTRACTOR,
    _: *mut ffi::WT_SESSION,
    key: *const ffi::WT_ITEM,
    value: *const ffi::WT_ITEM,
    keys: *mut ffi::WT_CURSOR,
) -> c_int {
    // SAFETY: the engine passes two items that are valid as long as the call.
    let key = unsafe { lent(key) };
    // SAFETY: as above.
    let value = unsafe { lent(value) };
    let Some(keys) = NonNull::new(keys) else {
        return libc::EINVAL;
    };
    let extract = |callback: &dyn Extract| extract(callback, key, value, keys);
    // SAFETY: the engine passes what was registered (rule 37).
    let result = unsafe { Registered::<_, dyn Extract>::run(extractor, extract) };
    let Some(result) = result else {
        return ffi::WT_ERROR;
    };
    let Err(error) = result else { return 0 };
    // An error of the engine keeps its code: a conflict must be known as one.
    let code = if error.code() == 0 {
        ffi::WT_ERROR
    } else {
        error.code()
    };
    let message = format!("WT_EXTRACTOR.extract: {}", error.message());
    events::keep(code, &message);
    events::error(code, &message);
    code
}

fn extract(
    callback: &dyn Extract,
    key: &[u8],
    value: &[u8],
    keys: NonNull<ffi::WT_CURSOR>,
) -> Result<()> {
    // SAFETY: the engine passes an open cursor, whose format it has set.
    let format = unsafe { (*keys.as_ptr()).key_format };
    // SAFETY: the format is NUL-terminated, and lives as long as the index.
    let format = unsafe { CStr::from_ptr(format) }.to_string_lossy();
    let format = Format::new(&format)?;
    take_bytes(keys);
    callback.extract(
        key,
        value,
        &mut ExtractedKeys::new(&format, &mut |key| insert(keys, key)),
    )
}

/// Makes the cursor one that takes packed bytes, as all others are (rule 22).
fn take_bytes(keys: NonNull<ffi::WT_CURSOR>) {
    // SAFETY: the cursor is the engine's for this one call, and nobody else has it.
    unsafe { (*keys.as_ptr()).flags |= u64::from(ffi::WT_CURSTD_RAW) };
}

fn insert(keys: NonNull<ffi::WT_CURSOR>, key: &[u8]) -> Result<()> {
    const OPERATION: &str = "WT_CURSOR.insert";
    if !is_key(key) {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "WT_EXTRACTOR.extract",
            "a key of an index is too large",
        ));
    }
    let set = method!(keys, set_key, "WT_CURSOR.set_key");
    let insert = method!(keys, insert, OPERATION);
    let item = item(key);
    // SAFETY: the cursor takes bytes: one item (rule 22), which is neither empty nor too large
    // (rule 15), and was packed for the cursor's format (rule 24).
    unsafe { set(keys.as_ptr(), &raw const item) };
    // SAFETY: the key is set and lives past the call, which copies it.
    check(unsafe { insert(keys.as_ptr()) }, OPERATION)
}
