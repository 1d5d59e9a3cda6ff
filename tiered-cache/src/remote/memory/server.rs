//! The way between the callers and the server's state.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use super::state::{Reply, State, Values, failure, unavailable};
use super::{Fault, timer};
use crate::remote::{
    ConnectRequest, ConnectionId, RemoteError, RemoteErrorKind, RemoteLane, RemoteReply,
    RemoteResults, RemoteWrite,
};

#[derive(Default)]
pub(super) struct Server {
    pub(super) state: Mutex<State>,
    /// The store has gone down, come back, begun to hang or gone on.
    pub(super) changed: Notify,
}

/// A round trip that has begun.
struct Trip {
    sent: Instant,
    latency: Duration,
    outages: u64,
}

impl Server {
    #[expect(clippy::panic, reason = "a test has asked for it")]
    pub(super) async fn read(&self, keys: &[Bytes]) -> Result<Values, RemoteError> {
        let (trip, fault) = {
            let mut state = self.state.lock();
            state.counts.reads += 1;
            state.counts.keys_read += keys.len() as u64;
            let trip = Trip::start(&state)?;
            (trip, state.read_script.pop_front())
        };
        let hangs = fault == Some(Fault::Hang);
        let mut values = self
            .answer(&trip, hangs, |state| state.values(keys))
            .await?;
        let mut late = Duration::ZERO;
        let outcome = match fault {
            None | Some(Fault::Hang) => Ok(values),
            Some(Fault::Delayed(by)) => {
                late = by;
                Ok(values)
            }
            Some(Fault::Refuse(code)) => {
                values.fill(Err(failure(RemoteErrorKind::Refusing, code)));
                Ok(values)
            }
            Some(Fault::LostReply | Fault::Disconnect | Fault::Partial(_)) => Err(unavailable()),
            Some(Fault::Panic) => panic!("scripted in the memory store"),
        };
        timer::sleep_until(timer::after(trip.back(), late)).await;
        outcome
    }

    /// Takes no scripted faults; it follows the latency and the switches.
    pub(super) async fn execute(&self, command: &[Bytes]) -> Result<RemoteReply, RemoteError> {
        let trip = Trip::start(&self.state.lock())?;
        let reply = self
            .answer(&trip, false, |state| state.execute(command))
            .await?;
        timer::sleep_until(trip.back()).await;
        reply
    }

    pub(super) async fn connect(
        self: &Arc<Self>,
        request: ConnectRequest<'_>,
    ) -> Result<Lane, RemoteError> {
        let trip = Trip::start(&self.state.lock())?;
        let connect = |state: &mut State| Lane {
            id: state.connect(request.name, request.fence),
            server: Arc::clone(self),
        };
        let lane = self.answer(&trip, false, connect).await?;
        timer::sleep_until(trip.back()).await;
        Ok(lane)
    }

    /// Waits until a request has arrived and the store answers, and answers it.
    async fn answer<R>(
        &self,
        trip: &Trip,
        hangs: bool,
        answer: impl FnOnce(&mut State) -> R,
    ) -> Result<R, RemoteError> {
        timer::sleep_until(timer::after(trip.sent, trip.latency / 2)).await;
        loop {
            // Made before the look at the state, so that no change in between is missed.
            let changed = self.changed.notified();
            {
                let mut state = self.state.lock();
                if state.outages != trip.outages {
                    return Err(unavailable());
                }
                if !state.hanging && !hangs {
                    return Ok(answer(&mut state));
                }
            }
            changed.await;
        }
    }

    fn send(
        self: &Arc<Self>,
        id: ConnectionId,
        batch: Vec<RemoteWrite>,
        reply: oneshot::Sender<Reply>,
    ) {
        let arrives = self.state.lock().send(id, batch, reply);
        match arrives {
            Some(due) if due > Instant::now() => self.arrive_at(id, due),
            Some(_) => self.arrive(id),
            None => {}
        }
    }

    fn arrive(self: &Arc<Self>, id: ConnectionId) {
        let again = self.state.lock().arrive(id);
        if let Some(due) = again {
            self.arrive_at(id, due);
        }
    }

    pub(super) fn arrive_at(self: &Arc<Self>, id: ConnectionId, due: Instant) {
        let server = Arc::clone(self);
        timer::at(due, Box::new(move || server.arrive(id)));
    }
}

impl Trip {
    fn start(state: &State) -> Result<Self, RemoteError> {
        if state.down {
            return Err(unavailable());
        }
        Ok(Self {
            sent: Instant::now(),
            latency: state.latency,
            outages: state.outages,
        })
    }

    fn back(&self) -> Instant {
        timer::after(self.sent, self.latency)
    }
}

pub(super) struct Lane {
    id: ConnectionId,
    server: Arc<Server>,
}

impl RemoteLane for Lane {
    fn id(&self) -> ConnectionId {
        self.id
    }

    #[expect(clippy::panic, reason = "a test has asked for it")]
    fn apply(&mut self, batch: Vec<RemoteWrite>) -> BoxFuture<'static, RemoteResults> {
        let (reply, answer) = oneshot::channel();
        self.server.send(self.id, batch, reply);
        Box::pin(async move {
            match answer.await {
                Ok(Reply::Answers(answers)) => answers,
                Ok(Reply::Panic) => panic!("scripted in the memory store"),
                Err(_) => Err(unavailable()),
            }
        })
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.server.state.lock().close(self.id);
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lane").field(&self.id.0).finish()
    }
}
