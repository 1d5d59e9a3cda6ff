//! A safe Rust API of the WiredTiger storage engine.
#![doc = include_str!("../README.md")]

mod config;
mod connection;
mod cursor;
mod error;
mod events;
mod home;
mod name;
mod options;
mod pack;
mod pool;
mod range;
mod raw;
mod session;
mod snapshot;
mod space;
mod table;
mod transaction;
mod value_ref;
mod writes;

pub use bytesize::ByteSize;

pub use connection::Connection;
pub use cursor::{Cursor, CursorMut};
pub use error::{Error, ErrorKind, Result};
pub use options::{
    CheckpointOptions, CheckpointPolicy, Compressor, ConnectionOptions, Durability,
    EvictionOptions, Isolation, LogOptions, Preset, SessionOptions, Statistics, TableOptions,
    TransactionOptions,
};
pub use pack::{Bits, Format, Pack, PackAs, RecordNumber, Row, RowIter, Value};
pub use pool::{PooledSession, SessionPool};
pub use range::{OwnedRange, Range};
pub use session::Session;
pub use snapshot::Snapshot;
pub use space::{CompactOptions, TableSpace};
pub use table::Table;
pub use transaction::Transaction;
pub use value_ref::ValueRef;
