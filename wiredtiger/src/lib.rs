//! A safe Rust API of the WiredTiger storage engine.
#![doc = include_str!("../README.md")]

mod backup;
mod bulk;
mod callbacks;
mod checkpoint_view;
mod column_store;
mod config;
mod connection;
pub mod cookbook;
mod creation;
mod cursor;
mod cursor_more;
mod dump;
mod dynamic;
mod error;
mod events;
mod fields;
mod home;
mod index;
mod index_cursor;
mod join;
mod join_conditions;
mod log;
mod maintenance;
mod metadata;
mod modify;
mod name;
mod named;
mod options;
mod pack;
mod pool;
mod prefix;
mod prepared;
mod progress;
mod projection;
mod range;
mod raw;
mod row_cursor;
mod row_join;
mod row_writes;
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
pub use bulk::{BulkLoader, RowLoader};
pub use callbacks::{Collate, Compress, Encrypt, Extract, ExtractedKeys};
pub use checkpoint_view::CheckpointView;
pub use column_store::Appender;
pub use connection::Connection;
pub use cursor::{Cursor, CursorMut};
pub use dump::{DumpFormat, DumpOptions, LoadReport};
pub use dynamic::{DynTable, RowRef};
pub use error::{Error, ErrorKind, Result};
pub use index::{Index, IndexOptions};
pub use index_cursor::IndexCursor;
pub use join::{Comparison, Join, Satisfy};
pub use log::{Log, LogEntry, LogOperation, LogPosition, LogRecordKind};
pub use metadata::{Metadata, MetadataEntry};
pub use modify::{Change, Modify};
pub use named::Named;
pub use options::{
    AccessPattern, AlterOptions, CheckpointOptions, CheckpointPolicy, Checksum, CloseOptions,
    Compressor, ConnectionOptions, Durability, EvictionOptions, Isolation, LogOptions, Preset,
    ReconfigureOptions, SalvageOptions, SessionOptions, Statistics, TableOptions,
    TransactionOptions, VerifyOptions,
};
pub use pack::{Bits, Format, Pack, PackAs, RecordNumber, Row, RowIter, Value};
pub use pool::{PooledSession, SessionPool};
pub use prefix::PrefixKey;
pub use prepared::{PreparedTransaction, Unresolved};
pub use progress::{Cancel, Progress};
pub use projection::Projection;
pub use range::{OwnedRange, Range};
pub use row_cursor::{RowCursor, RowCursorMut};
pub use row_join::RowJoin;
pub use sample::Sample;
pub use session::Session;
pub use snapshot::Snapshot;
pub use space::{BackgroundCompaction, CompactOptions, TableSpace};
pub use statistics::{Statistic, StatisticKey, StatisticsIter, StatisticsLevel, Unit};
pub use table::Table;
pub use timestamp::{RollbackToStableOptions, Timestamp, TimestampOf, Timestamps};
pub use transaction::Transaction;
pub use value_ref::ValueRef;
