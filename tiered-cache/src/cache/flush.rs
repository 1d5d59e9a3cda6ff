//! Bringing what is dirty to the remote now, and closing.

use std::time::{Duration, Instant};

use super::answers::FlushReport;
use super::core::Core;
use super::{Owner, TieredCache};
use crate::error::{Error, Result};

impl TieredCache {
    /// Waits until the remote has all that was written before the call, at most for `deadline`.
    /// Batches do not linger meanwhile. The answer tells the truth about what is left.
    ///
    /// # Errors
    /// [`Closed`](Error::Closed).
    ///
    /// # Cancel safety
    /// Cancel safe: the writes go on.
    pub async fn flush(&self, deadline: Duration) -> Result<FlushReport> {
        self.core.flush(deadline).await
    }

    /// Flushes, at most for `deadline`, and closes the cache, whatever is left: it is stored, and
    /// the next opening goes on with it. All clones answer [`Closed`](Error::Closed) from then on.
    ///
    /// Closing the local engine takes a checkpoint, after the deadline, which can last.
    ///
    /// # Errors
    /// [`Closed`](Error::Closed): it was closed before. [`Local`](Error::Local): the engine failed
    /// to close cleanly; what was written at `Process` or more is in its log.
    ///
    /// # Cancel safety
    /// Cancelled while it flushes, the cache stays open. Cancelled later, it closes.
    pub async fn close(&self, deadline: Duration) -> Result<FlushReport> {
        let report = self.core.flush(deadline).await?;
        let owner = std::sync::Arc::clone(&self.owner);
        let closing = self.core.runtime.spawn_blocking(move || owner.shut_down());
        closing
            .await
            .map_err(|why| Error::Internal(format!("closing broke off: {why}")))??;
        Ok(self.core.report(report.complete, report.flushed))
    }
}

impl Core {
    async fn flush(&self, deadline: Duration) -> Result<FlushReport> {
        let flushed_before = self.counters.flushed.get();
        let barrier = self.local()?.feed.last();
        let complete = self
            .when_settled(deadline, || !self.dirty.any_unacked_up_to(barrier))
            .await?;
        let flushed = self.counters.flushed.get() - flushed_before;
        Ok(self.report(complete, flushed))
    }

    /// Waits until `done`, and looks whenever records have gone, at most for `deadline`: whether it
    /// came to that. Batches do not linger meanwhile.
    pub(super) async fn when_settled(
        &self,
        deadline: Duration,
        mut done: impl FnMut() -> bool,
    ) -> Result<bool> {
        let started = Instant::now();
        let _hurry = self.dirty.hurry();
        loop {
            let settled = self.dirty.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            if done() {
                return Ok(true);
            }
            let left = deadline.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Ok(false);
            }
            self.local()?;
            // Not only on a sign: the lanes may be gone.
            let nap = left.min(Duration::from_millis(100));
            let _ = self.timeout(nap, settled).await;
        }
    }

    /// What is left now.
    fn report(&self, complete: bool, flushed: u64) -> FlushReport {
        let dead_letters = self.dirty.dead();
        FlushReport {
            complete,
            flushed,
            remaining: self.dirty.keys().saturating_sub(dead_letters),
            oldest: self.lag(),
            dead_letters,
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.drop_all();
    }
}
