//! A join: a cursor over the rows that satisfy conditions on indexes.
//!
//! Each condition is a cursor of its own, at the key that rows are compared with. The engine keeps
//! pointers to them: the join is closed first, and its conditions are freed by nobody else
//! (rule 31).

use std::ffi::CString;
use std::ptr::NonNull;

use wiredtiger_sys as ffi;

use super::cursor::is_key;
use super::formats::{check, is_composed};
use super::item::{Lent, item};
use super::session::RawSession;
use crate::error::{Error, ErrorKind, Result};
use crate::table::TableEntry;

type Handle = NonNull<ffi::WT_CURSOR>;

/// What the session knows of a join, so that one whose guard was forgotten can be closed.
pub(super) struct OpenJoin {
    /// The join and its conditions, in the order in which they are closed.
    pub(super) handles: Vec<Handle>,
    pub(super) uri: CString,
}

impl OpenJoin {
    pub(super) fn is(&self, join: Handle) -> bool {
        self.handles.first() == Some(&join)
    }
}

/// How rows compare with the key of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Compare {
    Equal,
    GreaterOrEqual,
    Greater,
    LessOrEqual,
    Less,
}

impl Compare {
    fn word(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::GreaterOrEqual => "ge",
            Self::Greater => "gt",
            Self::LessOrEqual => "le",
            Self::Less => "lt",
        }
    }

    /// The same condition about a key that is there, which compares as `found` to the one meant;
    /// nothing if no row satisfies it.
    fn about_neighbour(self, found: std::cmp::Ordering) -> Option<Self> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        match (self, found) {
            (this, Equal) => Some(this),
            (Self::GreaterOrEqual | Self::Greater, Greater) => Some(Self::GreaterOrEqual),
            (Self::LessOrEqual | Self::Less, Greater) => Some(Self::Less),
            (Self::LessOrEqual | Self::Less, Less) => Some(Self::LessOrEqual),
            (Self::GreaterOrEqual | Self::Greater, Less) | (Self::Equal, _) => None,
        }
    }
}

/// An open join that borrows its session.
pub(crate) struct RawJoin<'s> {
    session: &'s RawSession,
    /// The join itself; the session knows what to close with it.
    handle: Handle,
    positioned: bool,
}

impl RawSession {
    /// A join of the rows of `entry`, without conditions.
    pub(crate) fn open_join(&self, entry: &TableEntry) -> Result<RawJoin<'_>> {
        self.ready()?;
        let handle = self.open_handle(&entry.uri, c"raw=true")?;
        if let Err(error) = check(handle, entry) {
            self.close_cursor(handle);
            return Err(error.on(&entry.uri.to_string_lossy()));
        }
        self.cursors.add_join(OpenJoin {
            handles: vec![handle],
            uri: entry.uri.clone(),
        });
        Ok(RawJoin {
            session: self,
            handle,
            positioned: false,
        })
    }

    /// Closes a join, and then its conditions.
    pub(super) fn close_join(&self, join: OpenJoin) {
        for handle in join.handles {
            self.close_cursor(handle);
        }
    }
}

impl RawJoin<'_> {
    /// Adds a condition on what `entry` names; `false` if no row satisfies it, and nothing is
    /// added. `settings` say how it is joined.
    pub(crate) fn add(
        &mut self,
        entry: &TableEntry,
        compare: Compare,
        key: &[u8],
        settings: &str,
    ) -> Result<bool> {
        let session = self.session;
        session.ready()?;
        if !is_key(key) {
            return Err(self.refuse("a key cannot be empty or larger than 4294966271 bytes"));
        }
        let handle = session.open_handle(&entry.uri, c"raw=true")?;
        // From here on it is closed with the join, and not before.
        session.cursors.extend_join(self.handle, [handle]);
        check(handle, entry).map_err(|error| error.on(&entry.uri.to_string_lossy()))?;
        if entry.uri.to_bytes().starts_with(b"table:") && !is_composed(handle) {
            // The engine would take its cursor for one that is put together (rule 30).
            return Err(self.refuse("only tables with named columns can be joined"));
        }
        let Some(compare) = self.place(handle, compare, key)? else {
            return Ok(false);
        };
        self.join(handle, compare, settings).map(|()| true)
    }

    /// Adds another join as a condition.
    pub(crate) fn add_join(&mut self, other: RawJoin<'_>, settings: &str) -> Result<()> {
        self.session.ready()?;
        if !std::ptr::eq(self.session, other.session) {
            return Err(self.refuse("a join belongs to the session that it was made on"));
        }
        let handle = other.handle;
        std::mem::forget(other);
        if let Some(other) = self.session.cursors.take_join(handle) {
            self.session.cursors.extend_join(self.handle, other.handles);
        }
        self.join(handle, Compare::Equal, settings)
    }

    /// Puts the cursor of a condition at its key, or at the one next to it.
    fn place(&self, handle: Handle, compare: Compare, key: &[u8]) -> Result<Option<Compare>> {
        const OPERATION: &str = "WT_CURSOR.search_near";
        if compare == Compare::Equal {
            return Ok(self.search(handle, key)?.then_some(compare));
        }
        let near = method!(handle, search_near, OPERATION);
        self.set_key(handle, key)?;
        let mut exact = 0;
        // SAFETY: the key is set and lives past the call; the cursor is only used again with
        // another key, or closed (rule 16).
        match unsafe { near(handle.as_ptr(), &mut exact) } {
            0 => {}
            ffi::WT_NOTFOUND => return Ok(None),
            code => return Err(self.session.fail(code, OPERATION).on(&self.uri())),
        }
        // Of a table's row only the key is looked at, so that it does no harm if some of its column
        // groups have not moved (rule 28).
        Ok(compare.about_neighbour(exact.cmp(&0)))
    }

    fn search(&self, handle: Handle, key: &[u8]) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.search";
        let search = method!(handle, search, OPERATION);
        self.set_key(handle, key)?;
        // SAFETY: as in `place`.
        match unsafe { search(handle.as_ptr()) } {
            0 => Ok(true),
            ffi::WT_NOTFOUND => Ok(false),
            code => Err(self.session.fail(code, OPERATION).on(&self.uri())),
        }
    }

    fn set_key(&self, handle: Handle, key: &[u8]) -> Result<()> {
        let set = method!(handle, set_key, "WT_CURSOR.set_key");
        let item = item(key);
        // SAFETY: a raw cursor takes one item (rule 22), which is neither empty nor too large, in
        // a session with no prepared transaction (rule 15).
        unsafe { set(handle.as_ptr(), &raw const item) };
        Ok(())
    }

    fn join(&self, condition: Handle, compare: Compare, settings: &str) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.join";
        let join = method!(self.session.handle, join, OPERATION);
        let config = format!("compare={},{settings}", compare.word());
        let config = CString::new(config).unwrap_or_default();
        // SAFETY: both cursors are open and of this session; the one of the condition is on an
        // index, on a table that is put together, or a join (rule 30), has a position, and stays
        // open until after the join is closed (rule 31). The settings are this crate's and do not
        // end in a bare category (rule 10).
        let code = unsafe {
            join(
                self.session.handle.as_ptr(),
                self.handle.as_ptr(),
                condition.as_ptr(),
                config.as_ptr(),
            )
        };
        self.session
            .finish(code, OPERATION)
            .map_err(|error| error.on(&self.uri()))
    }

    /// Goes to the next row; `false` and nowhere after the last.
    pub(crate) fn next(&mut self) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.next";
        self.session.ready()?;
        let next = method!(self.handle, next, OPERATION);
        self.positioned = false;
        // SAFETY: the join is open, and so are all its conditions (rule 31).
        match unsafe { next(self.handle.as_ptr()) } {
            0 => {
                self.positioned = true;
                Ok(true)
            }
            ffi::WT_NOTFOUND => Ok(false),
            code => Err(self.session.fail(code, OPERATION).on(&self.uri())),
        }
    }

    /// The packed key of the position.
    pub(crate) fn key(&self) -> Result<&[u8]> {
        self.at_row()?;
        self.bytes(self.handle, true)
    }

    /// The packed value of the position.
    pub(crate) fn value(&self) -> Result<&[u8]> {
        self.at_row()?;
        self.bytes(self.handle, false)
    }

    fn at_row(&self) -> Result<()> {
        self.session.check_caller()?;
        if self.positioned {
            return Ok(());
        }
        Err(self.refuse("the join is not at a row: step first"))
    }

    /// The key or the value of a cursor that has a position.
    fn bytes(&self, handle: Handle, key: bool) -> Result<&[u8]> {
        const GET_KEY: &str = "WT_CURSOR.get_key";
        const GET_VALUE: &str = "WT_CURSOR.get_value";
        let (get, operation) = if key {
            (method!(handle, get_key, "WT_CURSOR.get_key"), GET_KEY)
        } else {
            (method!(handle, get_value, "WT_CURSOR.get_value"), GET_VALUE)
        };
        let mut lent = Lent::new();
        // SAFETY: a raw cursor takes one item (rule 22), which the call fills in.
        let code = unsafe { get(handle.as_ptr(), lent.as_mut_ptr()) };
        if code != 0 {
            return Err(self.session.fail(code, operation).on(&self.uri()));
        }
        // SAFETY: valid until the cursor moves, which takes `&mut self`, or until the session,
        // which this join borrows, moves memory (rule 18).
        Ok(unsafe { lent.bytes() })
    }

    #[cold]
    fn refuse(&self, why: &str) -> Error {
        Error::new(ErrorKind::InvalidArgument, "WT_SESSION.join", why).on(&self.uri())
    }

    /// The error of stored bytes that are not what their type says.
    #[cold]
    pub(crate) fn undecodable(&self, error: Error) -> Error {
        error.on(&self.uri())
    }

    pub(crate) fn uri(&self) -> String {
        self.session.cursors.join_uri(self.handle)
    }
}

impl Drop for RawJoin<'_> {
    fn drop(&mut self) {
        if !self.session.may_call() {
            return;
        }
        if let Some(join) = self.session.cursors.take_join(self.handle) {
            self.session.close_join(join);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    /// A condition about a key that is not there, and the one about its neighbour, are the same.
    #[test]
    fn a_neighbour_stands_in_for_a_key() {
        let holds = |compare, number: i32, key: i32| match compare {
            Compare::Equal => number == key,
            Compare::GreaterOrEqual => number >= key,
            Compare::Greater => number > key,
            Compare::LessOrEqual => number <= key,
            Compare::Less => number < key,
        };
        let all = [
            Compare::Equal,
            Compare::GreaterOrEqual,
            Compare::Greater,
            Compare::LessOrEqual,
            Compare::Less,
        ];
        let there = [10, 20, 30];
        for (compare, key) in all.into_iter().flat_map(|c| (5..36).map(move |k| (c, k))) {
            // The larger neighbour if there is one.
            let larger = there.into_iter().find(|number| *number >= key);
            let neighbour = larger.unwrap_or(30);
            let found: Ordering = neighbour.cmp(&key);
            let other = compare.about_neighbour(found);
            for number in there {
                let satisfied = other.is_some_and(|other| holds(other, number, neighbour));
                assert_eq!(
                    satisfied,
                    holds(compare, number, key),
                    "{compare:?} {key} {number}"
                );
            }
        }
    }
}
