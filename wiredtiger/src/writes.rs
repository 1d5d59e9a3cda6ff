//! Writes by key, for sessions and transactions alike.

use crate::error::Result;
use crate::pack::Pack;
use crate::raw::{RawCursor, Write};
use crate::session::Session;
use crate::table::Table;

/// A session settles before it calls these; a transaction has the session for itself.
impl Session {
    #[inline]
    pub(crate) fn put_unsettled<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<()> {
        self.write(table, key, value, true, |cursor, key, value| {
            cursor.insert(key, value)
        })
    }

    pub(crate) fn insert_new_unsettled<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<()> {
        self.write(table, key, value, false, |cursor, key, value| {
            cursor.insert(key, value)
        })
    }

    pub(crate) fn update_unsettled<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<bool> {
        self.write(table, key, value, false, |cursor, key, value| {
            cursor.update(key, value)
        })
    }

    pub(crate) fn remove_unsettled<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
    ) -> Result<bool> {
        let slot = self.slot(table)?;
        let (raw, scratch) = self.parts();
        let key = K::pack(key, &mut scratch.key)?;
        raw.cursor_mut(slot, true)?.remove(key)
    }

    /// Packs key and value and gives them to `operation`, through a cursor of the right mode.
    #[inline]
    fn write<K: Pack, V: Pack, R>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
        overwrite: bool,
        operation: impl FnOnce(&mut RawCursor<'_, Write>, &[u8], &[u8]) -> Result<R>,
    ) -> Result<R> {
        let slot = self.slot(table)?;
        let (raw, scratch) = self.parts();
        let key = K::pack(key, &mut scratch.key)?;
        let value = V::pack(value, &mut scratch.value)?;
        operation(&mut raw.cursor_mut(slot, overwrite)?, key, value)
    }
}
