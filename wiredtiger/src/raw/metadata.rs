//! What the engine's metadata says of its objects.

use std::ffi::{CStr, CString};
use std::ptr::NonNull;

use wiredtiger_sys as ffi;

use super::config_parser::{names_in, value_of};
use super::cursor::RawCursor;
use super::item::{Lent, item};
use super::session::RawSession;
use crate::callbacks::Collate;
use crate::error::Result;

impl RawSession {
    /// What the metadata says of an object; nothing if it does not know it.
    pub(super) fn metadata(&self, uri: &CStr) -> Result<Option<Vec<u8>>> {
        let cursor = self.open_metadata()?;
        let set_key = method!(cursor, set_key, "WT_CURSOR.set_key");
        let search = method!(cursor, search, "WT_CURSOR.search");
        let key = item(uri.to_bytes_with_nul());
        // SAFETY: a raw cursor takes one item (rule 22), not empty (rule 15), which lives past the
        // search. The cursor is closed below whatever it answers (rule 16).
        unsafe { set_key(cursor.as_ptr(), &raw const key) };
        // SAFETY: the key is set.
        let found = match unsafe { search(cursor.as_ptr()) } {
            0 => self.metadata_value(cursor).map(Some),
            ffi::WT_NOTFOUND => Ok(None),
            code => Err(self.fail(code, "WT_CURSOR.search")),
        };
        self.close_cursor(cursor);
        found
    }

    /// Whether there is such an object.
    pub(crate) fn exists(&self, uri: &CStr) -> Result<bool> {
        self.ready()?;
        Ok(self.metadata(uri)?.is_some())
    }

    /// The names of the columns of a table; none if it has no names, or is not there.
    pub(crate) fn column_names(&self, uri: &CStr) -> Result<Vec<String>> {
        self.ready()?;
        match self.metadata(uri)? {
            Some(text) => names_in(&text, c"columns"),
            None => Ok(Vec::new()),
        }
    }

    /// How two packed keys of a table compare, by the order that it was created with.
    pub(super) fn compare_keys(
        &self,
        uri: &CStr,
        one: &[u8],
        other: &[u8],
    ) -> Result<std::cmp::Ordering> {
        Ok(match self.collator_of(uri)? {
            Some(collator) => collator.compare(one, other),
            None => one.cmp(other),
        })
    }

    /// The order that an object was created with, if it is not that of the bytes.
    fn collator_of(&self, uri: &CStr) -> Result<Option<&dyn Collate>> {
        let text = self.metadata(uri)?.unwrap_or_default();
        let name = value_of(&text, c"collator")?.unwrap_or_default();
        let mut collators = self.shared().collators.iter();
        let found = collators.find(|(known, _)| *known == name);
        Ok(found.map(|(_, collator)| &**collator))
    }

    /// Shows each object's URI, with its NUL, and what the metadata says of it to `visit`.
    pub(super) fn visit_metadata(&mut self, mut visit: impl FnMut(&[u8], &[u8])) -> Result<()> {
        let cursor = self.open_metadata()?;
        let next = method!(cursor, next, "WT_CURSOR.next");
        let visited = loop {
            // SAFETY: the cursor is open; the call needs no key.
            match unsafe { next(cursor.as_ptr()) } {
                0 => {}
                ffi::WT_NOTFOUND => break Ok(()),
                code => break Err(self.fail(code, "WT_CURSOR.next")),
            }
            match (self.metadata_key(cursor), self.metadata_value(cursor)) {
                (Ok(uri), Ok(text)) => visit(&uri, &text),
                (Err(error), _) | (_, Err(error)) => break Err(error),
            }
        };
        self.close_cursor(cursor);
        visited
    }

    fn open_metadata(&self) -> Result<NonNull<ffi::WT_CURSOR>> {
        self.open_handle(c"metadata:", c"raw=true")
    }

    fn metadata_key(&self, cursor: NonNull<ffi::WT_CURSOR>) -> Result<Vec<u8>> {
        const OPERATION: &str = "WT_CURSOR.get_key";
        let get = method!(cursor, get_key, OPERATION);
        let mut item = Lent::new();
        // SAFETY: a raw cursor takes one item (rule 22), which the call fills in.
        let code = unsafe { get(cursor.as_ptr(), item.as_mut_ptr()) };
        self.finish(code, OPERATION)?;
        // SAFETY: the engine lends the memory until the cursor moves (rule 18).
        Ok(unsafe { item.bytes() }.to_vec())
    }

    fn metadata_value(&self, cursor: NonNull<ffi::WT_CURSOR>) -> Result<Vec<u8>> {
        const OPERATION: &str = "WT_CURSOR.get_value";
        let get = method!(cursor, get_value, OPERATION);
        let mut item = Lent::new();
        // SAFETY: as in `metadata_key`.
        let code = unsafe { get(cursor.as_ptr(), item.as_mut_ptr()) };
        self.finish(code, OPERATION)?;
        // SAFETY: as in `metadata_key`.
        Ok(unsafe { item.bytes() }.to_vec())
    }
}

impl<A> RawCursor<'_, A> {
    /// How two keys compare in this table.
    #[inline]
    pub(crate) fn compare_keys(&self, one: &[u8], other: &[u8]) -> Result<std::cmp::Ordering> {
        if self.session.shared().collators.is_empty() {
            return Ok(one.cmp(other));
        }
        self.compare_collated(one, other)
    }

    /// Whether the keys are in the order of a collator.
    pub(crate) fn has_collator(&self) -> Result<bool> {
        if self.session.shared().collators.is_empty() {
            return Ok(false);
        }
        let table = self.session.shared().tables.get(self.place.slot())?;
        let whole = without_columns(&table.uri);
        Ok(self.session.collator_of(&whole)?.is_some())
    }

    #[cold]
    fn compare_collated(&self, one: &[u8], other: &[u8]) -> Result<std::cmp::Ordering> {
        let table = self.session.shared().tables.get(self.place.slot())?;
        let whole = without_columns(&table.uri);
        self.session.compare_keys(&whole, one, other)
    }
}

/// The URI of what `uri` shows some columns of.
fn without_columns(uri: &CStr) -> CString {
    let bytes = uri.to_bytes();
    let end = bytes.iter().position(|byte| *byte == b'(');
    // A part of what has no NUL has none.
    CString::new(&bytes[..end.unwrap_or(bytes.len())]).unwrap_or_default()
}

/// Whether a text of the metadata has a part.
pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
