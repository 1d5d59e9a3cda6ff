//! A cursor: position, key and value as packed bytes.
//!
//! There is no call that only sets a key. The engine keeps pointers to keys and values that it
//! was given, and after some failures keeps them for good (rules 16 and 17); here each operation
//! sets them and runs, and one that fails resets the cursor.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::ptr::NonNull;

use wiredtiger_sys as ffi;

use super::bounds::KeptBounds;
use super::cursor_cache::Place;
use super::item::{Lent, item};
use super::{RawSession, failure};
use crate::error::{Error, ErrorKind, Result};

/// The largest key or value the engine stores: `UINT32_MAX - 1024` bytes (rule 15).
pub(super) const MAX_LEN: usize = u32::MAX as usize - 1024;

/// Access of a cursor that reads; there can be several in a session.
#[derive(Debug)]
pub enum Read {}

/// Access of a cursor that reads and writes; it has its session for itself.
#[derive(Debug)]
pub enum Write {}

/// Where a cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Nowhere.
    None,
    /// At a key without its value: it was just removed.
    Key,
    /// At a key and its value.
    Entry,
}

/// An open cursor that borrows its session, and goes back to the session's cache when dropped.
pub(crate) struct RawCursor<'s, A = Read> {
    pub(super) handle: NonNull<ffi::WT_CURSOR>,
    pub(super) session: &'s RawSession,
    pub(super) place: Place,
    pub(super) position: Position,
    /// Whether the engine's cursor has a position, or bounds, that a reset has to clear.
    pub(super) used: bool,
    /// Bounds that outlive the resets after a miss or a failure.
    pub(super) bounds: Option<Box<KeptBounds>>,
    access: PhantomData<fn() -> A>,
}

impl<'s, A> RawCursor<'s, A> {
    /// `handle` is open in `session`, has no position and is nobody else's.
    #[inline]
    pub(super) fn new(
        session: &'s RawSession,
        handle: NonNull<ffi::WT_CURSOR>,
        place: Place,
    ) -> Self {
        let access = PhantomData;
        Self {
            handle,
            session,
            place,
            position: Position::None,
            used: false,
            bounds: None,
            access,
        }
    }

    /// Goes to `key`; `false` and nowhere when it is not there.
    #[inline]
    pub(crate) fn search(&mut self, key: &[u8]) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.search";
        let search = method!(self.handle, search, OPERATION);
        self.set_key(key, OPERATION)?;
        // SAFETY: the key is set and lives past the call; on success the engine refers to its own
        // copy, otherwise `found` resets the cursor (rule 16).
        let code = unsafe { search(self.handle.as_ptr()) };
        self.found(code, OPERATION)
    }

    /// Goes to `key` or next to it; the answer is how the key found compares to `key`.
    pub(crate) fn search_near(&mut self, key: &[u8]) -> Result<Option<std::cmp::Ordering>> {
        const OPERATION: &str = "WT_CURSOR.search_near";
        let search_near = method!(self.handle, search_near, OPERATION);
        self.set_key(key, OPERATION)?;
        let mut exact = 0;
        // SAFETY: as in `search`; `exact` is written before the call returns.
        let code = unsafe { search_near(self.handle.as_ptr(), &mut exact) };
        if !self.found(code, OPERATION)? {
            return Ok(None);
        }
        // Rule 28: of three or more column groups only two have moved. Everything else is the
        // same after another search.
        if self.is_composed() {
            let found = self.get_key()?.to_vec();
            if !self.search(&found)? {
                // Somebody has removed it in between.
                return self.search_near(key);
            }
        }
        Ok(Some(exact.cmp(&0)))
    }

    /// Goes to the next entry, from nowhere to the first; `false` and nowhere after the last.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.next";
        let next = method!(self.handle, next, OPERATION);
        self.ready()?;
        self.used = true;
        // SAFETY: the cursor is open; the call needs no key.
        let code = unsafe { next(self.handle.as_ptr()) };
        self.stepped(code, OPERATION)
    }

    /// Goes to the entry before, from nowhere to the last; `false` and nowhere before the first.
    #[inline]
    pub(crate) fn prev(&mut self) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.prev";
        let prev = method!(self.handle, prev, OPERATION);
        self.ready()?;
        self.used = true;
        // SAFETY: as in `next`.
        let code = unsafe { prev(self.handle.as_ptr()) };
        self.stepped(code, OPERATION)
    }

    /// The packed key of the position.
    #[inline]
    pub(crate) fn key(&self) -> Result<&[u8]> {
        self.session.check_caller()?;
        if self.position == Position::None {
            return Err(self.not_positioned("WT_CURSOR.get_key"));
        }
        self.get_key()
    }

    /// The packed value of the position.
    #[inline]
    pub(crate) fn value(&self) -> Result<&[u8]> {
        self.session.check_caller()?;
        if self.position != Position::Entry {
            return Err(self.not_positioned("WT_CURSOR.get_value"));
        }
        self.get_value()
    }

    /// Key and value of the position, packed.
    #[inline]
    pub(crate) fn entry(&self) -> Result<(&[u8], &[u8])> {
        self.session.check_caller()?;
        self.fresh_entry()
    }

    /// As [`entry`](Self::entry), right after a step, which has asked who calls.
    #[inline(always)]
    pub(crate) fn fresh_entry(&self) -> Result<(&[u8], &[u8])> {
        match self.position {
            Position::Entry => Ok((self.get_key()?, self.get_value()?)),
            Position::Key => Err(self.not_positioned("WT_CURSOR.get_value")),
            Position::None => Err(self.not_positioned("WT_CURSOR.get_key")),
        }
    }

    #[inline(always)]
    pub(super) fn get_key(&self) -> Result<&[u8]> {
        const OPERATION: &str = "WT_CURSOR.get_key";
        let get = method!(self.handle, get_key, OPERATION);
        let mut item = Lent::new();
        // SAFETY: a raw cursor takes one item (rule 22), which the call fills in.
        let code = unsafe { get(self.handle.as_ptr(), item.as_mut_ptr()) };
        self.bytes(code, &item, OPERATION)
    }

    #[inline(always)]
    fn get_value(&self) -> Result<&[u8]> {
        const OPERATION: &str = "WT_CURSOR.get_value";
        let get = method!(self.handle, get_value, OPERATION);
        let mut item = Lent::new();
        // SAFETY: as in `get_key`.
        let code = unsafe { get(self.handle.as_ptr(), item.as_mut_ptr()) };
        self.bytes(code, &item, OPERATION)
    }

    /// What the engine says is at the position, for as long as the cursor stays there.
    #[inline(always)]
    fn bytes(&self, code: c_int, item: &Lent, operation: &'static str) -> Result<&[u8]> {
        if code != 0 {
            return Err(self.unreadable(code, operation));
        }
        // SAFETY: the memory is valid until this cursor moves, which takes `&mut self`, or until
        // the session writes, begins or ends a transaction, which takes `&mut` of the session
        // that this cursor borrows (rule 18).
        Ok(unsafe { item.bytes() })
    }

    #[cold]
    #[inline(never)]
    pub(super) fn unreadable(&self, code: c_int, operation: &'static str) -> Error {
        failure(code, operation).on(&self.uri())
    }

    /// Gives up position and bounds.
    pub(crate) fn reset(&mut self) -> Result<()> {
        self.bounds = None;
        self.leave()
    }

    /// Gives up the position, and any pointer of the caller that the engine has.
    pub(super) fn leave(&mut self) -> Result<()> {
        self.position = Position::None;
        self.used = false;
        self.engine_reset()?;
        // The engine's reset drops bounds as well.
        match self.bounds.take() {
            Some(bounds) => self.set_bounds_again(bounds),
            None => Ok(()),
        }
    }

    #[inline]
    fn engine_reset(&mut self) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.reset";
        let reset = method!(self.handle, reset, OPERATION);
        // SAFETY: the cursor is open. Its memory is not referred to: `&mut self`.
        let code = unsafe { reset(self.handle.as_ptr()) };
        if code == 0 {
            return Ok(());
        }
        Err(self.failure(code, OPERATION))
    }

    /// Whether the session of this cursor has a transaction that was begun and has not failed.
    pub(super) fn runs(&self) -> bool {
        self.session.runs()
    }

    /// Whether `other` is of the same session and on the same table.
    pub(super) fn is_sibling_of<B>(&self, other: &RawCursor<'_, B>) -> bool {
        std::ptr::eq(self.session, other.session) && self.place.slot() == other.place.slot()
    }

    /// The error of a call, before anything is done about it.
    #[cold]
    #[inline(never)]
    pub(super) fn failure(&self, code: c_int, operation: &'static str) -> Error {
        self.session.fail(code, operation).on(&self.uri())
    }

    /// Sets the key for a call that follows at once, after the checks without which the engine
    /// would stop the whole database (rule 15).
    #[inline]
    pub(super) fn set_key(&mut self, key: &[u8], operation: &'static str) -> Result<()> {
        self.ready()?;
        if !is_key(key) {
            return Err(self.refuse_key(key, operation));
        }
        let set = method!(self.handle, set_key, operation);
        let item = item(key);
        self.used = true;
        // SAFETY: a raw cursor takes one item (rule 22); the caller runs the operation, or resets,
        // before the key's borrow ends.
        unsafe { set(self.handle.as_ptr(), &raw const item) };
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn refuse_key(&self, key: &[u8], operation: &'static str) -> Error {
        let why = if key.is_empty() {
            "a key cannot be empty"
        } else {
            "a key cannot be larger than 4294966271 bytes"
        };
        self.refuse(operation, why)
    }

    #[inline(always)]
    pub(super) fn ready(&self) -> Result<()> {
        self.session.ready()
    }

    /// What a search returned.
    #[inline]
    pub(super) fn found(&mut self, code: c_int, operation: &'static str) -> Result<bool> {
        if code == 0 {
            self.position = Position::Entry;
            return Ok(true);
        }
        self.missed(code, operation)
    }

    /// What a search returned that did not find its key.
    #[inline(never)]
    fn missed(&mut self, code: c_int, operation: &'static str) -> Result<bool> {
        match code {
            // The engine has put the caller's pointer back (rule 16).
            ffi::WT_NOTFOUND => self.leave().map(|()| false),
            code => Err(self.fail(code, operation)),
        }
    }

    /// What a step returned.
    #[inline]
    fn stepped(&mut self, code: c_int, operation: &'static str) -> Result<bool> {
        if code == 0 {
            self.position = Position::Entry;
            return Ok(true);
        }
        if code == ffi::WT_NOTFOUND {
            self.position = Position::None;
            return Ok(false);
        }
        Err(self.fail(code, operation))
    }

    /// An operation failed: its error, after a reset so that no pointer of the caller stays.
    #[cold]
    #[inline(never)]
    pub(super) fn fail(&mut self, code: c_int, operation: &'static str) -> Error {
        let error = self.failure(code, operation);
        // The first error is the one to tell. In a transaction that is lost the bounds are not
        // set again, and nothing can be read either.
        let _ = self.leave();
        // Last: it may unwind.
        self.session.connection().resume_panic();
        error
    }

    /// The error of stored bytes that are not what their type says.
    #[cold]
    #[inline(never)]
    pub(crate) fn undecodable(&self, error: Error) -> Error {
        error.on(&self.uri())
    }

    #[cold]
    #[inline(never)]
    pub(super) fn refuse(&self, operation: &'static str, why: &str) -> Error {
        Error::new(ErrorKind::InvalidArgument, operation, why).on(&self.uri())
    }

    #[cold]
    #[inline(never)]
    pub(super) fn not_positioned(&self, operation: &'static str) -> Error {
        self.refuse(
            operation,
            "the cursor is not at an entry: search or step first",
        )
    }

    pub(crate) fn uri(&self) -> String {
        self.session.uri(self.place.slot())
    }
}

impl<A> Drop for RawCursor<'_, A> {
    #[inline]
    fn drop(&mut self) {
        self.session.put_away(self.place, self.handle, self.used);
    }
}

/// Whether `key` is what the engine takes: any other key would stop the whole database (rule 15).
#[inline(always)]
pub(super) fn is_key(key: &[u8]) -> bool {
    // Neither empty nor too large.
    key.len().wrapping_sub(1) < MAX_LEN
}
