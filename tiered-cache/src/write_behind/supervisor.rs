//! The threads of the lanes, and what happens when one panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::watch;

use crate::error::{Error, Result};
use crate::write_behind::lane::Lane;
use crate::write_behind::{Backoff, Context, LaneState};

/// The running lanes.
pub(crate) struct Flusher {
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Flusher {
    /// Starts a thread for each lane. `stop` is the sender of the context's `stop`.
    pub(crate) fn start(context: &Arc<Context>, stop: watch::Sender<bool>) -> Result<Self> {
        let mut flusher = Self {
            stop,
            threads: Vec::new(),
        };
        for lane in 0..context.dirty.lanes() {
            let context = Arc::clone(context);
            let thread = std::thread::Builder::new()
                .name(format!("cache-lane-{lane}"))
                .spawn(move || supervise(&context, lane))
                .map_err(|why| Error::Internal(format!("a thread cannot be started: {why}")))?;
            flusher.threads.push(thread);
        }
        Ok(flusher)
    }

    /// Stops the lanes where they are and waits for them. What is unacknowledged stays dirty.
    pub(crate) fn stop(&mut self) {
        self.stop.send_replace(true);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a lane's thread ended in a panic outside its work");
            }
        }
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a lane, and starts it again when it panics.
fn supervise(context: &Context, lane: usize) {
    let mut backoff = Backoff::new(context.config.backoff, context.config.backoff_max);
    while !*context.stop.borrow() {
        // What a lane leaves behind in a panic is put right here: what it had claimed is pending
        // again, and its connection is fenced before the next one is used.
        let ended = catch_unwind(AssertUnwindSafe(|| run(context, lane)));
        context.dirty.release_all(lane);
        let why = match ended {
            Ok(Ok(())) => break,
            Ok(Err(why)) => why.to_string(),
            Err(panic) => text(&*panic),
        };
        context.counters.flusher_restarts.add(1);
        context.board.set(lane, LaneState::Restarting);
        tracing::error!(
            lane,
            why,
            "a lane of the flusher broke down and is started again"
        );
        std::thread::sleep(backoff.pause());
    }
    context.board.set(lane, LaneState::Stopped);
}

fn run(context: &Context, lane: usize) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(Lane::new(context, lane).run());
    // Futures of the connection that are still there are dropped, not waited for.
    runtime.shutdown_background();
    Ok(())
}

fn text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}
