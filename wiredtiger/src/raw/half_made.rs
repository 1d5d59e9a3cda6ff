//! A table whose creation was cut off.
//!
//! Creating a table writes three entries into the metadata, one after the other, and a kill can
//! come in between: then the table is there, cannot be used, and creating it again says that it is
//! there (rule 50). The missing entries can be made up for.

use std::ffi::{CStr, CString};

use wiredtiger_sys as ffi;

use super::cursor::{empty_item, item};
use super::session::RawSession;
use super::unlogged::{bytes, contains};
use crate::config::ConfigString;
use crate::error::Result;

impl RawSession {
    /// Finishes the creation of the table `uri`; `false` if it is not one of this kind.
    pub(crate) fn finish_creation(&mut self, uri: &CStr, config: &ConfigString) -> Result<bool> {
        let Some(name) = uri.to_bytes().strip_prefix(b"table:") else {
            return Ok(false);
        };
        let group = [b"colgroup:", name].concat();
        let Ok(group) = CString::new(group) else {
            return Ok(false);
        };
        // A table with column groups of its own waits for its owner to create them.
        let plain = self.metadata(uri)?.is_some_and(|text| {
            contains(&text, b"colgroups=,") || contains(&text, b"colgroups=()")
        });
        if !plain || self.metadata(&group)?.is_some() {
            return Ok(false);
        }
        tracing::warn!(uri = %uri.to_string_lossy(), "a table was half made: it is finished");
        self.create(&group, config)?;
        Ok(true)
    }

    /// What the metadata says of an object.
    fn metadata(&mut self, uri: &CStr) -> Result<Option<Vec<u8>>> {
        let cursor = self.open_plain_cursor(c"metadata:", c"raw=true")?;
        let set_key = method!(cursor, set_key, "WT_CURSOR.set_key");
        let search = method!(cursor, search, "WT_CURSOR.search");
        let get_value = method!(cursor, get_value, "WT_CURSOR.get_value");
        let key = item(uri.to_bytes_with_nul());
        // SAFETY: a raw cursor takes one item (rule 22), not empty (rule 15), which lives past the
        // search. The cursor is closed below whatever it answers (rule 16).
        unsafe { set_key(cursor.as_ptr(), &raw const key) };
        // SAFETY: the key is set.
        let mut code = unsafe { search(cursor.as_ptr()) };
        let mut found = None;
        if code == 0 {
            let mut value = empty_item();
            // SAFETY: a raw cursor takes one item, which the call fills in.
            code = unsafe { get_value(cursor.as_ptr(), &raw mut value) };
            if code == 0 {
                // SAFETY: the engine lends the memory until the cursor moves (rule 18).
                found = Some(unsafe { bytes(&value) }.to_vec());
            }
        }
        self.close_cursor(cursor);
        if code == ffi::WT_NOTFOUND {
            code = 0;
        }
        self.finish(code, "WT_CURSOR.search")?;
        Ok(found)
    }
}
