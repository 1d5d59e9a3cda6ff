//! Changes of parts of a value.

use std::ffi::c_int;
use std::ptr;

use wiredtiger_sys as ffi;

use super::cursor::{MAX_LEN, Position, RawCursor, Write};
use super::failure;
use super::item::item;
use super::session::RawSession;
use crate::error::{Error, ErrorKind, Result};
use crate::modify::Change;

/// How far behind the end of a value a change may begin. The engine reserves memory for what lies
/// between before it looks at the size (rule 29).
const MAX_GAP: usize = 16 << 20;

/// More changes at a time than pay.
const MAX_CHANGES: usize = 1024;

impl RawCursor<'_, Write> {
    /// Applies `changes`, one after the other, to the value at the position, which is bytes, or text
    /// and stays it.
    pub(crate) fn modify_current(&mut self, changes: &[Change<'_>], of: Content) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.modify";
        let modify = method!(self.handle, modify, OPERATION);
        self.ready()?;
        self.check_transaction(OPERATION)?;
        if self.is_composed() {
            let why = "a table with named columns has no values that are changed in part";
            return Err(Error::new(ErrorKind::NotSupported, OPERATION, why).on(&self.uri()));
        }
        let mut entries = self.changes(changes, of, OPERATION)?;
        if entries.is_empty() {
            return Ok(());
        }
        let count = c_int::try_from(entries.len()).unwrap_or(c_int::MAX);
        // SAFETY: the cursor is at an entry, in a transaction; the entries live past the call and
        // stay within sizes that the engine can add up (rule 29). The key is the engine's own.
        let code = unsafe { modify(self.handle.as_ptr(), entries.as_mut_ptr(), count) };
        if code != 0 {
            return Err(self.fail(code, OPERATION));
        }
        self.position = Position::Entry;
        Ok(())
    }

    /// The engine's form of changes of the value at the position.
    fn changes(
        &self,
        changes: &[Change<'_>],
        of: Content,
        operation: &'static str,
    ) -> Result<Vec<ffi::WT_MODIFY>> {
        let refuse = |why| self.refuse(operation, why);
        let value = self.value()?;
        if of == Content::Bytes {
            return check(value.len(), changes).map_err(refuse);
        }
        // The engine leaves out the last byte, whatever it is.
        let Some((0, text)) = value.split_last() else {
            let why = "the stored text does not end with a NUL";
            return Err(Error::new(ErrorKind::Decode, operation, why).on(&self.uri()));
        };
        let entries = check(text.len(), changes).map_err(refuse)?;
        if !makes_text(text, changes) {
            return Err(refuse(
                "the value would be no text: not UTF-8, or with a NUL inside",
            ));
        }
        Ok(entries)
    }
}

/// What a value that is changed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Bytes,
    /// With a NUL behind it.
    Text,
}

/// Whether changes, whose sizes were checked, make text of a text.
fn makes_text(text: &[u8], changes: &[Change<'_>]) -> bool {
    let mut text = text.to_vec();
    for change in changes {
        if text.len() < change.offset {
            text.resize(change.offset, b' ');
        }
        let end = change.offset.saturating_add(change.size).min(text.len());
        text.splice(change.offset..end, change.data.iter().copied());
    }
    !text.contains(&0) && std::str::from_utf8(&text).is_ok()
}

/// The engine's form of `changes` of a value of `len` bytes, or why they are refused.
fn check(mut len: usize, changes: &[Change<'_>]) -> Result<Vec<ffi::WT_MODIFY>, &'static str> {
    if changes.len() > MAX_CHANGES {
        return Err("there are more than 1024 changes");
    }
    let mut entries = Vec::with_capacity(changes.len());
    for change in changes {
        if change.offset > len.saturating_add(MAX_GAP) {
            return Err("a change begins more than 16 MiB behind the end of the value");
        }
        // More than there is means all that there is; the engine's sum would wrap around.
        let size = change.size.min(len.saturating_sub(change.offset));
        len = len.max(change.offset) - size;
        len = len.saturating_add(change.data.len());
        if len > MAX_LEN {
            return Err("a value cannot be larger than 4294966271 bytes");
        }
        entries.push(ffi::WT_MODIFY {
            data: item(change.data),
            offset: change.offset,
            size,
        });
    }
    Ok(entries)
}

impl RawSession {
    /// The changes that make `old` into `new`, if they take at most `max_diff` bytes and
    /// `max_changes`.
    pub(crate) fn calc_modify<'n>(
        &self,
        old: &[u8],
        new: &'n [u8],
        max_diff: usize,
        max_changes: usize,
    ) -> Result<Option<Vec<Change<'n>>>> {
        const OPERATION: &str = "wiredtiger_calc_modify";
        self.check_caller()?;
        let empty = ffi::WT_MODIFY {
            data: item(&[]),
            offset: 0,
            size: 0,
        };
        let mut entries = vec![empty; max_changes.min(MAX_CHANGES)];
        let mut count = c_int::try_from(entries.len()).unwrap_or(c_int::MAX);
        let (old_item, new_item) = (item(old), item(new));
        // SAFETY: the session is open; both values and the array live past the call, which fills
        // in as many entries as there are, at most.
        let code = unsafe {
            ffi::wiredtiger_calc_modify(
                self.handle.as_ptr(),
                &raw const old_item,
                &raw const new_item,
                max_diff,
                entries.as_mut_ptr(),
                ptr::from_mut(&mut count),
            )
        };
        match code {
            0 => {}
            ffi::WT_NOTFOUND => return Ok(None),
            code => return Err(failure(code, OPERATION)),
        }
        entries.truncate(usize::try_from(count).unwrap_or(0));
        let changes = entries.iter().map(|entry| change_of(entry, new));
        let changes: Option<Vec<_>> = changes.collect();
        let strange = "the engine's changes are not of the new value";
        changes
            .ok_or_else(|| Error::new(ErrorKind::Other, OPERATION, strange))
            .map(Some)
    }
}

/// The engine's entry, whose bytes are a part of `new`.
fn change_of<'n>(entry: &ffi::WT_MODIFY, new: &'n [u8]) -> Option<Change<'n>> {
    let start = (entry.data.data as usize).checked_sub(new.as_ptr() as usize);
    let data = match entry.data.size {
        0 => &[][..],
        size => new.get(start?..start?.checked_add(size)?)?,
    };
    Some(Change {
        data,
        offset: entry.offset,
        size: entry.size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let change = |offset, size, data| Change { data, offset, size };
        let grun = "gr\u{fc}n".as_bytes();
        assert!(makes_text(grun, &[change(2, 2, b"ee")]));
        assert!(makes_text(grun, &[change(2, 1, b"ee"), change(4, 1, b"")]));
        assert!(makes_text(grun, &[change(9, 0, b"er")]));
        assert!(!makes_text(grun, &[change(2, 1, b"ee")]));
        assert!(!makes_text(grun, &[change(0, 0, b"\0")]));
        assert!(!makes_text(grun, &[change(3, usize::MAX, b"")]));
    }

    #[test]
    fn changes_that_the_engine_cannot_add_up_are_refused() {
        let change = |offset, size| Change {
            data: b"xy",
            offset,
            size,
        };
        assert!(check(10, &[change(10 + MAX_GAP + 1, 0)]).is_err());
        assert!(check(10, &[change(usize::MAX, usize::MAX)]).is_err());
        assert!(check(10, &vec![change(0, 0); MAX_CHANGES + 1]).is_err());
        assert!(check(MAX_LEN, &[change(0, 1)]).is_err());
        let sizes = |len, changes: &[Change<'_>]| -> Vec<usize> {
            let entries = check(len, changes).unwrap();
            entries.iter().map(|entry| entry.size).collect()
        };
        // Each counts from what the one before has left.
        assert_eq!(sizes(10, &[change(8, usize::MAX), change(10, 5)]), [2, 0]);
        assert_eq!(sizes(10, &[change(0, 10), change(1, 9)]), [10, 1]);
        assert_eq!(sizes(10, &[change(12, 3)]), [0]);
    }
}
