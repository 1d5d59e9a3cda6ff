//! Changes of parts of a value, of which only the parts are logged and kept in memory.

use crate::cursor::CursorMut;
use crate::error::Result;
use crate::pack::Pack;
use crate::raw::Content;
use crate::session::Session;

/// One change of a part of a value: `size` bytes from `offset` on are replaced by `data`, which may
/// be longer or shorter. Where the value is too short it is filled up: bytes with zeros, text with
/// spaces.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Change, Table, TableOptions};
///
/// let pages: Table<u64, Vec<u8>> = session.create_table("pages", &TableOptions::new())?;
/// session.put(&pages, 1, b"a quick fox")?;
/// let mut txn = session.begin()?;
/// let mut cursor = txn.cursor_mut(&pages)?;
/// assert!(cursor.modify(1, &[Change::replace(2..7, b"slow")])?);
/// assert_eq!(cursor.value()?, b"a slow fox");
/// drop(cursor);
/// txn.commit()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// What is put in.
    pub data: &'a [u8],
    /// Where, in bytes from the beginning of the value.
    pub offset: usize,
    /// How many bytes it takes the place of. More than there are means all of them.
    pub size: usize,
}

impl<'a> Change<'a> {
    /// Puts `data` in the place of a range of bytes.
    #[must_use]
    pub fn replace(range: std::ops::Range<usize>, data: &'a [u8]) -> Self {
        Self {
            data,
            offset: range.start,
            size: range.len(),
        }
    }

    /// Puts `data` before the byte at `offset`.
    #[must_use]
    pub fn insert(offset: usize, data: &'a [u8]) -> Self {
        let size = 0;
        Self { data, offset, size }
    }
}

/// A type of values that can be [changed in part](crate::CursorMut::modify): `Vec<u8>` and
/// `String`. The engine knows no others.
///
/// The trait is sealed.
pub trait Modify: Pack + sealed::Sealed {}

impl Modify for Vec<u8> {}
impl Modify for String {}

mod sealed {
    pub trait Sealed {
        /// Whether it is text, which has a NUL behind it and stays text.
        #[doc(hidden)]
        const IS_TEXT: bool;
    }

    impl Sealed for Vec<u8> {
        const IS_TEXT: bool = false;
    }

    impl Sealed for String {
        const IS_TEXT: bool = true;
    }
}

fn content<V: Modify>() -> Content {
    if V::IS_TEXT {
        Content::Text
    } else {
        Content::Bytes
    }
}

impl<K: Pack, V: Modify> CursorMut<'_, K, V> {
    /// Goes to `key` and applies `changes` to its value, one after the other. When it is not there
    /// the answer is `false`, and the cursor is nowhere.
    ///
    /// # Errors
    /// As for [`modify_current`](Self::modify_current).
    pub fn modify(&mut self, key: K::Ref<'_>, changes: &[Change<'_>]) -> Result<bool> {
        if !self.search(key)? {
            return Ok(false);
        }
        self.modify_current(changes).map(|()| true)
    }

    /// Applies `changes`, one after the other, to the value at the position; the cursor stays there.
    /// Only in a transaction, of [`Isolation::Snapshot`](crate::Isolation::Snapshot). Offsets and
    /// sizes are in bytes of text, too, and all changes together must make text again.
    ///
    /// # Errors
    /// - [`NotSupported`](crate::ErrorKind::NotSupported): the table has named columns; no
    ///   transaction was begun, or it is of another isolation, which ends it.
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor is nowhere; there are
    ///   more than 1024 changes, or one begins more than 16 MiB behind the end of the value, or
    ///   makes it larger than 4 GiB; text would not be UTF-8, or have a NUL inside.
    /// - [`Rollback`](crate::ErrorKind::Rollback): another transaction has changed the entry.
    pub fn modify_current(&mut self, changes: &[Change<'_>]) -> Result<()> {
        self.raw.modify_current(changes, content::<V>())
    }
}

impl Session {
    /// The changes that make `old` into `new`, for [`CursorMut::modify`]; nothing when they would
    /// take more than `max_diff` bytes or `max_changes`, or when one of the values is shorter than
    /// 64 bytes: then an update is better. The changes borrow `new`.
    ///
    /// [`CursorMut::modify`]: crate::CursorMut::modify
    ///
    /// # Errors
    /// What the engine says; there is no usual reason.
    pub fn calc_modify<'n>(
        &self,
        old: &[u8],
        new: &'n [u8],
        max_diff: usize,
        max_changes: usize,
    ) -> Result<Option<Vec<Change<'n>>>> {
        self.raw().calc_modify(old, new, max_diff, max_changes)
    }
}
