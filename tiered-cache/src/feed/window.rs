//! The last events, as many as there is room for.

use std::collections::VecDeque;

use super::kept::Kept;

/// How many events there may be, and how many bytes they may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    pub(super) events: usize,
    pub(super) bytes: u64,
}

/// A ring of events, in the order of their versions.
///
/// It holds all events after `start`.
pub(super) struct Window {
    events: VecDeque<Kept>,
    /// How many events have left the ring: the number of the first one that is in it.
    left: u64,
    /// The version of the last one that has left.
    start: u64,
    bytes: u64,
    capacity: Capacity,
}

/// Events that have left the ring, to be dropped when nobody waits: freeing their bytes takes
/// longer than all the rest. The first one is kept apart, so that the usual case allocates nothing.
#[derive(Default)]
pub(super) struct Gone(
    #[allow(dead_code, reason = "only to be dropped")] Option<Kept>,
    Vec<Kept>,
);

impl Gone {
    fn add(&mut self, event: Kept) {
        match self.0 {
            None => self.0 = Some(event),
            Some(_) => self.1.push(event),
        }
    }
}

impl Window {
    pub(super) fn new(capacity: Capacity, start: u64) -> Self {
        Self {
            events: VecDeque::new(),
            left: 0,
            start,
            bytes: 0,
            capacity,
        }
    }

    /// The version after which all events are here.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn push(&mut self, event: Kept) {
        self.bytes += event.size();
        self.events.push_back(event);
    }

    /// Lets go what there is no room for. What is later than `pinned` stays, whatever its size.
    pub(super) fn trim(&mut self, pinned: Option<u64>, gone: &mut Gone) {
        while self.events.len() > self.capacity.events || self.bytes > self.capacity.bytes {
            let Some(first) = self.events.front() else {
                return;
            };
            if pinned.is_some_and(|pinned| first.version > pinned) {
                return;
            }
            self.start = first.version;
            self.left += 1;
            self.bytes -= first.size();
            if let Some(first) = self.events.pop_front() {
                gone.add(first);
            }
        }
    }

    /// The number of the first event after `version`, which must not lie before the start.
    pub(super) fn number_after(&self, version: u64) -> u64 {
        let before = self
            .events
            .partition_point(|event| event.version <= version);
        self.left + before as u64
    }

    /// The number that the next event will get.
    pub(super) fn next_number(&self) -> u64 {
        self.left + self.events.len() as u64
    }

    /// The events from this number on.
    pub(super) fn from(&self, number: u64) -> impl Iterator<Item = &Kept> {
        // No ring has more events than a `usize` can count.
        let skip = usize::try_from(number.saturating_sub(self.left)).unwrap_or(usize::MAX);
        self.events.range(skip.min(self.events.len())..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::EventKind;
    use crate::feed::kept::Told;
    use crate::local::Origin;

    fn event(version: u64, length: usize) -> Kept {
        Kept::new(&Told {
            kind: EventKind::Added,
            key: b"k",
            value: Some(&vec![0; length]),
            previous: None,
            version,
            expires: 0,
            origin: Origin::Local,
        })
    }

    fn versions(window: &Window, after: u64) -> Vec<u64> {
        window
            .from(window.number_after(after))
            .map(|event| event.version)
            .collect()
    }

    #[test]
    fn it_keeps_as_many_events_as_there_is_room_for() {
        let capacity = Capacity {
            events: 2,
            bytes: u64::MAX,
        };
        let mut window = Window::new(capacity, 10);
        for version in [11, 13, 14] {
            window.push(event(version, 1));
            window.trim(None, &mut Gone::default());
        }
        assert_eq!(window.start(), 11);
        assert_eq!(versions(&window, 11), [13, 14]);
        assert_eq!(versions(&window, 12), [13, 14]);
        assert_eq!(versions(&window, 13), [14]);
        assert_eq!(versions(&window, 14), [0; 0]);
        assert_eq!((window.number_after(13), window.next_number()), (2, 3));
    }

    #[test]
    fn it_keeps_as_many_bytes_as_there_is_room_for() {
        let two = 2 * event(0, 100).size();
        let capacity = Capacity {
            events: 100,
            bytes: two,
        };
        let mut window = Window::new(capacity, 0);
        for version in 1..=3 {
            window.push(event(version, 100));
            window.trim(None, &mut Gone::default());
        }
        assert_eq!((window.len(), window.bytes()), (2, two));
        // One that is larger than all the room leaves nothing.
        window.push(event(4, 1000));
        window.trim(None, &mut Gone::default());
        assert_eq!((window.len(), window.bytes(), window.start()), (0, 0, 4));
    }

    #[test]
    fn what_is_pinned_stays() {
        let capacity = Capacity {
            events: 1,
            bytes: u64::MAX,
        };
        let mut window = Window::new(capacity, 0);
        for version in 1..=4 {
            window.push(event(version, 1));
            window.trim(Some(2), &mut Gone::default());
        }
        assert_eq!(versions(&window, 2), [3, 4]);
        window.trim(None, &mut Gone::default());
        assert_eq!(versions(&window, 3), [4]);
    }
}
