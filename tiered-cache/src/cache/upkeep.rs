//! The thread that looks after the cache: free disk, figures, and the space of expired rows.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::core::Core;
use crate::clock::now_ms;
use crate::error::{Error, Result};
use crate::local::SweepHand;

/// How often disk and figures are looked at.
const TICK: Duration = Duration::from_secs(1);

/// The pause between two steps of a sweep, which leaves the engine to others.
const STEP_PAUSE: Duration = Duration::from_millis(5);

pub(crate) struct Upkeep {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Upkeep {
    pub(crate) fn start(core: Arc<Core>) -> Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("cache-upkeep".to_owned())
            .spawn(move || run(&core, &stopped))
            .map_err(|why| Error::Internal(format!("a thread cannot be started: {why}")))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that looks after the cache ended in a panic");
        }
    }
}

fn run(core: &Core, stopped: &mpsc::Receiver<()>) {
    let mut sweep = Sweep::new(core.config.local.sweep_every);
    let mut ticked = Instant::now();
    look_at_disk(core);
    loop {
        let wait = if sweep.walking() { STEP_PAUSE } else { TICK };
        match stopped.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
        if ticked.elapsed() >= TICK {
            ticked = Instant::now();
            look_at_disk(core);
            core.publish();
        }
        sweep.step(core);
    }
}

/// Writers are held back before the disk is full: a log that cannot be written stops the engine.
pub(super) fn look_at_disk(core: &Core) {
    let Ok(local) = core.local() else {
        return;
    };
    match local.free_disk() {
        Ok(free) => core
            .dirty
            .set_disk_is_low(free < core.config.writes.min_free_disk),
        Err(error) => tracing::warn!(%error, "the free disk space cannot be read"),
    }
}

/// A walk through all rows, from time to time.
struct Sweep {
    every: Duration,
    hand: Option<SweepHand>,
    last: Instant,
}

impl Sweep {
    fn new(every: Duration) -> Self {
        Self {
            every,
            hand: None,
            last: Instant::now(),
        }
    }

    fn walking(&self) -> bool {
        self.hand.is_some()
    }

    fn step(&mut self, core: &Core) {
        if self.every.is_zero() || (self.hand.is_none() && self.last.elapsed() < self.every) {
            return;
        }
        let mut hand = self.hand.take().unwrap_or_default();
        let swept = core
            .local()
            .and_then(|local| local.sweep(&mut hand, now_ms(), &core.config.reads, &core.dirty));
        match swept {
            Ok(swept) => {
                core.counters.expired.add(swept.removed as u64);
                if swept.finished {
                    self.last = Instant::now();
                } else {
                    self.hand = Some(hand);
                }
            }
            Err(Error::Closed) => {}
            Err(error) => {
                self.last = Instant::now();
                tracing::warn!(%error, "a sweep for expired rows failed");
            }
        }
    }
}
