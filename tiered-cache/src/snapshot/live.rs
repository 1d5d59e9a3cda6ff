//! The snapshots that live.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::error::{Error, Result};
use crate::local::View;

/// Where the view of a snapshot is, until it is taken away.
pub(super) type Cell = Arc<Mutex<Held>>;

/// What a snapshot reads from.
pub(super) enum Held {
    View(Box<View>),
    /// The cache was closed.
    Closed,
    /// What it kept of the past had outgrown the disk.
    TooOld,
}

impl Held {
    /// The view, or why there is none.
    pub(super) fn view(&self) -> Result<&View> {
        match self {
            Self::View(view) => Ok(view),
            Self::Closed => Err(Error::Closed),
            Self::TooOld => Err(Error::SnapshotTooOld),
        }
    }
}

/// All snapshots of a cache.
pub(crate) struct Snapshots {
    state: Arc<Mutex<State>>,
    max: usize,
}

#[derive(Default)]
struct State {
    count: usize,
    /// The oldest first.
    cells: Vec<Weak<Mutex<Held>>>,
    closed: bool,
}

/// Room for one snapshot.
pub(super) struct Slot(Arc<Mutex<State>>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.lock().count -= 1;
    }
}

impl Snapshots {
    /// Up to `max` at a time.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            state: Arc::default(),
            max,
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.state.lock().count
    }

    pub(super) fn slot(&self) -> Result<Slot> {
        let mut state = self.state.lock();
        if state.count >= self.max {
            return Err(Error::TooManySnapshots { max: self.max });
        }
        state.count += 1;
        Ok(Slot(Arc::clone(&self.state)))
    }

    /// Notes a view, so that it can be taken away.
    pub(super) fn register(&self, view: View) -> Result<Cell> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Error::Closed);
        }
        state.cells.retain(|cell| cell.strong_count() > 0);
        let cell = Arc::new(Mutex::new(Held::View(Box::new(view))));
        state.cells.push(Arc::downgrade(&cell));
        Ok(cell)
    }

    /// Ends all of them, after the chunks that are being read.
    pub(crate) fn close(&self) {
        let cells = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.cells)
        };
        for cell in cells.iter().filter_map(Weak::upgrade) {
            take_away(&cell, Held::Closed);
        }
    }

    /// Ends the oldest one, after the chunk that is being read; `false` when there is none.
    pub(crate) fn end_oldest(&self) -> bool {
        loop {
            let oldest = {
                let mut state = self.state.lock();
                if state.cells.is_empty() {
                    return false;
                }
                state.cells.remove(0).upgrade()
            };
            if let Some(cell) = oldest {
                take_away(&cell, Held::TooOld);
                return true;
            }
        }
    }
}

/// Ends the view outside the lock: it is a call into the engine.
fn take_away(cell: &Cell, why: Held) {
    let view = std::mem::replace(&mut *cell.lock(), why);
    drop(view);
}
