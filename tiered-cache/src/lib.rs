//! A two-level cache: local WiredTiger, remote Redis, crash-safe write-behind.
#![doc = include_str!("../README.md")]

pub mod blocking;
mod breaker;
mod cache;
mod clock;
pub mod codec;
mod config;
mod counters;
mod error;
pub mod eviction;
mod feed;
mod local;
mod remote;
mod single_flight;
mod snapshot;
mod syncer;
mod typed;
mod write_behind;

pub use bytes::Bytes;
pub use bytesize::ByteSize;

pub use cache::{
    Answer, Builder, Condition, Current, DeadLetters, Expiry, FlushBarrier, FlushReport, Peek,
    Peeks, ReadOptions, SetOptions, Source, Stats, SyncState, TieredCache, Ttl, Update, Write,
    Written,
};
pub use config::{
    Compression, Config, ConflictPolicy, Durability, FeedConfig, FlushConfig, LocalConfig, OnStale,
    ReadConfig, ReadModifyWrite, WriteConfig,
};
pub use error::{Error, Limit, Result};
pub use feed::{Event, EventKind, Watch};
pub use local::{Origin, Replaced};
pub use remote::{
    Applied, ConnectRequest, ConnectionId, Fault, MemoryRemote, Password, RawConnection,
    RedisConfig, RedisRemote, RedisTls, RemoteAnswers, RemoteError, RemoteErrorKind, RemoteLane,
    RemoteReply, RemoteResults, RemoteStore, RemoteValue, RemoteWrite,
};
pub use snapshot::{Entry, Scan, Snapshot};
pub use typed::TypedCache;
pub use write_behind::{DeadLetter, LaneState, LaneStatus};

/// The examples of the repository's README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
