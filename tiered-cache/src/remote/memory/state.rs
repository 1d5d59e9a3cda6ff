//! The server's side: what is stored, who is connected, what has yet to arrive.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{Applied, Fault, timer};
use crate::clock::now_ms;
use crate::remote::{
    ConnectionId, RemoteError, RemoteErrorKind, RemoteResults, RemoteValue, RemoteWrite,
};

pub(super) type Values = Vec<Result<Option<RemoteValue>, RemoteError>>;

/// Fewer entries than this are not worth a sweep.
const SWEEP_FROM: usize = 1024;

#[derive(Default)]
pub(super) struct State {
    entries: HashMap<Bytes, RemoteValue>,
    /// The number of entries at which the expired ones are thrown out.
    sweep_at: usize,
    connections: BTreeMap<ConnectionId, Connection>,
    last_id: u64,
    failing_writes: HashMap<Bytes, RemoteError>,
    failing_reads: HashMap<Bytes, RemoteError>,
    applied: Vec<Applied>,
    pub(super) recording: bool,
    pub(super) script: VecDeque<Fault>,
    pub(super) read_script: VecDeque<Fault>,
    pub(super) latency: Duration,
    pub(super) down: bool,
    pub(super) hanging: bool,
    /// How often the store went down: what was under way across one has lost its connection.
    pub(super) outages: u64,
    pub(super) counts: Counts,
}

#[derive(Default)]
pub(super) struct Counts {
    pub(super) reads: u64,
    pub(super) keys_read: u64,
    pub(super) batches: u64,
    pub(super) writes: u64,
    pub(super) connects: u64,
}

/// A connection for writes. One that has ended is not in the table any more.
struct Connection {
    name: String,
    /// The caller's end is closed: what is on its way still arrives, nothing more is sent.
    closed: bool,
    queue: VecDeque<Sent>,
}

/// A batch on its way.
struct Sent {
    batch: Vec<RemoteWrite>,
    arrives: Instant,
    /// How long the answer travels.
    way_back: Duration,
    fault: Option<Fault>,
    /// `None` once the caller has been answered. Dropping it says that the connection has ended.
    reply: Option<oneshot::Sender<Reply>>,
}

pub(super) enum Reply {
    Answers(RemoteResults),
    Panic,
}

impl State {
    // The data.

    pub(super) fn value(&mut self, key: &[u8]) -> Option<RemoteValue> {
        let value = self.entries.get(key)?;
        if is_live(value, now_ms()) {
            return Some(value.clone());
        }
        self.entries.remove(key);
        None
    }

    pub(super) fn store(&mut self, key: &[u8], value: &[u8], expires_at: Option<u64>) {
        // Copies: what comes in a batch can be a part of a larger allocation.
        let key = Bytes::copy_from_slice(key);
        let value = RemoteValue {
            value: Bytes::copy_from_slice(value),
            expires_at,
        };
        if !is_live(&value, now_ms()) {
            self.entries.remove(&key);
            return;
        }
        self.entries.insert(key, value);
        if self.entries.len() > self.sweep_at.max(SWEEP_FROM) {
            self.sweep_at = self.live().len() * 2;
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<RemoteValue> {
        self.entries
            .remove(key)
            .filter(|value| is_live(value, now_ms()))
    }

    /// The entries without the expired ones, which are thrown out.
    pub(super) fn live(&mut self) -> &HashMap<Bytes, RemoteValue> {
        let now = now_ms();
        self.entries.retain(|_, value| is_live(value, now));
        &self.entries
    }

    pub(super) fn values(&mut self, keys: &[Bytes]) -> Values {
        keys.iter()
            .map(|key| match self.failing_reads.get(key) {
                Some(error) => Err(error.clone()),
                None => Ok(self.value(key)),
            })
            .collect()
    }

    pub(super) fn fail_writes(&mut self, key: Bytes, error: RemoteError) {
        self.failing_writes.insert(key, error);
    }

    pub(super) fn fail_reads(&mut self, key: Bytes, error: RemoteError) {
        self.failing_reads.insert(key, error);
    }

    pub(super) fn heal(&mut self, key: &[u8]) {
        self.failing_writes.remove(key);
        self.failing_reads.remove(key);
    }

    pub(super) fn applied(&self) -> &[Applied] {
        &self.applied
    }

    pub(super) fn record(&mut self, on: bool) {
        self.recording = on;
        if !on {
            self.applied = Vec::new();
        }
    }

    // The connections.

    /// Ends the connections in `fence` that bear `name` and opens a new one.
    pub(super) fn connect(&mut self, name: &str, fence: &[ConnectionId]) -> ConnectionId {
        for id in fence {
            if self.connections.get(id).is_some_and(|c| c.name == name) {
                self.end(*id);
            }
        }
        self.last_id += 1;
        self.counts.connects += 1;
        let id = ConnectionId(self.last_id);
        let connection = Connection {
            name: name.to_owned(),
            closed: false,
            queue: VecDeque::new(),
        };
        self.connections.insert(id, connection);
        id
    }

    /// The caller's end of a connection is gone.
    pub(super) fn close(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.closed = true;
            self.forget_if_done(id);
        }
    }

    pub(super) fn go_down(&mut self) {
        self.down = true;
        self.outages += 1;
        self.connections.clear();
    }

    /// Puts a batch on its way and says when it arrives; `None`: there is no connection, and
    /// `reply` is dropped.
    ///
    /// The caller sees to it that [`arrive`](Self::arrive) is called then.
    pub(super) fn send(
        &mut self,
        id: ConnectionId,
        batch: Vec<RemoteWrite>,
        reply: oneshot::Sender<Reply>,
    ) -> Option<Instant> {
        let connection = self.connections.get_mut(&id).filter(|c| !c.closed)?;
        let way_there = self.latency / 2;
        let arrives = timer::after(Instant::now(), way_there);
        connection.queue.push_back(Sent {
            batch,
            arrives,
            way_back: self.latency.saturating_sub(way_there),
            fault: self.script.pop_front(),
            reply: Some(reply),
        });
        self.counts.batches += 1;
        Some(arrives)
    }

    /// Takes in what has arrived on a connection, in its order.
    ///
    /// Returns when the rest of a delayed batch arrives: the caller calls again then.
    pub(super) fn arrive(&mut self, id: ConnectionId) -> Option<Instant> {
        let mut again = None;
        while let Some(mut sent) = self.next_arrived(id) {
            let batch = std::mem::take(&mut sent.batch);
            let reply = match sent.fault {
                None => Reply::Answers(Ok(self.apply(id, batch))),
                Some(Fault::Refuse(code)) => {
                    let refusal = failure(RemoteErrorKind::Refusing, code);
                    Reply::Answers(Ok(batch.iter().map(|_| Err(refusal.clone())).collect()))
                }
                Some(Fault::Panic) => Reply::Panic,
                Some(Fault::Delayed(by)) => {
                    again = self.put_off(id, batch, by);
                    let timeout = RemoteError::new(RemoteErrorKind::Timeout, "no answer in time");
                    Reply::Answers(Err(timeout))
                }
                Some(fault @ (Fault::LostReply | Fault::Disconnect | Fault::Partial(_))) => {
                    let applied = match fault {
                        Fault::LostReply => batch.len(),
                        Fault::Partial(applied) => applied,
                        _ => 0,
                    };
                    self.apply(id, batch.into_iter().take(applied));
                    self.end(id);
                    Reply::Answers(Err(unavailable()))
                }
                // `next_arrived` lets it wait.
                Some(Fault::Hang) => break,
            };
            sent.answer(reply);
        }
        self.forget_if_done(id);
        again
    }

    /// Every connection takes in what has waited for the store, the oldest connection first.
    pub(super) fn arrive_everywhere(&mut self) -> Vec<(ConnectionId, Instant)> {
        let ids: Vec<_> = self.connections.keys().copied().collect();
        ids.into_iter()
            .filter_map(|id| self.arrive(id).map(|again| (id, again)))
            .collect()
    }

    /// With the expired ones that are still there.
    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.entries.len()
    }

    #[cfg(test)]
    pub(super) fn connections(&self) -> usize {
        self.connections.len()
    }

    fn next_arrived(&mut self, id: ConnectionId) -> Option<Sent> {
        if self.hanging {
            return None;
        }
        let connection = self.connections.get_mut(&id)?;
        let first = connection.queue.front()?;
        // A batch sent after the latency was lowered does not overtake.
        if first.fault == Some(Fault::Hang) || first.arrives > Instant::now() {
            return None;
        }
        connection.queue.pop_front()
    }

    /// Leaves a batch in the socket for a while; the caller's end is closed.
    fn put_off(
        &mut self,
        id: ConnectionId,
        batch: Vec<RemoteWrite>,
        by: Duration,
    ) -> Option<Instant> {
        let connection = self.connections.get_mut(&id)?;
        connection.closed = true;
        connection.queue.clear();
        let arrives = timer::after(Instant::now(), by);
        connection.queue.push_back(Sent {
            batch,
            arrives,
            way_back: Duration::ZERO,
            fault: None,
            reply: None,
        });
        Some(arrives)
    }

    fn end(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    fn forget_if_done(&mut self, id: ConnectionId) {
        let connection = self.connections.get(&id);
        if connection.is_some_and(|c| c.closed && c.queue.is_empty()) {
            self.connections.remove(&id);
        }
    }

    fn apply(
        &mut self,
        connection: ConnectionId,
        batch: impl IntoIterator<Item = RemoteWrite>,
    ) -> Vec<Result<(), RemoteError>> {
        let mut answers = Vec::new();
        for write in batch {
            if let Some(error) = self.failing_writes.get(write.key()) {
                answers.push(Err(error.clone()));
                continue;
            }
            if self.recording {
                let write = write.clone();
                self.applied.push(Applied { connection, write });
            }
            match write {
                RemoteWrite::Set {
                    key,
                    value,
                    expires_at,
                } => self.store(&key, &value, expires_at),
                RemoteWrite::Delete { key } => {
                    self.remove(&key);
                }
            }
            self.counts.writes += 1;
            answers.push(Ok(()));
        }
        answers
    }
}

impl Sent {
    fn answer(mut self, with: Reply) {
        let Some(reply) = self.reply.take() else {
            return;
        };
        // A caller that has gone away wants no answer.
        if self.way_back.is_zero() {
            let _ = reply.send(with);
        } else {
            let due = timer::after(self.arrives, self.way_back);
            let answer = move || {
                let _ = reply.send(with);
            };
            timer::at(due, Box::new(answer));
        }
    }
}

fn is_live(value: &RemoteValue, now: u64) -> bool {
    value.expires_at.is_none_or(|at| at > now)
}

pub(super) fn unavailable() -> RemoteError {
    RemoteError::new(
        RemoteErrorKind::Unavailable,
        "the memory store is not there",
    )
}

pub(super) fn failure(kind: RemoteErrorKind, code: impl Into<String>) -> RemoteError {
    RemoteError::new(kind, "scripted in the memory store").with_code(code)
}
