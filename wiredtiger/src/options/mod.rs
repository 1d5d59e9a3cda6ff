//! Options: what is set when a database, session, table or transaction begins.

mod callbacks;
mod checkpoint;
mod connection;
mod eviction;
mod preset;
mod session;
mod shape;
mod storage;
mod table;
mod transaction;
mod tuning;

pub use checkpoint::CheckpointOptions;
pub use connection::{CheckpointPolicy, ConnectionOptions, LogOptions, Statistics};
pub use eviction::EvictionOptions;
pub use preset::Preset;
pub use session::SessionOptions;
pub use storage::{AccessPattern, Checksum};
pub use table::{Compressor, TableOptions};
pub use transaction::{Durability, Isolation, TransactionOptions};
