//! What cursors do besides reading and writing: comparing, doubling, reserving, the largest key.

use std::cmp::Ordering;

use crate::cursor::{Cursor, CursorMut};
use crate::error::Result;
use crate::pack::Pack;
use crate::raw::Read;
use crate::table::Table;
use crate::transaction::Transaction;

impl<K: Pack, V: Pack, Access> Cursor<'_, K, V, Access> {
    /// How the key at the position compares to that of another cursor, of the same session and
    /// table.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): one of the cursors is nowhere, or
    /// they are of different sessions or tables.
    pub fn compare<B>(&self, other: &Cursor<'_, K, V, B>) -> Result<Ordering> {
        self.raw.compare(&other.raw)
    }

    /// Whether both cursors, of the same session and table, are at the same key. It costs less than
    /// [`compare`](Self::compare).
    ///
    /// # Errors
    /// As for [`compare`](Self::compare).
    pub fn equals<B>(&self, other: &Cursor<'_, K, V, B>) -> Result<bool> {
        self.raw.equals(&other.raw)
    }

    /// The largest key of the table; nothing if it is empty. It counts keys that the running
    /// transaction does not see, and removed ones that the engine has not forgotten yet. The cursor
    /// is nowhere afterwards.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor has bounds.
    /// - [`Decode`](crate::ErrorKind::Decode): the stored bytes are not what the type says.
    pub fn largest_key(&mut self) -> Result<Option<K>> {
        self.raw.largest_key(|key| K::unpack(key).map(K::to_owned))
    }
}

impl<'s, K: Pack, V: Pack> Cursor<'s, K, V, Read> {
    /// Another cursor at the same entry, without the bounds of this one.
    ///
    /// # Errors
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor is nowhere.
    /// - [`NotFound`](crate::ErrorKind::NotFound): the entry is not there any more, for a session
    ///   that sees what others commit.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::{Table, TableOptions};
    ///
    /// let table: Table<u64, String> = session.create_table("t", &TableOptions::new())?;
    /// for (number, word) in (1..).zip(["one", "two", "three"]) {
    ///     session.put(&table, number, word)?;
    /// }
    /// let mut here = session.cursor(&table)?;
    /// assert!(here.search(1)?);
    /// let mut ahead = here.duplicate()?;
    /// assert!(ahead.next()?);
    /// assert_eq!((here.value()?, ahead.value()?), ("one", "two"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn duplicate(&self) -> Result<Self> {
        Ok(Self::new(self.raw.duplicate()?))
    }
}

impl<K: Pack, V: Pack> CursorMut<'_, K, V> {
    /// A cursor that reads, at the same entry; nothing can be written as long as it is used.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the cursor is nowhere, or its entry
    /// was just removed.
    pub fn duplicate(&self) -> Result<Cursor<'_, K, V>> {
        Ok(Cursor::new(self.raw.duplicate()?))
    }

    /// Goes to `key` and keeps it for this transaction: another one that writes there conflicts,
    /// as if the value had been changed. When the key is not there the answer is `false`, and the
    /// cursor is nowhere.
    ///
    /// # Errors
    /// - [`NotSupported`](crate::ErrorKind::NotSupported): no transaction was begun.
    /// - [`Rollback`](crate::ErrorKind::Rollback): another transaction has changed the entry.
    /// - As for [`Session::get`](crate::Session::get).
    pub fn reserve(&mut self, key: K::Ref<'_>) -> Result<bool> {
        self.raw.reserve(K::pack(key, &mut self.scratch.key)?)
    }
}

impl Transaction<'_> {
    /// Stores `value` at a key that is not there yet; otherwise nothing changes, and the answer is
    /// a copy of what is there.
    ///
    /// # Errors
    /// As for [`put`](Self::put), and [`Decode`](crate::ErrorKind::Decode) when the stored bytes
    /// are not what the type says.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::{Table, TableOptions};
    ///
    /// let owners: Table<String, String> = session.create_table("owners", &TableOptions::new())?;
    /// let mut txn = session.begin()?;
    /// assert_eq!(txn.insert_or_get(&owners, "lock", "Ada")?, None);
    /// assert_eq!(txn.insert_or_get(&owners, "lock", "Grace")?.as_deref(), Some("Ada"));
    /// txn.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn insert_or_get<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<Option<V>> {
        let slot = self.slot(table)?;
        let (raw, scratch) = self.session_mut().parts();
        let key = K::pack(key, &mut scratch.key)?;
        let value = V::pack(value, &mut scratch.value)?;
        raw.insert_or_read(slot, key, value, |existing| {
            V::unpack(existing).map(V::to_owned)
        })
    }
}
