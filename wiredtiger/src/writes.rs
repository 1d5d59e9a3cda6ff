//! Writes by key, for sessions and transactions alike.

use crate::error::Result;
use crate::pack::Pack;
use crate::raw::Mode;
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
        let slot = self.slot(table)?;
        let (raw, scratch) = self.parts();
        let key = K::pack(key, &mut scratch.key)?;
        let value = V::pack(value, &mut scratch.value)?;
        raw.insert(slot, Mode::Overwrite, key, value)
    }

    pub(crate) fn insert_new_unsettled<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<()> {
        let slot = self.slot(table)?;
        let (raw, scratch) = self.parts();
        let key = K::pack(key, &mut scratch.key)?;
        let value = V::pack(value, &mut scratch.value)?;
        raw.insert(slot, Mode::NoOverwrite, key, value)
    }

    pub(crate) fn update_unsettled<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
        value: V::Ref<'_>,
    ) -> Result<bool> {
        let slot = self.slot(table)?;
        let (raw, scratch) = self.parts();
        let key = K::pack(key, &mut scratch.key)?;
        let value = V::pack(value, &mut scratch.value)?;
        raw.update(slot, key, value)
    }

    pub(crate) fn remove_unsettled<K: Pack, V: Pack>(
        &mut self,
        table: &Table<K, V>,
        key: K::Ref<'_>,
    ) -> Result<bool> {
        let slot = self.slot(table)?;
        let (raw, scratch) = self.parts();
        let key = K::pack(key, &mut scratch.key)?;
        raw.remove(slot, key)
    }
}
