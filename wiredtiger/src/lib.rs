//! A safe Rust API of the WiredTiger storage engine.
#![doc = include_str!("../README.md")]

mod callbacks;
mod column_store;
mod config;
mod connection;
mod cursor;
mod dynamic;
mod error;
mod events;
mod home;
mod index;
mod join;
mod name;
mod options;
mod pack;
mod pool;
mod projection;
mod range;
mod raw;
mod row_cursor;
mod row_writes;
mod session;
mod snapshot;
mod space;
mod table;
mod transaction;
mod value_ref;
mod writes;

pub use bytesize::ByteSize;

pub use callbacks::{Collate, Compress, Encrypt, Extract, ExtractedKeys};
pub use column_store::Appender;
pub use connection::Connection;
pub use cursor::{Cursor, CursorMut};
pub use dynamic::{DynTable, RowRef};
pub use error::{Error, ErrorKind, Result};
pub use index::{Index, IndexCursor, IndexOptions};
pub use join::{Comparison, Join, Satisfy};
pub use options::{
    AccessPattern, CheckpointOptions, CheckpointPolicy, Checksum, Compressor, ConnectionOptions,
    Durability, EvictionOptions, Isolation, LogOptions, Preset, SessionOptions, Statistics,
    TableOptions, TransactionOptions,
};
pub use pack::{Bits, Format, Pack, PackAs, RecordNumber, Row, RowIter, Value};
pub use pool::{PooledSession, SessionPool};
pub use projection::Projection;
pub use range::{OwnedRange, Range};
pub use row_cursor::{RowCursor, RowCursorMut};
pub use session::Session;
pub use snapshot::Snapshot;
pub use space::{CompactOptions, TableSpace};
pub use table::Table;
pub use transaction::Transaction;
pub use value_ref::ValueRef;
