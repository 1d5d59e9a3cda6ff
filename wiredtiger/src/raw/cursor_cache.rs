//! The open cursors of a session, kept for the next call: opening one costs ten times a warm
//! lookup's own work.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use wiredtiger_sys as ffi;

/// Idle cursors kept per table and mode. More are only needed while many values are held.
const KEEP: usize = 8;

/// Whether an insert may replace a value. It is a property of an open cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Overwrite,
    NoOverwrite,
}

type Handle = NonNull<ffi::WT_CURSOR>;

/// Cursors by table and mode.
#[derive(Default)]
pub(super) struct CursorCache {
    slots: RefCell<Vec<[Cursors; 2]>>,
    /// How many are in use. Not zero when nothing borrows the session: guards were forgotten.
    out: Cell<usize>,
}

#[derive(Default)]
struct Cursors {
    all: Vec<Handle>,
    idle: Vec<Handle>,
}

impl CursorCache {
    /// An idle cursor, without a position.
    #[inline]
    pub(super) fn take(&self, slot: usize, mode: Mode) -> Option<Handle> {
        let handle = self.slots.borrow_mut().get_mut(slot)?[mode as usize]
            .idle
            .pop()?;
        self.out.set(self.out.get() + 1);
        Some(handle)
    }

    /// Makes a newly opened cursor, in use, known.
    pub(super) fn add(&self, slot: usize, mode: Mode, handle: Handle) {
        let mut slots = self.slots.borrow_mut();
        if slots.len() <= slot {
            slots.resize_with(slot + 1, Default::default);
        }
        slots[slot][mode as usize].all.push(handle);
        self.out.set(self.out.get() + 1);
    }

    /// Puts a cursor that has no position back. Returns it if there are enough: it is forgotten
    /// here and to be closed.
    #[inline]
    pub(super) fn give(&self, slot: usize, mode: Mode, handle: Handle) -> Option<Handle> {
        self.out.set(self.out.get() - 1);
        let mut slots = self.slots.borrow_mut();
        let cursors = &mut slots[slot][mode as usize];
        if cursors.idle.len() < KEEP {
            cursors.idle.push(handle);
            return None;
        }
        cursors.all.retain(|each| *each != handle);
        Some(handle)
    }

    /// Whether cursors are in use.
    #[inline]
    pub(super) fn any_out(&self) -> bool {
        self.out.get() != 0
    }

    /// The cursors whose guards were forgotten, now idle again: the caller resets them.
    pub(super) fn reclaim(&mut self) -> Vec<Handle> {
        if self.out.replace(0) == 0 {
            return Vec::new();
        }
        let mut leaked = Vec::new();
        for cursors in self.slots.get_mut().iter_mut().flatten() {
            for handle in &cursors.all {
                if !cursors.idle.contains(handle) {
                    leaked.push(*handle);
                }
            }
            cursors.idle.clone_from(&cursors.all);
        }
        leaked
    }

    /// All cursors, forgotten here: the caller closes them.
    pub(super) fn drain(&mut self) -> Vec<Handle> {
        self.out.set(0);
        let slots = std::mem::take(self.slots.get_mut());
        slots
            .into_iter()
            .flatten()
            .flat_map(|cursors| cursors.all)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(number: usize) -> Handle {
        NonNull::new(std::ptr::without_provenance_mut(number)).unwrap()
    }

    #[test]
    fn forgotten_cursors_come_back() {
        let mut cache = CursorCache::default();
        cache.add(3, Mode::Overwrite, handle(1));
        cache.add(3, Mode::Overwrite, handle(2));
        assert!(cache.give(3, Mode::Overwrite, handle(2)).is_none());
        assert_eq!(cache.reclaim(), [handle(1)]);
        assert!(cache.reclaim().is_empty());
        assert!(cache.take(3, Mode::Overwrite).is_some());
        assert!(cache.take(3, Mode::NoOverwrite).is_none());
        assert_eq!(cache.drain().len(), 2);
    }

    #[test]
    fn only_so_many_stay_open() {
        let cache = CursorCache::default();
        for number in 1..=KEEP + 1 {
            cache.add(0, Mode::NoOverwrite, handle(number));
        }
        for number in 1..=KEEP {
            assert!(cache.give(0, Mode::NoOverwrite, handle(number)).is_none());
        }
        assert_eq!(
            cache.give(0, Mode::NoOverwrite, handle(KEEP + 1)),
            Some(handle(KEEP + 1))
        );
    }
}
