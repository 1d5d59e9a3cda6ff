//! Removing ranges of a table at once.

use std::ffi::CStr;
use std::ptr;

use super::bounds::{Bound, PackedEnd};
use super::cursor::{RawCursor, Write};
use super::cursor_cache::{Mode, Place};
use super::session::RawSession;
use crate::error::Result;

const OPERATION: &str = "WT_SESSION.truncate";

impl RawSession {
    /// Removes all entries of the table `uri`.
    pub(crate) fn truncate_all(&mut self, uri: &CStr) -> Result<()> {
        self.in_a_transaction(|session| session.truncate_all_now(uri))
    }

    /// Truncates in the transaction that runs, or in one that begins here: by itself the engine
    /// logs the truncation of an empty table without one, and aborts the process at the next
    /// operation (rule 70).
    fn in_a_transaction(&mut self, truncate: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.ready()?;
        if self.in_transaction() {
            return truncate(self);
        }
        self.begin(None)?;
        match truncate(self) {
            Ok(()) => self.commit(None),
            Err(error) => self.end_lost(error),
        }
    }

    fn truncate_all_now(&mut self, uri: &CStr) -> Result<()> {
        let truncate = method!(self.handle, truncate, OPERATION);
        // SAFETY: the session is open, the URI that of a table (rules 12 to 14); without cursors
        // the whole table is meant. Nobody refers to the session's memory: `&mut self`.
        let code = unsafe {
            truncate(
                self.handle.as_ptr(),
                uri.as_ptr(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            )
        };
        self.finish(code, OPERATION)
            .map_err(|error| error.on(&uri.to_string_lossy()))
    }

    /// Removes the entries of a range of the table in `slot`; all of them if it has no ends.
    pub(crate) fn truncate_between(
        &mut self,
        slot: usize,
        from: PackedEnd<'_>,
        to: PackedEnd<'_>,
    ) -> Result<()> {
        if from.is_some() || to.is_some() {
            return self.in_a_transaction(|session| session.truncate_range(slot, from, to));
        }
        let uri = self.shared().tables.get(slot)?.uri.clone();
        self.truncate_all(&uri)
    }

    /// Removes the entries between two ends of a range, of which there is one at least.
    fn truncate_range(
        &mut self,
        slot: usize,
        from: PackedEnd<'_>,
        to: PackedEnd<'_>,
    ) -> Result<()> {
        let truncate = method!(self.handle, truncate, OPERATION);
        let place = Place::new(slot, Mode::Overwrite);
        let mut ends = Vec::new();
        for end in [&from, &to] {
            let Some((bound, key)) = end else {
                ends.push(None);
                continue;
            };
            let handle = self.checkout(place)?;
            let mut cursor: RawCursor<'_, Write> = RawCursor::new(self, handle, place);
            if !cursor.go_to_end(*bound, key)? {
                return Ok(());
            }
            ends.push(Some(cursor));
        }
        // The engine calls ends that have crossed an error.
        if let [Some(start), Some(stop)] = &ends[..]
            && start.is_after(stop)?
        {
            return Ok(());
        }
        let handle = |end: &Option<RawCursor<'_, Write>>| {
            end.as_ref()
                .map_or(ptr::null_mut(), |cursor| cursor.handle.as_ptr())
        };
        let (start, stop) = (handle(&ends[0]), handle(&ends[1]));
        // SAFETY: the cursors are open, of this session and of one table (rule 30); each has a
        // position or a key that lives past the call; one of them is there. The engine resets them,
        // and so does their drop, which comes first (rule 16).
        let code = unsafe { truncate(self.handle.as_ptr(), ptr::null(), start, stop, ptr::null()) };
        drop(ends);
        self.finish(code, OPERATION)
            .map_err(|error| error.on(&self.uri(slot)))
    }
}

impl RawCursor<'_, Write> {
    /// Whether the key of this end comes after that of the other.
    fn is_after(&self, other: &Self) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.compare";
        let compare = method!(self.handle, compare, OPERATION);
        let mut order = 0;
        // SAFETY: both cursors are open, of one session and on one table (rule 30), and have keys
        // that live; the number is written before the call returns.
        match unsafe { compare(self.handle.as_ptr(), other.handle.as_ptr(), &mut order) } {
            0 => Ok(order > 0),
            code => Err(self.failure(code, OPERATION)),
        }
    }

    /// Goes to where a range begins or ends; `false` when there is nothing in that direction. An
    /// end that belongs to the range is only set: the engine finds the entry next to it.
    fn go_to_end(&mut self, bound: Bound, key: &[u8]) -> Result<bool> {
        use std::cmp::Ordering::{Greater, Less};
        match bound {
            Bound::LowerInclusive | Bound::UpperInclusive => {
                self.set_key(key, OPERATION)?;
                Ok(true)
            }
            Bound::LowerExclusive => match self.search_near(key)? {
                None => Ok(false),
                Some(Greater) => Ok(true),
                Some(_) => self.next(),
            },
            Bound::UpperExclusive => match self.search_near(key)? {
                None => Ok(false),
                Some(Less) => Ok(true),
                Some(_) => self.prev(),
            },
        }
    }
}
