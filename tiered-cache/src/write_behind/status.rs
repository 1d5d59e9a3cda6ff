//! What a user can see of the lanes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::now_ms;
use crate::remote::RemoteError;

/// What a lane does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaneState {
    /// It has sent nothing yet.
    Starting,
    /// It has a connection, and the remote took the last batch.
    Connected,
    /// The remote took nothing the last time; it tries again and again.
    Paused {
        /// Why.
        error: RemoteError,
        /// Somebody has to mend something: the remote refuses user, password or rights.
        alarm: bool,
    },
    /// Its thread ended in a panic and is started again.
    Restarting,
    /// The cache is closed.
    Stopped,
}

/// A lane as it is now.
#[derive(Clone, Debug)]
pub struct LaneStatus {
    /// What it does.
    pub state: LaneState,
    /// Records that wait for a batch.
    pub pending: usize,
    /// The time since it last got something done: a batch acknowledged, or nothing to do.
    pub last_progress: Duration,
}

/// Where the lanes write what they do.
#[derive(Debug)]
pub(crate) struct LaneBoard(Box<[Place]>);

#[derive(Debug)]
struct Place {
    state: Mutex<LaneState>,
    progress: AtomicU64,
}

impl LaneBoard {
    pub(crate) fn new(lanes: usize) -> Self {
        let place = |_| Place {
            state: Mutex::new(LaneState::Starting),
            progress: AtomicU64::new(now_ms()),
        };
        Self((0..lanes).map(place).collect())
    }

    /// The answer is whether the state is another kind than before.
    pub(crate) fn set(&self, lane: usize, state: LaneState) -> bool {
        let before = std::mem::replace(&mut *self.0[lane].state.lock(), state.clone());
        std::mem::discriminant(&before) != std::mem::discriminant(&state)
    }

    pub(crate) fn progress(&self, lane: usize) {
        self.0[lane].progress.store(now_ms(), Ordering::Relaxed);
    }

    pub(crate) fn status(&self, lane: usize, pending: usize) -> LaneStatus {
        let place = &self.0[lane];
        let progress = place.progress.load(Ordering::Relaxed);
        LaneStatus {
            state: place.state.lock().clone(),
            pending,
            last_progress: Duration::from_millis(now_ms().saturating_sub(progress)),
        }
    }
}
