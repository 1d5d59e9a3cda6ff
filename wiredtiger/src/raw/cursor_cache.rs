//! The open cursors of a session, kept for the next call: opening one costs ten times a warm
//! lookup's own work.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use wiredtiger_sys as ffi;

use super::join::OpenJoin;

/// Idle cursors kept in the list of a place. More are only needed while many values are held.
const KEEP: usize = 8;

/// Whether an insert may replace a value. It is a property of an open cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Overwrite,
    NoOverwrite,
}

/// Cursors that can stand in for each other: of one table, by its slot, and one mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Place {
    #[inline]
    pub(super) fn new(slot: usize, mode: Mode) -> Self {
        Self(slot * 2 + mode as usize)
    }

    pub(super) fn slot(self) -> usize {
        self.0 / 2
    }

    pub(super) fn mode(self) -> Mode {
        if self.0 % 2 == Mode::Overwrite as usize {
            Mode::Overwrite
        } else {
            Mode::NoOverwrite
        }
    }
}

type Handle = NonNull<ffi::WT_CURSOR>;

/// Cursors by place.
#[derive(Default)]
pub(super) struct CursorCache {
    /// An idle cursor of `front_place`, in front of the lists: most calls want what the last one
    /// gave back.
    front: Cell<Option<Handle>>,
    front_place: Cell<Place>,
    lists: RefCell<Vec<Cursors>>,
    /// Cursors of their own kind, in use, in the order of their opening. They are never idle.
    loose: RefCell<Vec<Handle>>,
    /// How many are in use. Not zero when nothing borrows the session: guards were forgotten.
    out: Cell<usize>,
    /// Joins in use, each with its conditions. They are counted in `out`.
    joins: RefCell<Vec<OpenJoin>>,
}

#[derive(Default)]
struct Cursors {
    all: Vec<Handle>,
    idle: Vec<Handle>,
}

impl CursorCache {
    /// The idle cursor in front, without a position, if it is of this place.
    #[inline(always)]
    pub(super) fn take_front(&self, place: Place) -> Option<Handle> {
        if self.front_place.get() != place {
            return None;
        }
        let handle = self.front.take()?;
        self.out.set(self.out.get() + 1);
        Some(handle)
    }

    /// An idle cursor of the list, without a position.
    pub(super) fn take_listed(&self, place: Place) -> Option<Handle> {
        let handle = self.lists.borrow_mut().get_mut(place.0)?.idle.pop()?;
        self.out.set(self.out.get() + 1);
        Some(handle)
    }

    /// Makes a newly opened cursor, in use, known.
    pub(super) fn add(&self, place: Place, handle: Handle) {
        let mut lists = self.lists.borrow_mut();
        if lists.len() <= place.0 {
            lists.resize_with(place.0 + 1, Default::default);
        }
        lists[place.0].all.push(handle);
        self.out.set(self.out.get() + 1);
    }

    /// Puts a cursor that has no position back. Returns it if there are enough: it is forgotten
    /// here and to be closed.
    #[inline]
    pub(super) fn give(&self, place: Place, handle: Handle) -> Option<Handle> {
        self.out.set(self.out.get() - 1);
        if self.front.get().is_some() {
            return self.give_listed(place, handle);
        }
        self.front.set(Some(handle));
        self.front_place.set(place);
        None
    }

    #[inline(never)]
    fn give_listed(&self, place: Place, handle: Handle) -> Option<Handle> {
        let mut lists = self.lists.borrow_mut();
        let cursors = &mut lists[place.0];
        if cursors.idle.len() < KEEP {
            cursors.idle.push(handle);
            return None;
        }
        cursors.all.retain(|each| *each != handle);
        Some(handle)
    }

    /// Makes a cursor known that is closed by its user.
    pub(super) fn add_loose(&self, handle: Handle) {
        self.loose.borrow_mut().push(handle);
        self.out.set(self.out.get() + 1);
    }

    /// Forgets a cursor that its user closes.
    pub(super) fn remove_loose(&self, handle: Handle) {
        let mut loose = self.loose.borrow_mut();
        // From the end: what was opened last is closed first.
        if let Some(at) = loose.iter().rposition(|each| *each == handle) {
            loose.remove(at);
            self.out.set(self.out.get() - 1);
        }
    }

    /// The loose cursors whose guards were forgotten, the last one first: the caller closes them.
    pub(super) fn reclaim_loose(&mut self) -> Vec<Handle> {
        let loose = std::mem::take(self.loose.get_mut());
        self.out.set(self.out.get() - loose.len());
        loose.into_iter().rev().collect()
    }

    /// The idle cursors of a table, forgotten here: the caller closes them.
    pub(super) fn drain_idle(&self, slot: usize) -> Vec<Handle> {
        let mut drained = Vec::new();
        let mut lists = self.lists.borrow_mut();
        for mode in [Mode::Overwrite, Mode::NoOverwrite] {
            let place = Place::new(slot, mode);
            if self.front_place.get() == place {
                drained.extend(self.front.take());
            }
            let Some(cursors) = lists.get_mut(place.0) else {
                continue;
            };
            drained.append(&mut cursors.idle);
            cursors.all.retain(|each| !drained.contains(each));
        }
        drained
    }

    /// Whether cursors are in use.
    #[inline]
    pub(super) fn any_out(&self) -> bool {
        self.out.get() != 0
    }

    /// Makes an open join known.
    pub(super) fn add_join(&self, join: OpenJoin) {
        self.joins.borrow_mut().push(join);
        self.out.set(self.out.get() + 1);
    }

    /// Adds to what is closed with a join.
    pub(super) fn extend_join(&self, join: Handle, handles: impl IntoIterator<Item = Handle>) {
        let mut joins = self.joins.borrow_mut();
        let known = joins.iter_mut().find(|known| known.is(join));
        if let Some(known) = known {
            known.handles.extend(handles);
        }
    }

    /// What is to be closed with a join, which is forgotten here.
    pub(super) fn take_join(&self, join: Handle) -> Option<OpenJoin> {
        let mut joins = self.joins.borrow_mut();
        let at = joins.iter().position(|known| known.is(join))?;
        self.out.set(self.out.get() - 1);
        Some(joins.swap_remove(at))
    }

    /// The URI of a join, for a message.
    pub(super) fn join_uri(&self, join: Handle) -> String {
        let joins = self.joins.borrow();
        let known = joins.iter().find(|known| known.is(join));
        known.map_or_else(
            || "?".into(),
            |known| known.uri.to_string_lossy().into_owned(),
        )
    }

    /// The joins whose guards were forgotten: the caller closes them.
    pub(super) fn reclaim_joins(&mut self) -> Vec<OpenJoin> {
        std::mem::take(self.joins.get_mut())
    }

    /// The cursors whose guards were forgotten, now idle again: the caller resets them.
    pub(super) fn reclaim(&mut self) -> Vec<Handle> {
        if self.out.replace(0) == 0 {
            return Vec::new();
        }
        let front = self.front.take();
        let mut leaked = Vec::new();
        for cursors in self.lists.get_mut() {
            for handle in &cursors.all {
                if front != Some(*handle) && !cursors.idle.contains(handle) {
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
        self.front.set(None);
        let lists = std::mem::take(self.lists.get_mut());
        lists.into_iter().flat_map(|cursors| cursors.all).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(number: usize) -> Handle {
        NonNull::new(std::ptr::without_provenance_mut(number)).unwrap()
    }

    fn take(cache: &CursorCache, place: Place) -> Option<Handle> {
        cache.take_front(place).or_else(|| cache.take_listed(place))
    }

    #[test]
    fn forgotten_cursors_come_back() {
        let mut cache = CursorCache::default();
        let place = Place::new(3, Mode::Overwrite);
        for number in 1..=3 {
            cache.add(place, handle(number));
        }
        // One in front, one in the list, one forgotten.
        assert!(cache.give(place, handle(3)).is_none());
        assert!(cache.give(place, handle(2)).is_none());
        assert_eq!(cache.reclaim(), [handle(1)]);
        assert!(cache.reclaim().is_empty());
        let mut taken: Vec<_> = (0..3).filter_map(|_| take(&cache, place)).collect();
        taken.sort();
        assert_eq!(taken, [handle(1), handle(2), handle(3)]);
        assert!(take(&cache, place).is_none());
        assert!(take(&cache, Place::new(3, Mode::NoOverwrite)).is_none());
        assert_eq!(cache.drain().len(), 3);
    }

    #[test]
    fn a_cursor_goes_to_its_own_place_only() {
        let cache = CursorCache::default();
        let places = [
            Place::new(0, Mode::Overwrite),
            Place::new(0, Mode::NoOverwrite),
            Place::new(1, Mode::Overwrite),
        ];
        for (number, place) in places.into_iter().enumerate() {
            cache.add(place, handle(number + 1));
        }
        for (number, place) in places.into_iter().enumerate() {
            assert!(cache.give(place, handle(number + 1)).is_none());
        }
        for (number, place) in places.into_iter().enumerate().rev() {
            assert_eq!(take(&cache, place), Some(handle(number + 1)));
            assert!(take(&cache, place).is_none());
        }
        assert_eq!((places[2].slot(), places[2].mode()), (1, Mode::Overwrite));
        assert_eq!((places[1].slot(), places[1].mode()), (0, Mode::NoOverwrite));
    }

    #[test]
    fn loose_cursors_are_known_until_they_are_closed() {
        let mut cache = CursorCache::default();
        for number in 1..=3 {
            cache.add_loose(handle(number));
        }
        cache.remove_loose(handle(2));
        assert!(cache.any_out());
        assert_eq!(cache.reclaim_loose(), [handle(3), handle(1)]);
        assert!(!cache.any_out());
    }

    #[test]
    fn the_idle_cursors_of_a_table_can_be_drained() {
        let cache = CursorCache::default();
        let (place, other) = (
            Place::new(1, Mode::Overwrite),
            Place::new(2, Mode::Overwrite),
        );
        for number in 1..=3 {
            cache.add(place, handle(number));
        }
        cache.add(other, handle(4));
        for number in 1..=2 {
            assert!(cache.give(place, handle(number)).is_none());
        }
        assert!(cache.give(other, handle(4)).is_none());
        assert_eq!(cache.drain_idle(1), [handle(1), handle(2)]);
        // The one in use is given back as ever.
        assert!(cache.give(place, handle(3)).is_none());
        assert_eq!(take(&cache, place), Some(handle(3)));
        assert!(take(&cache, place).is_none());
        assert_eq!(take(&cache, other), Some(handle(4)));
    }

    #[test]
    fn only_so_many_stay_open() {
        let cache = CursorCache::default();
        let place = Place::new(0, Mode::NoOverwrite);
        // The list, and the one in front of it.
        let kept = KEEP + 1;
        for number in 1..=kept + 1 {
            cache.add(place, handle(number));
        }
        for number in 1..=kept {
            assert!(cache.give(place, handle(number)).is_none());
        }
        assert_eq!(cache.give(place, handle(kept + 1)), Some(handle(kept + 1)));
    }
}
