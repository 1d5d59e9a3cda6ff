//! What a cursor does that changes data. It has its session for itself (rule 18).

use std::ffi::c_int;
use std::ptr::NonNull;

use wiredtiger_sys as ffi;

use super::RawSession;
use super::cursor::{MAX_LEN, Position, RawCursor, Write, is_key};
use super::cursor_cache::{Mode, Place};
use super::item::item;
use crate::error::Result;

/// After so many conflicts of one removal it is given up.
const MOST_CONFLICTS: u32 = 1000;

/// Writes by key.
impl RawSession {
    pub(crate) fn insert(
        &mut self,
        slot: usize,
        mode: Mode,
        key: &[u8],
        value: &[u8],
    ) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.insert";
        let place = Place::new(slot, mode);
        let handle = self.checkout(place)?;
        if !self.is_known_to_be_ready() || !is_key(key) || value.len() > MAX_LEN {
            // It knows what to say.
            return RawCursor::<Write>::new(self, handle, place).insert(key, value);
        }
        let key = item(key);
        let set_key = method!(handle, set_key, OPERATION);
        // SAFETY: a raw cursor takes one item (rule 22), which is neither empty nor too large, in a
        // session with no prepared transaction (rule 15). It lives past the insert.
        unsafe { set_key(handle.as_ptr(), &raw const key) };
        let value = item(value);
        let set_value = method!(handle, set_value, OPERATION);
        // SAFETY: as above; an empty value is legal.
        unsafe { set_value(handle.as_ptr(), &raw const value) };
        let insert = method!(handle, insert, OPERATION);
        // SAFETY: as in `RawCursor::insert`: `&mut self` says that nobody refers to the session's
        // memory (rule 18), and a failure resets (rule 16).
        let code = unsafe { insert(handle.as_ptr()) };
        if code != 0 {
            return self.not_inserted(handle, place, code);
        }
        // An insert leaves no position (rule 27), so there is nothing to reset.
        self.give_back(place, handle);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn not_inserted(
        &mut self,
        handle: NonNull<ffi::WT_CURSOR>,
        place: Place,
        code: c_int,
    ) -> Result<()> {
        Err(RawCursor::<Write>::new(self, handle, place).fail(code, "WT_CURSOR.insert"))
    }

    pub(crate) fn update(&mut self, slot: usize, key: &[u8], value: &[u8]) -> Result<bool> {
        self.cursor_mut(slot, Mode::NoOverwrite)?.update(key, value)
    }

    pub(crate) fn remove(&mut self, slot: usize, key: &[u8]) -> Result<bool> {
        self.cursor_mut(slot, Mode::Overwrite)?.remove(key)
    }
}

impl RawCursor<'_, Write> {
    /// Stores `value` at `key`. In the mode without overwriting, a key that is there is an error.
    #[inline]
    pub(crate) fn insert(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.insert";
        let insert = method!(self.handle, insert, OPERATION);
        self.check_value(value, OPERATION)?;
        self.set_key(key, OPERATION)?;
        self.set_value(value)?;
        // SAFETY: key and value are set and live past the call, after which the engine refers to
        // neither, or `fail` resets (rule 16). No memory of the session is referred to: this
        // cursor has the session for itself (rule 18).
        let code = unsafe { insert(self.handle.as_ptr()) };
        if code != 0 {
            return Err(self.fail(code, OPERATION));
        }
        // An insert leaves no position (rule 27), and nothing to reset but bounds.
        self.position = Position::None;
        self.used = self.bounds.is_some();
        Ok(())
    }

    /// Stores `value` at the next record number, which is the answer, packed. Needs a cursor that
    /// appends.
    pub(crate) fn append(&mut self, value: &[u8]) -> Result<Vec<u8>> {
        const OPERATION: &str = "WT_CURSOR.insert";
        self.ready()?;
        let insert = method!(self.handle, insert, OPERATION);
        self.check_value(value, OPERATION)?;
        self.set_value(value)?;
        self.used = true;
        // SAFETY: as in `insert`; a cursor that appends needs no key.
        let code = unsafe { insert(self.handle.as_ptr()) };
        if code != 0 {
            return Err(self.fail(code, OPERATION));
        }
        // The key is the cursor's own number, and there is no other position (rule 27).
        self.position = Position::Key;
        let number = self.key().map(<[u8]>::to_vec);
        self.leave()?;
        number
    }

    /// Stores `value` at a key that is not there; `false`, and at the entry, when it is. Needs the
    /// mode without overwriting and a transaction: outside of one the engine loses the position.
    pub(super) fn insert_keeping_duplicate(&mut self, key: &[u8], value: &[u8]) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.insert";
        let insert = method!(self.handle, insert, OPERATION);
        self.ready()?;
        self.check_transaction(OPERATION)?;
        self.check_value(value, OPERATION)?;
        self.set_key(key, OPERATION)?;
        self.set_value(value)?;
        // SAFETY: as in `insert`. With a duplicate the value is the engine's own; the key is the
        // caller's and not looked at before the caller resets (rule 16).
        let code = unsafe { insert(self.handle.as_ptr()) };
        match code {
            0 => {
                self.position = Position::None;
                self.used = self.bounds.is_some();
                Ok(true)
            }
            ffi::WT_DUPLICATE_KEY => {
                self.position = Position::Entry;
                Ok(false)
            }
            code => Err(self.fail(code, OPERATION)),
        }
    }

    /// Stores `value` at `key` if the key is there. Needs the mode without overwriting.
    pub(crate) fn update(&mut self, key: &[u8], value: &[u8]) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.update";
        let update = method!(self.handle, update, OPERATION);
        self.check_value(value, OPERATION)?;
        self.set_key(key, OPERATION)?;
        self.set_value(value)?;
        // SAFETY: as in `insert`.
        let code = unsafe { update(self.handle.as_ptr()) };
        self.found(code, OPERATION)
    }

    /// Removes `key`; `false` when it is not there.
    pub(crate) fn remove(&mut self, key: &[u8]) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.remove";
        let mut code = self.remove_once(key, OPERATION)?;
        // Outside of transactions the engine tries again after a conflict; in a table with column
        // groups or indexes it has lost the key by then (rule 71).
        let mut again = 0;
        while code == libc::EINVAL && again < MOST_CONFLICTS && !self.session.in_transaction() {
            self.leave()?;
            code = self.remove_once(key, OPERATION)?;
            again += 1;
        }
        match code {
            0 => {
                self.position = Position::None;
                Ok(true)
            }
            code => self.found(code, OPERATION),
        }
    }

    #[inline]
    fn remove_once(&mut self, key: &[u8], operation: &'static str) -> Result<c_int> {
        let remove = method!(self.handle, remove, operation);
        // A cursor with a position would keep it, a key set anew has none (rule 27).
        if self.position != Position::None {
            self.leave()?;
        }
        self.set_key(key, operation)?;
        // SAFETY: as in `insert`.
        Ok(unsafe { remove(self.handle.as_ptr()) })
    }

    /// Replaces the value at the position.
    pub(crate) fn update_current(&mut self, value: &[u8]) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.update";
        self.ready()?;
        if self.position != Position::Entry {
            return Err(self.not_positioned(OPERATION));
        }
        let update = method!(self.handle, update, OPERATION);
        self.check_value(value, OPERATION)?;
        self.set_value(value)?;
        // SAFETY: the key is the engine's own, at the position; the value as in `insert`.
        let code = unsafe { update(self.handle.as_ptr()) };
        if code == 0 {
            Ok(())
        } else {
            Err(self.fail(code, OPERATION))
        }
    }

    /// Removes the entry at the position; the next step goes on from there.
    pub(crate) fn remove_current(&mut self) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.remove";
        self.ready()?;
        if self.position != Position::Entry {
            return Err(self.not_positioned(OPERATION));
        }
        let remove = method!(self.handle, remove, OPERATION);
        // SAFETY: the key is the engine's own, at the position.
        let code = unsafe { remove(self.handle.as_ptr()) };
        if code != 0 {
            return Err(self.fail(code, OPERATION));
        }
        self.position = Position::Key;
        Ok(())
    }

    /// Refuses a value that the engine would refuse, before it marks the transaction as failed.
    #[inline]
    fn check_value(&self, value: &[u8], operation: &'static str) -> Result<()> {
        if value.len() <= MAX_LEN {
            return Ok(());
        }
        Err(self.refuse(operation, "a value cannot be larger than 4294966271 bytes"))
    }

    /// Sets the value for a call that follows at once.
    #[inline]
    fn set_value(&mut self, value: &[u8]) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.set_value";
        let set = method!(self.handle, set_value, OPERATION);
        let item = item(value);
        // SAFETY: as in `set_key`; an empty value is legal (rule 15).
        unsafe { set(self.handle.as_ptr(), &raw const item) };
        Ok(())
    }
}
