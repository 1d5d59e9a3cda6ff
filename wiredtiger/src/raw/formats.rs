//! What cursors say of the bytes that they take and lend.

use std::ffi::CStr;
use std::ptr::NonNull;

use wiredtiger_sys as ffi;

use super::cursor::RawCursor;
use super::session::RawSession;
use crate::error::{Error, ErrorKind, Result};
use crate::pack::Format;
use crate::table::{EntryKind, TableEntry};

const OPERATION: &str = "WT_SESSION.open_cursor";

/// The formats of a cursor's keys and values.
struct Formats {
    key: String,
    value: String,
}

impl Formats {
    /// Those of an open cursor.
    fn of(handle: NonNull<ffi::WT_CURSOR>) -> Self {
        // SAFETY: the cursor is open; the field is set when it opens and never written by us.
        let value = unsafe { (*handle.as_ptr()).value_format };
        // SAFETY: as in `key_format`; the text is copied.
        let value = unsafe { CStr::from_ptr(value) };
        let key = key_format(&handle);
        Self {
            key: key.to_string_lossy().into_owned(),
            value: value.to_string_lossy().into_owned(),
        }
    }

    /// Whether the bytes are those that the entry's were packed for.
    fn are_those_of(&self, entry: &TableEntry) -> bool {
        // In an index other columns may follow: bytes at the end have their length in front then.
        let followed = entry.kind == EntryKind::Index;
        same(&self.value, &entry.value_format, false)
            && (same(&self.key, &entry.key_format, false)
                || followed && same(&self.key, &entry.key_format, true))
    }
}

/// The format of the keys of an open cursor.
fn key_format(handle: &NonNull<ffi::WT_CURSOR>) -> &CStr {
    // SAFETY: the cursor is open; the field is set when it opens and never written by us.
    let format = unsafe { (*handle.as_ptr()).key_format };
    // SAFETY: the format is NUL-terminated and lives as long as the cursor, which nobody closes
    // while its owner lends the handle.
    unsafe { CStr::from_ptr(format) }
}

/// Whether two formats pack alike; of the `expected` one perhaps when other columns follow.
fn same(stored: &str, expected: &str, followed: bool) -> bool {
    if stored == expected && !followed {
        return true;
    }
    match (Format::new(stored), Format::parse(expected, followed)) {
        (Ok(stored), Ok(expected)) => stored == expected,
        _ => false,
    }
}

/// A cursor must be raw, whatever its configuration said (rule 22), and have the formats that the
/// bytes were packed for (rule 24).
pub(super) fn check(handle: NonNull<ffi::WT_CURSOR>, entry: &TableEntry) -> Result<()> {
    check_raw(handle)?;
    let stored = Formats::of(handle);
    if stored.are_those_of(entry) {
        return Ok(());
    }
    let Formats { key, value } = stored;
    Err(Error::new(
        ErrorKind::TypeMismatch,
        OPERATION,
        format!(
            "the types are key_format={},value_format={}, but the table has \
             key_format={key},value_format={value}",
            entry.key_format, entry.value_format
        ),
    ))
}

/// Whether a cursor takes bytes, and nothing else (rule 22).
pub(super) fn check_raw(handle: NonNull<ffi::WT_CURSOR>) -> Result<()> {
    // SAFETY: the cursor is open; the field is never written by us.
    let flags = unsafe { (*handle.as_ptr()).flags };
    if flags & u64::from(ffi::WT_CURSTD_RAW) != 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NotSupported,
        OPERATION,
        "the cursor is not raw",
    ))
}

impl RawSession {
    /// The formats of the keys and the values of what a `uri` names.
    pub(crate) fn formats(&self, uri: &CStr) -> Result<(String, String)> {
        self.ready()?;
        let handle = self.open_handle(uri, c"raw=true")?;
        let Formats { key, value } = Formats::of(handle);
        self.close_cursor(handle);
        Ok((key, value))
    }
}

impl<A> RawCursor<'_, A> {
    /// Whether the last column of the keys is bytes without a length.
    pub(crate) fn key_ends_in_bytes(&self) -> bool {
        key_format(&self.handle).to_bytes().ends_with(b"u")
    }

    /// Whether the engine puts a row of this table together out of several files.
    pub(super) fn is_composed(&self) -> bool {
        is_composed(self.handle)
    }
}

/// Whether a cursor is on a table whose rows the engine splits, by the name that it has for it.
pub(super) fn is_composed(handle: NonNull<ffi::WT_CURSOR>) -> bool {
    // SAFETY: the cursor is open; the field is set when it opens and never written by us.
    let uri = unsafe { (*handle.as_ptr()).internal_uri };
    if uri.is_null() {
        return false;
    }
    // SAFETY: a NUL-terminated text, so that there is a first byte. Of a plain table it is the
    // name of its file.
    unsafe { uri.read() }.cast_unsigned() == b't'
}
