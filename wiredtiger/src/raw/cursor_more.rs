//! What a cursor does besides reading and writing: comparing, reserving, the largest key.

use std::cmp::Ordering;

use wiredtiger_sys as ffi;

use super::RawSession;
use super::cursor::{Position, RawCursor, Write};
use super::cursor_cache::Mode;
use crate::error::{Error, ErrorKind, Result};

impl<A> RawCursor<'_, A> {
    /// How the position compares to that of another cursor on the same table.
    pub(crate) fn compare<B>(&self, other: &RawCursor<'_, B>) -> Result<Ordering> {
        const OPERATION: &str = "WT_CURSOR.compare";
        let compare = method!(self.handle, compare, OPERATION);
        self.check_pair(other, OPERATION)?;
        let mut order = 0;
        // SAFETY: both cursors are open, of one session and on one table, so of one kind (rule 30),
        // and have positions; the number is written before the call returns.
        let code = unsafe { compare(self.handle.as_ptr(), other.handle.as_ptr(), &mut order) };
        match code {
            0 => Ok(order.cmp(&0)),
            code => Err(self.failure(code, OPERATION)),
        }
    }

    /// Whether both cursors are at the same key.
    pub(crate) fn equals<B>(&self, other: &RawCursor<'_, B>) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.equals";
        let equals = method!(self.handle, equals, OPERATION);
        self.check_pair(other, OPERATION)?;
        let mut equal = 0;
        // SAFETY: as in `compare`.
        let code = unsafe { equals(self.handle.as_ptr(), other.handle.as_ptr(), &mut equal) };
        match code {
            0 => Ok(equal != 0),
            code => Err(self.failure(code, OPERATION)),
        }
    }

    fn check_pair<B>(&self, other: &RawCursor<'_, B>, operation: &'static str) -> Result<()> {
        self.ready()?;
        if !self.is_sibling_of(other) {
            let why = "the cursors are not of the same session and table";
            return Err(self.refuse(operation, why));
        }
        if self.position == Position::None || other.position == Position::None {
            return Err(self.not_positioned(operation));
        }
        Ok(())
    }

    /// Shows the largest key of the table to `read`, whether the running transaction sees it or
    /// not. The cursor is nowhere afterwards.
    pub(crate) fn largest_key<T>(
        &mut self,
        read: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<Option<T>> {
        const OPERATION: &str = "WT_CURSOR.largest_key";
        let largest = method!(self.handle, largest_key, OPERATION);
        self.ready()?;
        if self.bounds.is_some() {
            return Err(self.refuse(OPERATION, "the cursor has bounds: reset it first"));
        }
        self.leave()?;
        self.used = true;
        // SAFETY: the cursor is open and has no position and no bounds.
        let found = match unsafe { largest(self.handle.as_ptr()) } {
            0 => {
                // The key without a value, and without a position (rule 27).
                self.position = Position::Key;
                self.key().and_then(read).map(Some)
            }
            ffi::WT_NOTFOUND => Ok(None),
            code => return Err(self.fail(code, OPERATION)),
        };
        self.leave()?;
        found
    }
}

impl RawCursor<'_, Write> {
    /// Refuses what is only possible in a transaction that the program began, before the engine
    /// does.
    pub(super) fn check_transaction(&self, operation: &'static str) -> Result<()> {
        if self.runs() {
            return Ok(());
        }
        let why = "it is only possible in a transaction: Session::begin begins one";
        Err(Error::new(ErrorKind::NotSupported, operation, why).on(&self.uri()))
    }

    /// Goes to `key` and makes others who write there conflict with this transaction.
    pub(crate) fn reserve(&mut self, key: &[u8]) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.reserve";
        let reserve = method!(self.handle, reserve, OPERATION);
        self.ready()?;
        self.check_transaction(OPERATION)?;
        self.set_key(key, OPERATION)?;
        // SAFETY: the key is set and lives past the call; on success the engine refers to its own
        // copy, otherwise `found` resets the cursor (rule 16).
        let code = unsafe { reserve(self.handle.as_ptr()) };
        self.found(code, OPERATION)
    }
}

impl RawSession {
    /// Stores `value` at `key` if it is not there; otherwise shows what is there to `read`. In a
    /// transaction only.
    pub(crate) fn insert_or_read<T>(
        &mut self,
        slot: usize,
        key: &[u8],
        value: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut cursor = self.cursor_mut(slot, Mode::NoOverwrite)?;
        match cursor.insert_keeping_duplicate(key, value)? {
            true => Ok(None),
            false => {
                let existing = cursor.value().and_then(read);
                cursor.leave()?;
                existing.map(Some)
            }
        }
    }
}
