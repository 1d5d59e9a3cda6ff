//! The snapshots that live.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::error::{Error, Result};
use crate::local::View;

/// Where the view of a snapshot is, until the cache is closed.
pub(super) type Cell = Arc<Mutex<Option<View>>>;

/// All snapshots of a cache.
pub(crate) struct Snapshots {
    state: Arc<Mutex<State>>,
    max: usize,
}

#[derive(Default)]
struct State {
    count: usize,
    cells: Vec<Weak<Mutex<Option<View>>>>,
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

    /// Notes a view, so that closing the cache can take it away.
    pub(super) fn register(&self, view: View) -> Result<Cell> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Error::Closed);
        }
        state.cells.retain(|cell| cell.strong_count() > 0);
        let cell = Arc::new(Mutex::new(Some(view)));
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
            let view = cell.lock().take();
            drop(view);
        }
    }
}
