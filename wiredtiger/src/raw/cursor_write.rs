//! What a cursor does that changes data. It has its session for itself (rule 18).

use super::cursor::{MAX_LEN, Position, RawCursor, Write, item};
use crate::error::Result;

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
        let remove = method!(self.handle, remove, OPERATION);
        // A cursor with a position would keep it, a key set anew has none (rule 27).
        if self.position != Position::None {
            self.leave()?;
        }
        self.set_key(key, OPERATION)?;
        // SAFETY: as in `insert`.
        let code = unsafe { remove(self.handle.as_ptr()) };
        match code {
            0 => {
                self.position = Position::None;
                Ok(true)
            }
            code => self.found(code, OPERATION),
        }
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
