//! A store in the process, with a scripted character.

mod execute;
mod fault;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod timer;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use self::fault::Fault;
use self::server::Server;
use self::state::{Values, failure};
use super::{
    ConnectRequest, ConnectionId, RemoteError, RemoteErrorKind, RemoteLane, RemoteReply,
    RemoteStore, RemoteValue, RemoteWrite,
};

/// A store in the process: what Redis is to the cache, without a server.
///
/// It serves examples and tests. It keeps what it is given in memory, expiries to the
/// millisecond, and can be told to be slow, away, or at fault: for good with a switch
/// ([`set_down`](Self::set_down), [`set_hanging`](Self::set_hanging),
/// [`fail_key`](Self::fail_key)) or once with a [`Fault`].
///
/// Clones are handles of one store: keep one to look inside and give the other to the cache.
///
/// # Time
/// A batch of writes is sent by the call of [`RemoteLane::apply`], arrives and is applied after
/// half of the [latency](Self::with_latency), and the answer takes the other half.
///
/// Waiting is done by a thread shared by all stores of the process, which is precise to about a
/// tenth of a millisecond, blocks no runtime and does not follow Tokio's paused clock. Without a
/// latency and delays there is no such thread.
///
/// # Cancel safety
/// Dropping the future of a batch does not call back what has been sent: the batch is applied in
/// one piece when it arrives, unless its connection is fenced or the store goes down before.
/// Reads change nothing. A connection whose future is dropped is closed, or was never opened; what
/// it was to fence may have ended.
///
/// # Examples
/// ```
/// use tiered_cache::{Fault, MemoryRemote};
///
/// let remote = MemoryRemote::new();
/// let cache_side = remote.clone(); // give this one to the cache
/// # drop(cache_side);
///
/// remote.set("city", "Turin", None); // another program writes
/// assert_eq!(remote.get("city").unwrap().value, "Turin");
///
/// remote.script(Fault::LostReply); // the next batch is applied and not acknowledged
/// remote.set_down(true); // nobody is there
/// ```
#[derive(Clone, Default)]
pub struct MemoryRemote {
    server: Arc<Server>,
}

/// A write that a [`MemoryRemote`] has applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The connection it came by.
    pub connection: ConnectionId,
    /// The write.
    pub write: RemoteWrite,
}

impl MemoryRemote {
    /// An empty store that answers at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a round trip of this time for every read, batch and connect.
    ///
    /// Fractions of a millisecond count.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        self.set_latency(latency);
        self
    }

    /// Changes the round trip of what is sent from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.server.state.lock().latency = latency;
    }

    /// Takes the store away, or brings it back with what it held.
    ///
    /// While it is away every call fails at once as [`RemoteErrorKind::Unavailable`]. Going away
    /// ends all connections, what was sent on them and has not arrived is lost, and reads under
    /// way fail.
    pub fn set_down(&self, down: bool) {
        {
            let mut state = self.server.state.lock();
            match down {
                true => state.go_down(),
                false => state.down = false,
            }
        }
        self.server.changed.notify_waiters();
    }

    /// Lets the store hang, as a stopped process does, or go on.
    ///
    /// While it hangs nothing is applied and nothing is answered. When it goes on it takes in
    /// what has been sent meanwhile, in the order of each connection, before it serves new
    /// connections: also batches whose futures have been dropped.
    pub fn set_hanging(&self, hanging: bool) {
        let delayed = {
            let mut state = self.server.state.lock();
            state.hanging = hanging;
            state.arrive_everywhere()
        };
        for (id, due) in delayed {
            self.server.arrive_at(id, due);
        }
        self.server.changed.notify_waiters();
    }

    /// Adds a fault to the queue: each batch that is sent from now on takes one from its front.
    pub fn script(&self, fault: Fault) {
        self.server.state.lock().script.push_back(fault);
    }

    /// Adds a fault to the queue of the reads: each read that starts from now on takes one.
    pub fn script_read(&self, fault: Fault) {
        self.server.state.lock().read_script.push_back(fault);
    }

    /// Lets every write of `key` fail, until [`heal_key`](Self::heal_key).
    ///
    /// The error concerns the write only; what stands before and behind it in the batch is
    /// applied. With [`RemoteErrorKind::Key`] and `WRONGTYPE` the key is a list to Redis.
    pub fn fail_key(&self, key: impl Into<Bytes>, kind: RemoteErrorKind, code: &str) {
        let error = failure(kind, code);
        self.server.state.lock().fail_writes(key.into(), error);
    }

    /// Lets every read of `key` fail, until [`heal_key`](Self::heal_key).
    pub fn fail_key_reads(&self, key: impl Into<Bytes>, kind: RemoteErrorKind, code: &str) {
        let error = failure(kind, code);
        self.server.state.lock().fail_reads(key.into(), error);
    }

    /// Ends what [`fail_key`](Self::fail_key) and [`fail_key_reads`](Self::fail_key_reads) began.
    pub fn heal_key(&self, key: impl AsRef<[u8]>) {
        self.server.state.lock().heal(key.as_ref());
    }

    /// What the store holds for `key`, whatever its character.
    #[must_use]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<RemoteValue> {
        self.server.state.lock().value(key.as_ref())
    }

    /// Sets `key` as another program would. An expiry in the past removes it, as in Redis.
    pub fn set(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>, expires_at: Option<u64>) {
        let mut state = self.server.state.lock();
        state.store(key.as_ref(), value.as_ref(), expires_at);
    }

    /// Removes `key` as another program would, and returns what it held.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<RemoteValue> {
        self.server.state.lock().remove(key.as_ref())
    }

    /// How many entries there are, without the expired ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.server.state.lock().live().len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries, without the expired ones.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<Bytes, RemoteValue> {
        let mut state = self.server.state.lock();
        let entries = state.live().iter();
        entries.map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// Begins to record the applied writes, or ends and forgets the record. Off at first.
    pub fn record(&self, on: bool) {
        self.server.state.lock().record(on);
    }

    /// The applied writes in their order, since [`record`](Self::record)`(true)`.
    #[must_use]
    pub fn applied(&self) -> Vec<Applied> {
        self.server.state.lock().applied().to_vec()
    }

    /// How many reads have been asked for, those that failed included.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.server.state.lock().counts.reads
    }

    /// How many keys those reads asked for.
    #[must_use]
    pub fn keys_read(&self) -> u64 {
        self.server.state.lock().counts.keys_read
    }

    /// How many batches have been sent on a connection, those that failed included.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.server.state.lock().counts.batches
    }

    /// How many writes have been applied.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.server.state.lock().counts.writes
    }

    /// How many connections for writes have been opened.
    #[must_use]
    pub fn connects(&self) -> u64 {
        self.server.state.lock().counts.connects
    }
}

impl fmt::Debug for MemoryRemote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut state = self.server.state.lock();
        f.debug_struct("MemoryRemote")
            .field("entries", &state.live().len())
            .field("latency", &state.latency)
            .field("down", &state.down)
            .field("hanging", &state.hanging)
            .finish_non_exhaustive()
    }
}

impl RemoteStore for MemoryRemote {
    fn read<'a>(&'a self, keys: &'a [Bytes]) -> BoxFuture<'a, Result<Values, RemoteError>> {
        Box::pin(self.server.read(keys))
    }

    fn execute<'a>(
        &'a self,
        command: &'a [Bytes],
    ) -> BoxFuture<'a, Result<RemoteReply, RemoteError>> {
        Box::pin(self.server.execute(command))
    }

    fn connect<'a>(
        &'a self,
        request: ConnectRequest<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn RemoteLane>, RemoteError>> {
        Box::pin(async move {
            let lane = self.server.connect(request).await?;
            Ok(Box::new(lane) as Box<dyn RemoteLane>)
        })
    }
}
