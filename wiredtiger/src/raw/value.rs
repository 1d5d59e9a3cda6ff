//! A value in the engine's memory, held in place by its cursor.
//!
//! A lookup is the call that is made most often. Here it is written out, without the state that a
//! cursor keeps for what comes next; whatever goes wrong is left to a [`RawCursor`].

use std::ffi::c_int;
use std::ptr::NonNull;

use wiredtiger_sys as ffi;

use super::cursor::{Position, is_key};
use super::cursor_cache::{Mode, Place};
use super::item::{Lent, item};
use super::{RawCursor, RawSession, Read};
use crate::error::{Error, Result};

/// The packed value at a cursor's position. Reading it calls no engine function, so it is possible
/// anywhere, in a callback of the engine too.
pub(crate) struct RawValue<'t> {
    bytes: NonNull<[u8]>,
    /// Of a cursor that is nobody else's, and stays where it is until the drop.
    handle: NonNull<ffi::WT_CURSOR>,
    session: &'t RawSession,
    place: Place,
}

impl RawSession {
    /// What `wrap` makes of the value at `key`, of the table in `slot` of the registry.
    #[inline]
    pub(crate) fn get<'t, T>(
        &'t self,
        slot: usize,
        key: &[u8],
        wrap: impl FnOnce(RawValue<'t>) -> T,
    ) -> Result<Option<T>> {
        const SET_KEY: &str = "WT_CURSOR.set_key";
        let place = Place::new(slot, Mode::Overwrite);
        let handle = self.checkout(place)?;
        if !self.is_known_to_be_ready() || !is_key(key) {
            return Ok(self.get_by_cursor(handle, place, key)?.map(wrap));
        }
        let item = item(key);
        let set_key = method!(handle, set_key, SET_KEY);
        // SAFETY: a raw cursor takes one item (rule 22), which is neither empty nor too large, in a
        // session with no prepared transaction (rule 15). It lives past the search.
        unsafe { set_key(handle.as_ptr(), &raw const item) };
        let search = method!(handle, search, SEARCH);
        // SAFETY: the key is set; on success the engine refers to its own copy, otherwise the
        // cursor is reset before the key's borrow ends (rule 16).
        let code = unsafe { search(handle.as_ptr()) };
        if code != 0 {
            return self.not_found(handle, place, code).map(|()| None);
        }
        let mut lent = Lent::new();
        let get_value = method!(handle, get_value, GET_VALUE);
        // SAFETY: a raw cursor takes one item (rule 22), which the call fills in.
        let code = unsafe { get_value(handle.as_ptr(), lent.as_mut_ptr()) };
        if code != 0 {
            return Err(self.not_readable(handle, place, code));
        }
        // SAFETY: what is made of it is only lent by `RawValue::bytes`.
        let bytes = NonNull::from(unsafe { lent.bytes() });
        Ok(Some(wrap(RawValue {
            bytes,
            handle,
            session: self,
            place,
        })))
    }

    /// As `get`, for a caller that may have to be refused.
    #[cold]
    #[inline(never)]
    fn get_by_cursor(
        &self,
        handle: NonNull<ffi::WT_CURSOR>,
        place: Place,
        key: &[u8],
    ) -> Result<Option<RawValue<'_>>> {
        let mut cursor: RawCursor<'_, Read> = RawCursor::new(self, handle, place);
        if !cursor.search(key)? {
            return Ok(None);
        }
        let bytes = NonNull::from(cursor.value()?);
        // The value takes the cursor over.
        std::mem::forget(cursor);
        Ok(Some(RawValue {
            bytes,
            handle,
            session: self,
            place,
        }))
    }

    /// The search of `get` returned `code`, and the engine refers to the key.
    #[inline(never)]
    fn not_found(&self, handle: NonNull<ffi::WT_CURSOR>, place: Place, code: c_int) -> Result<()> {
        let mut cursor: RawCursor<'_, Read> = RawCursor::new(self, handle, place);
        cursor.used = true;
        cursor.found(code, SEARCH).map(|_| ())
    }

    /// The engine does not show what `get` found.
    #[cold]
    #[inline(never)]
    fn not_readable(&self, handle: NonNull<ffi::WT_CURSOR>, place: Place, code: c_int) -> Error {
        let mut cursor: RawCursor<'_, Read> = RawCursor::new(self, handle, place);
        cursor.used = true;
        cursor.position = Position::Entry;
        cursor.unreadable(code, GET_VALUE)
    }
}

const SEARCH: &str = "WT_CURSOR.search";
const GET_VALUE: &str = "WT_CURSOR.get_value";

impl RawValue<'_> {
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the memory is valid until the cursor moves, which it does when `self` is
        // dropped, or until its session, which it borrows, moves memory (rule 18).
        unsafe { self.bytes.as_ref() }
    }

    /// The error of bytes that are not what their type says.
    #[cold]
    #[inline(never)]
    pub(crate) fn undecodable(&self, error: Error) -> Error {
        error.on(&self.session.uri(self.place.slot()))
    }
}

impl Drop for RawValue<'_> {
    #[inline]
    fn drop(&mut self) {
        self.session.put_away(self.place, self.handle, true);
    }
}
