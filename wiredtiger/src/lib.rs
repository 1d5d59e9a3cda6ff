//! A safe Rust API of the WiredTiger storage engine.
#![doc = include_str!("../README.md")]

mod backup;
mod bulk;
mod checkpoint_view;
mod config;
mod connection;
pub mod cookbook;
mod cursor;
mod cursor_more;
mod dump;
mod error;
mod events;
mod fields;
mod home;
mod log;
mod maintenance;
mod metadata;
mod modify;
mod name;
mod named;
mod options;
mod pack;
mod pool;
mod prepared;
mod progress;
mod range;
mod raw;
mod sample;
mod session;
mod snapshot;
mod space;
mod statistics;
mod table;
mod timestamp;
mod transaction;
mod value_ref;
mod writes;

pub use bytesize::ByteSize;

pub use backup::{Backup, BackupId, BackupOptions, BackupReport, Piece};
pub use bulk::BulkLoader;
pub use checkpoint_view::CheckpointView;
pub use connection::Connection;
pub use cursor::{Cursor, CursorMut};
pub use dump::LoadReport;
pub use error::{Error, ErrorKind, Result};
pub use log::{Log, LogEntry, LogOperation, LogPosition, LogRecordKind};
pub use metadata::{Metadata, MetadataEntry};
pub use modify::Change;
pub use named::Named;
pub use options::{
    AccessPattern, AlterOptions, CheckpointOptions, CheckpointPolicy, CloseOptions, Compressor,
    ConnectionOptions, Durability, EvictionOptions, Isolation, LogOptions, Preset,
    ReconfigureOptions, SalvageOptions, SessionOptions, Statistics, TableOptions,
    TransactionOptions, VerifyOptions,
};
pub use pack::Pack;
pub use pool::{PooledSession, SessionPool};
pub use prepared::{PreparedTransaction, Unresolved};
pub use progress::{Cancel, Progress};
pub use range::{OwnedRange, Range};
pub use sample::Sample;
pub use session::Session;
pub use snapshot::Snapshot;
pub use space::{BackgroundCompaction, CompactOptions, TableSpace};
pub use statistics::{Statistic, StatisticKey, StatisticsIter, StatisticsLevel, Unit};
pub use table::Table;
pub use timestamp::{RollbackToStableOptions, Timestamp, TimestampOf, Timestamps};
pub use transaction::Transaction;
pub use value_ref::ValueRef;
