//! Tables that were written without a log, in a database that has one from now on.
//!
//! A file remembers up to where its last checkpoint covers the log. Without a log that is the end
//! of all logs, and recovery would skip whatever is logged for the file later (rule 44).

use std::ffi::{CStr, CString, c_int};
use std::ptr::{self, NonNull};

use wiredtiger_sys as ffi;

use super::session::RawSession;
use crate::error::Result;
use crate::options::CheckpointOptions;

/// What the metadata says of a file whose last checkpoint had no log: the largest position. Tables
/// that are never logged say it, too, and text that a user stored with a table may: one checkpoint
/// too many does no harm.
const NO_LOG: &[u8] = b"checkpoint_lsn=(4294967295,2147483647)";

impl RawSession {
    /// Takes a checkpoint that covers the files that were last written without a log. The
    /// session keeps their cursors open and is to be dropped.
    pub(crate) fn cover_unlogged_files(&mut self) -> Result<()> {
        let files = self.unlogged_files()?;
        if files.is_empty() {
            return Ok(());
        }
        tracing::info!(
            files = files.len(),
            "tables written without a log are checkpointed"
        );
        for uri in &files {
            // A checkpoint passes over files that are not open. One that cannot be opened cannot
            // be written to either.
            if let Err(error) = self.open_plain_cursor(uri, c"") {
                tracing::warn!(%error, "a table could not be checkpointed");
            }
        }
        let options = CheckpointOptions::new().force(true);
        self.checkpoint(&options.config()?.finish())
    }

    fn unlogged_files(&mut self) -> Result<Vec<CString>> {
        let cursor = self.open_plain_cursor(c"metadata:", c"raw=true")?;
        let next = method!(cursor, next, "WT_CURSOR.next");
        let get_key = method!(cursor, get_key, "WT_CURSOR.get_key");
        let get_value = method!(cursor, get_value, "WT_CURSOR.get_value");
        let mut files = Vec::new();
        loop {
            // SAFETY: the cursor is open; the call needs no key.
            match unsafe { next(cursor.as_ptr()) } {
                0 => {}
                ffi::WT_NOTFOUND => break,
                code => return Err(self.fail(code, "WT_CURSOR.next")),
            }
            let (mut key, mut value) = (super::cursor::empty_item(), super::cursor::empty_item());
            // SAFETY: a raw cursor takes one item (rule 22), which the call fills in.
            let code = unsafe { get_key(cursor.as_ptr(), &raw mut key) };
            self.finish(code, "WT_CURSOR.get_key")?;
            // SAFETY: as above.
            let code = unsafe { get_value(cursor.as_ptr(), &raw mut value) };
            self.finish(code, "WT_CURSOR.get_value")?;
            // SAFETY: the engine lends the memory until the cursor moves (rule 18).
            let uri = unsafe { bytes(&key) };
            // SAFETY: as above.
            let settings = unsafe { bytes(&value) };
            let ours = uri.starts_with(b"file:") && !uri.starts_with(b"file:WiredTiger");
            if ours && contains(settings, NO_LOG) {
                files.extend(CStr::from_bytes_until_nul(uri).ok().map(CStr::to_owned));
            }
        }
        self.close_cursor(cursor);
        Ok(files)
    }

    /// Opens a cursor that the session's cache does not know.
    pub(super) fn open_plain_cursor(
        &mut self,
        uri: &CStr,
        config: &CStr,
    ) -> Result<NonNull<ffi::WT_CURSOR>> {
        const OPERATION: &str = "WT_SESSION.open_cursor";
        let open = method!(self.handle, open_cursor, OPERATION);
        let mut cursor = ptr::null_mut();
        // SAFETY: the session is open; URI and configuration are NUL-terminated, and the latter
        // does not end in a bare category (rule 10).
        let code: c_int = unsafe {
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
}

/// The bytes of an item.
///
/// # Safety
/// The item's memory must be valid and unchanged while the slice is used.
pub(super) unsafe fn bytes(item: &ffi::WT_ITEM) -> &[u8] {
    if item.size == 0 || item.data.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(item.data.cast(), item.size) }
}

pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
