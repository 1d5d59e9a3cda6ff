//! One lane: an ordered stream of batches to one connection.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::stream::{FuturesOrdered, StreamExt};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::Instrument;

use crate::clock::now_ms;
use crate::error::{Error, Result};
use crate::remote::{ConnectRequest, RemoteError, RemoteErrorKind, RemoteLane, RemoteResults};
use crate::write_behind::batch::Batch;
use crate::write_behind::{Backoff, Context, LaneState};

/// Writes in the first batch after a failure; each acknowledged batch doubles it.
const RAMP: usize = 16;

type InFlight =
    FuturesOrdered<Pin<Box<dyn Future<Output = (Batch, RemoteResults, Duration)> + Send>>>;

/// Why a lane leaves its connection.
enum Left {
    /// The cache closes.
    Stopped,
    /// The fate of what was sent is not known, or the engine failed.
    Lost(RemoteError),
    /// The remote takes nothing for now; all that was sent has been answered.
    Refused(RemoteError),
}

pub(super) struct Lane<'a> {
    context: &'a Context,
    lane: usize,
    stop: watch::Receiver<bool>,
    backoff: Backoff,
    ramp: usize,
}

impl<'a> Lane<'a> {
    pub(super) fn new(context: &'a Context, lane: usize) -> Self {
        Self {
            context,
            lane,
            stop: context.stop.clone(),
            backoff: Backoff::new(context.config.backoff, context.config.backoff_max),
            ramp: RAMP,
        }
    }

    /// Runs until the cache closes.
    pub(super) async fn run(mut self) {
        loop {
            if !self.wait_for_work().await {
                return;
            }
            let left = match self.connect().await {
                Ok(Some(mut connection)) => {
                    let id = connection.id();
                    let left = self.drain(&mut *connection).await;
                    if matches!(left, Left::Refused(_)) {
                        self.context.fences.answered(id);
                    }
                    left
                }
                Ok(None) => Left::Stopped,
                Err(error) => Left::Refused(error),
            };
            // What was in flight is dirty as before.
            self.context.dirty.release_all(self.lane);
            let error = match left {
                Left::Stopped => return,
                Left::Lost(error) | Left::Refused(error) => error,
            };
            self.ramp = RAMP;
            self.context.counters.flush_retries.add(1);
            let pause = self.backoff.pause();
            self.pause(error, pause).await;
        }
    }

    fn show(&self, state: LaneState) -> bool {
        self.context.board.set(self.lane, state)
    }

    /// Reports why nothing is sent, once for a spell of it, and waits.
    async fn pause(&mut self, error: RemoteError, pause: Duration) {
        let alarm = error.kind() == RemoteErrorKind::Credentials;
        let state = LaneState::Paused {
            error: error.clone(),
            alarm,
        };
        if self.show(state) {
            if alarm {
                tracing::error!(lane = self.lane, %error, "the remote does not accept this cache");
            } else {
                tracing::warn!(lane = self.lane, %error, "the remote takes no writes; trying again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
    }

    /// Waits until there is something to send. False when the cache closes.
    async fn wait_for_work(&mut self) -> bool {
        loop {
            let work = self.context.dirty.work(self.lane).notified();
            if *self.stop.borrow() {
                return false;
            }
            let now = now_ms();
            let due = self.context.dirty.next_due(self.lane, now);
            if due.is_some_and(|due| due <= now) {
                return true;
            }
            self.context.board.progress(self.lane);
            let wait = due.map_or(Duration::from_secs(1), |due| {
                Duration::from_millis(due - now).min(Duration::from_secs(1))
            });
            tokio::select! {
                () = work => {}
                () = tokio::time::sleep(wait) => {}
                _ = self.stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    /// Opens the lane's connection. Before it is used, all connections on which older writes may be
    /// under way have ended, and its own number is stored. `None` when the cache closes.
    async fn connect(&mut self) -> Result<Option<Box<dyn RemoteLane>>, RemoteError> {
        let context = self.context;
        let fence = context.fences.before(self.lane);
        let name = context.local.connection_name();
        let request = ConnectRequest {
            name: &name,
            fence: &fence,
        };
        let connecting = timeout(context.config.timeout, context.remote.connect(request));
        let connection = tokio::select! {
            connected = connecting => connected.map_err(|_| {
                RemoteError::new(RemoteErrorKind::Timeout, "connecting took too long")
            })??,
            _ = self.stop.wait_for(|stop| *stop) => return Ok(None),
        };
        context
            .fences
            .opened(&context.local, self.lane, &fence, connection.id())
            .map_err(|error| local_trouble(&error))?;
        Ok(Some(connection))
    }

    /// Sends batches as long as there is something to send and all goes well.
    async fn drain(&mut self, connection: &mut dyn RemoteLane) -> Left {
        let mut in_flight = InFlight::new();
        let mut trouble = None;
        loop {
            while trouble.is_none() && in_flight.len() < self.context.config.batches_in_flight {
                match self.next_batch(!in_flight.is_empty()).await {
                    Ok(Some(batch)) => in_flight.push_back(self.send(connection, batch)),
                    Ok(None) => break,
                    Err(error) => return Left::Lost(local_trouble(&error)),
                }
            }
            if in_flight.is_empty() {
                if let Some(error) = trouble {
                    return Left::Refused(error);
                }
                if !self.wait_for_work().await {
                    return Left::Stopped;
                }
                continue;
            }
            let answered = tokio::select! {
                answered = in_flight.next() => answered,
                // A full batch has come together behind the one that is under way.
                () = self.context.dirty.work(self.lane).notified(),
                    if trouble.is_none() && in_flight.len() < self.context.config.batches_in_flight
                    => continue,
                _ = self.stop.wait_for(|stop| *stop) => return Left::Stopped,
            };
            let Some((batch, answers, took)) = answered else {
                continue;
            };
            match self.answered(&batch, answers, took) {
                Ok(None) => {}
                Ok(Some(error)) => trouble = Some(error),
                Err(error) => return Left::Lost(error),
            }
        }
    }

    /// The next batch, if there is one. Beside one that is under way only a full one, so that
    /// writes come together while it lasts.
    async fn next_batch(&mut self, beside: bool) -> Result<Option<Batch>> {
        let context = self.context;
        let reads = context
            .counters
            .reads_waiting
            .load(std::sync::atomic::Ordering::Relaxed);
        let mut max = context.config.batch_commands.min(self.ramp);
        if reads > 0 {
            max = max.min(context.config.batch_commands_beside_reads);
        }
        let pending = context.dirty.pending(self.lane);
        if pending == 0 || (beside && pending < max) {
            return Ok(None);
        }
        if pending < max && !context.config.linger.is_zero() && !context.dirty.hurries() {
            tokio::select! {
                () = tokio::time::sleep(context.config.linger) => {}
                () = context.dirty.hurry.notified() => {}
                _ = self.stop.wait_for(|stop| *stop) => return Ok(None),
            }
        }
        let batch = context.take(self.lane, max)?;
        if batch.sent.is_empty() {
            if !beside {
                // All that is there is just committing.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            return Ok(None);
        }
        Ok(Some(batch))
    }

    /// Hands a batch to the connection.
    fn send(
        &self,
        connection: &mut dyn RemoteLane,
        mut batch: Batch,
    ) -> Pin<Box<dyn Future<Output = (Batch, RemoteResults, Duration)> + Send>> {
        let span = tracing::debug_span!(
            "flush",
            lane = self.lane,
            writes = batch.sent.len(),
            bytes = batch.bytes
        );
        let started = Instant::now();
        let applied = connection.apply(std::mem::take(&mut batch.writes));
        let limit = self.context.config.timeout;
        async move {
            let answers = timeout(limit, applied).await.unwrap_or_else(|_| {
                Err(RemoteError::new(
                    RemoteErrorKind::Timeout,
                    format!("no answer to a batch within {limit:?}"),
                ))
            });
            (batch, answers, started.elapsed())
        }
        .instrument(span)
        .boxed()
    }

    /// What the answers mean: the remote's trouble, if it has some; an error when the connection
    /// has to be given up.
    fn answered(
        &mut self,
        batch: &Batch,
        answers: RemoteResults,
        took: Duration,
    ) -> Result<Option<RemoteError>, RemoteError> {
        let answers = answers?;
        let context = self.context;
        let counters = &context.counters;
        counters.batches.add(1);
        counters
            .flush_us
            .set(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        metrics::histogram!("tiered_cache_flush_seconds").record(took.as_secs_f64());
        #[allow(clippy::cast_precision_loss, reason = "a batch is small")]
        metrics::histogram!("tiered_cache_flush_batch_size").record(batch.sent.len() as f64);
        let settled = context
            .settle(self.lane, batch, &answers)
            .map_err(|error| local_trouble(&error))?;
        if answers.len() != batch.sent.len() {
            return Err(RemoteError::new(
                RemoteErrorKind::Protocol,
                format!("{} answers to {} writes", answers.len(), batch.sent.len()),
            ));
        }
        if settled.trouble.is_none() {
            // Not before: a remote that takes connections may still take no writes.
            self.show(LaneState::Connected);
        }
        if settled.acknowledged > 0 {
            context.board.progress(self.lane);
            self.backoff.reset();
            self.ramp = (self.ramp * 2).min(context.config.batch_commands.max(RAMP));
        }
        Ok(settled.trouble)
    }
}

/// The engine failed, and nothing can be sent or acknowledged: to be tried again like trouble of
/// the remote.
fn local_trouble(error: &Error) -> RemoteError {
    RemoteError::new(RemoteErrorKind::Unavailable, format!("locally: {error}"))
}
