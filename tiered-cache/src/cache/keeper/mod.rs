//! The threads that keep the local tier within its bound: one makes room, one looks after the disk.
//!
//! How they work together, and why the bound holds: `docs/eviction.md`.

mod bound;
mod disk;
mod pace;
mod room;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use parking_lot::Mutex;

use self::bound::{Anchor, Bound};
use self::pace::Pace;
use super::core::Core;
use crate::error::{Error, Result};
use crate::eviction::Policy;

/// Both threads. They end when this is dropped.
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What both threads know.
struct Shared {
    bound: Bound,
    pace: Pace,
    stop: AtomicBool,
    anchor: Mutex<Anchor>,
    /// Room was made, but nothing of it will show before a checkpoint.
    wants_checkpoint: AtomicBool,
}

impl Shared {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn anchor(&self) -> Anchor {
        *self.anchor.lock()
    }
}

impl Keeper {
    pub(crate) fn start(core: &Arc<Core>, policy: Policy) -> Result<Self> {
        let local = core.local()?;
        let bound = Bound::new(&core.config.local);
        let shared = Arc::new(Shared {
            bound,
            pace: Pace::new(bound.log),
            stop: AtomicBool::new(false),
            anchor: Mutex::new(Anchor {
                space: local.space()?,
                grown: local.growth.read(),
            }),
            wants_checkpoint: AtomicBool::new(false),
        });
        // Made here, so that what has started ends if the next one does not.
        let mut keeper = Self {
            shared: Arc::clone(&shared),
            threads: Vec::with_capacity(2),
        };
        let for_disk = (Arc::clone(core), Arc::clone(&shared));
        keeper.spawn("cache-disk", move || disk::run(&for_disk.0, &for_disk.1))?;
        let disk = keeper.threads[0].thread().clone();
        let for_room = Arc::clone(core);
        keeper.spawn("cache-room", move || {
            room::run(&for_room, &shared, policy, &disk);
        })?;
        local.growth.kept_by(keeper.threads[1].thread().clone());
        Ok(keeper)
    }

    fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)
            .map_err(|why| Error::Internal(format!("a thread cannot be started: {why}")))?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("a thread that keeps the bound ended in a panic");
            }
        }
    }
}

/// Sleeps until the time is over or somebody wakes the thread.
fn sleep(time: Duration) {
    if !time.is_zero() {
        std::thread::park_timeout(time);
    }
}

/// Wakes a thread from its sleep.
fn wake(thread: &Thread) {
    thread.unpark();
}
