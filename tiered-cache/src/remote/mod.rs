//! The second level: what the cache asks of the store behind it.
//!
//! [`RedisRemote`] is a Redis server, [`MemoryRemote`] an in-process twin with a scripted
//! character, for examples and tests.

mod error;
mod memory;
mod none;
mod redis;
mod reply;

use std::fmt;

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use self::error::{RemoteError, RemoteErrorKind};
pub use self::memory::{Applied, Fault, MemoryRemote};
pub(crate) use self::none::NoRemote;
pub use self::redis::{Password, RawConnection, RedisConfig, RedisRemote, RedisTls};
pub use self::reply::RemoteReply;

/// What a store answers to a question about keys: one answer a key, in their order.
pub type RemoteAnswers = Result<Vec<Result<Option<RemoteValue>, RemoteError>>, RemoteError>;

/// What a store answers to a batch of writes: one result a write, in their order.
pub type RemoteResults = Result<Vec<Result<(), RemoteError>>, RemoteError>;

/// A key-value store behind the cache.
///
/// Reads and writes use different connections, so that a backlog of writes does not delay reads.
/// All futures are run on a Tokio runtime with time and I/O, which is the cache's own.
pub trait RemoteStore: fmt::Debug + Send + Sync + 'static {
    /// The present state of `keys`, in their order: one answer a key.
    ///
    /// A store connects by itself when it has to. The caller limits the time.
    ///
    /// # Errors
    /// The outer error is about the store as a whole, the inner ones about one key.
    fn read<'a>(&'a self, keys: &'a [Bytes]) -> BoxFuture<'a, RemoteAnswers>;

    /// Runs one command as it is: its name, and its arguments. For commands that the store decides by
    /// what it has. One that blocks, or changes the connection, must not be given.
    ///
    /// The caller limits the time.
    ///
    /// # Errors
    /// [`outcome_is_unknown`](RemoteError::outcome_is_unknown) says whether the command may have been
    /// run all the same.
    fn execute<'a>(
        &'a self,
        command: &'a [Bytes],
    ) -> BoxFuture<'a, Result<RemoteReply, RemoteError>>;

    /// Opens a connection for the writes of one lane.
    ///
    /// Before it returns, the connections in `request.fence` have ended: nothing that was sent on
    /// them can be applied from now on. The caller stores the new connection's id before the first
    /// write on it, so that a later process can fence it.
    ///
    /// # Errors
    /// The store is not there, refuses, or an old connection could not be ended for sure.
    fn connect<'a>(
        &'a self,
        request: ConnectRequest<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn RemoteLane>, RemoteError>>;
}

/// What a new connection is asked to be.
#[derive(Clone, Copy, Debug)]
pub struct ConnectRequest<'a> {
    /// The name of this home's connections: a connection with another name is never ended.
    pub name: &'a str,
    /// Connections on which writes may still be under way.
    pub fence: &'a [ConnectionId],
}

/// A connection as the store numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// A connection that carries the writes of one lane. Dropping it closes it.
pub trait RemoteLane: fmt::Debug + Send {
    /// What to fence when the fate of a batch on this connection is not known.
    fn id(&self) -> ConnectionId;

    /// Applies `batch` in its order: one result a write.
    ///
    /// Batches are sent in the order of the calls, also while earlier ones are under way. The
    /// caller limits the time.
    ///
    /// # Errors
    /// The outer error means that the fate of every write in the batch is unknown; the caller
    /// gives the connection up. The inner ones say that the write has not been applied, and why.
    fn apply(&mut self, batch: Vec<RemoteWrite>) -> BoxFuture<'static, RemoteResults>;
}

/// A value at the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteValue {
    /// The bytes.
    pub value: Bytes,
    /// When it expires, in milliseconds since the Unix epoch; `None`: never.
    pub expires_at: Option<u64>,
}

/// One write of a batch. Writes are absolute: applying one twice is applying it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteWrite {
    /// `SET`, with `PXAT` when it expires.
    Set {
        /// The key.
        key: Bytes,
        /// The value.
        value: Bytes,
        /// When it expires, in milliseconds since the Unix epoch; `None`: never.
        expires_at: Option<u64>,
    },
    /// `DEL`.
    Delete {
        /// The key.
        key: Bytes,
    },
}

impl RemoteWrite {
    /// The key that is written.
    #[must_use]
    pub fn key(&self) -> &Bytes {
        match self {
            Self::Set { key, .. } | Self::Delete { key } => key,
        }
    }

    /// About how many bytes it takes on the wire.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Set { key, value, .. } => key.len() + value.len() + 64,
            Self::Delete { key } => key.len() + 32,
        }
    }
}
