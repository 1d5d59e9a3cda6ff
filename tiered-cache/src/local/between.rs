//! Changes of one key that a batch makes one after the other.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::local::key::Hashed;
use crate::local::{Change, Item};

/// Rows between two changes of a key in one batch. Nobody sees them but the changes that follow, and
/// the engine need not: it would keep each as a version of the row, and long chains of those stall
/// whoever comes to cut them. Events and versions are of all changes.
#[derive(Default)]
pub(super) struct Between<'a> {
    /// By item; nothing for all that are past the end: whether a later one has the same key.
    superseded: Vec<bool>,
    /// `None`: no row.
    rows: HashMap<&'a [u8], Option<Vec<u8>>>,
}

impl<'a> Between<'a> {
    pub(super) fn of(items: &[Item<'_>]) -> Self {
        let mut superseded = Vec::new();
        if items.len() > 1 {
            let capacity = items.len();
            let hasher = BuildHasherDefault::<Hashed>::default();
            let mut latest = HashMap::with_capacity_and_hasher(capacity, hasher);
            for (index, item) in items.iter().enumerate() {
                // When two keys share a hash, a row more is written.
                if let Some(before) = latest.insert(item.hash.all(), index)
                    && always_writes(&item.change)
                    && items.get(before).is_some_and(|it| it.key == item.key)
                {
                    superseded.resize(items.len(), false);
                    superseded[before] = true;
                }
            }
        }
        Self {
            superseded,
            rows: HashMap::new(),
        }
    }

    /// Forgets the rows, for another attempt.
    pub(super) fn restart(&mut self) {
        self.rows.clear();
    }

    /// Whether what an item writes is for the next ones alone.
    pub(super) fn is_superseded(&self, item: usize) -> bool {
        self.superseded.get(item).is_some_and(|is| *is)
    }

    /// The row that earlier items have left for this one; the inner `None`: there is none any more.
    pub(super) fn take(&mut self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        if self.rows.is_empty() {
            return None;
        }
        self.rows.remove(key)
    }

    /// Leaves a row for the next items.
    pub(super) fn leave(&mut self, key: &'a [u8], row: Option<Vec<u8>>) {
        self.rows.insert(key, row);
    }
}

/// A new expiry of what is absent writes nothing: it must find the row where it is.
fn always_writes(change: &Change<'_>) -> bool {
    match change {
        Change::Set { .. } | Change::Delete => true,
        Change::Expire { .. } => false,
    }
}
