//! Flushes of the disk, shared by all who wait for one.

use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;
use wiredtiger::Durability;

use crate::error::{Error, Result};
use crate::local::Local;

/// A thread that flushes the log. A flush that begins after a commit covers it, so all who come
/// while one runs share the next.
pub(crate) struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    asked: Mutex<Asked>,
    wake: Condvar,
    done: watch::Sender<Done>,
}

#[derive(Default)]
struct Asked {
    ticket: u64,
    stop: bool,
}

#[derive(Clone, Default)]
struct Done {
    ticket: u64,
    /// What the last flush failed with.
    error: Option<Error>,
}

/// Asks the syncer, from any thread.
#[derive(Clone)]
pub(crate) struct SyncHandle(Arc<Shared>);

impl Syncer {
    pub(crate) fn start(local: Arc<Local>) -> Result<Self> {
        let shared = Arc::new(Shared {
            asked: Mutex::default(),
            wake: Condvar::new(),
            done: watch::Sender::new(Done::default()),
        });
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("cache-sync".to_owned())
            .spawn(move || for_thread.run(&local))
            .map_err(|why| Error::Internal(format!("a thread cannot be started: {why}")))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    pub(crate) fn handle(&self) -> SyncHandle {
        SyncHandle(Arc::clone(&self.shared))
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.shared.asked.lock().stop = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that flushes the disk ended in a panic");
        }
    }
}

impl Shared {
    fn run(&self, local: &Local) {
        let mut flushed = 0;
        loop {
            let ticket = {
                let mut asked = self.asked.lock();
                while asked.ticket == flushed && !asked.stop {
                    self.wake.wait(&mut asked);
                }
                if asked.ticket == flushed {
                    return;
                }
                asked.ticket
            };
            let result = local
                .session()
                .and_then(|mut session| Ok(session.log_flush(Durability::Disk)?));
            flushed = ticket;
            self.done.send_replace(Done {
                ticket,
                error: result.err(),
            });
        }
    }
}

impl SyncHandle {
    /// Waits until all that is committed by now is on the disk.
    ///
    /// Cancel safe: the flush happens all the same.
    pub(crate) async fn flush(&self) -> Result<()> {
        let mut done = self.0.done.subscribe();
        let ticket = {
            let mut asked = self.0.asked.lock();
            if asked.stop {
                return Err(Error::Closed);
            }
            asked.ticket += 1;
            asked.ticket
        };
        self.0.wake.notify_one();
        let done = done
            .wait_for(|done| done.ticket >= ticket)
            .await
            .map_err(|_| Error::Closed)?;
        // A later flush that failed may have been ours, too: say so rather than not.
        done.error.clone().map_or(Ok(()), Err)
    }
}
