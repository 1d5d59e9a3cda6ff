//! The thread that wakes those who wait.
//!
//! A writer that woke every watcher itself would pay for each of them. It calls the herald instead,
//! and only if somebody waits and the herald has not been called already.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;
use std::thread::JoinHandle;
use std::time::Duration;

use super::Feed;
use crate::error::{Error, Result};

/// The pause after a call, for each watcher that was woken: under steady writes watchers take what
/// has come together meanwhile, and waking them, about 5 µs each, takes a tenth of a processor at
/// most, however many they are. `bench feed` measures both sides.
const PAUSE_EACH: Duration = Duration::from_micros(50);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(5);

/// The herald of a feed. It ends when the feed is closed.
pub(crate) struct Herald {
    feed: Arc<Feed>,
    thread: Option<JoinHandle<()>>,
}

impl Herald {
    pub(crate) fn start(feed: Arc<Feed>) -> Result<Self> {
        let for_thread = Arc::clone(&feed);
        let thread = std::thread::Builder::new()
            .name("cache-feed".to_owned())
            .spawn(move || for_thread.herald())
            .map_err(|why| Error::Internal(format!("a thread cannot be started: {why}")))?;
        Ok(Self {
            feed,
            thread: Some(thread),
        })
    }
}

impl Drop for Herald {
    fn drop(&mut self) {
        self.feed.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that wakes watchers ended in a panic");
        }
    }
}

impl Feed {
    fn herald(&self) {
        let mut state = self.state.lock();
        loop {
            while !state.called && !state.closed {
                self.call.wait(&mut state);
            }
            if state.closed {
                return;
            }
            state.called = false;
            let waiters = std::mem::take(&mut state.waiters);
            drop(state);
            let woken = u32::try_from(waiters.len()).unwrap_or(u32::MAX);
            wake(waiters);
            std::thread::sleep(PAUSE_EACH.saturating_mul(woken).min(PAUSE_MAX));
            state = self.state.lock();
        }
    }
}

/// Wakes all of them, even if one of them panics: wakers are an executor's code.
pub(super) fn wake(waiters: HashMap<u64, Waker>) {
    for waker in waiters.into_values() {
        if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
            tracing::error!("waking a watcher ended in a panic");
        }
    }
}
