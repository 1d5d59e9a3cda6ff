//! Options: what is set when a database, session, table or transaction begins.

mod callbacks;
mod checkpoint;
mod connection;
mod eviction;
mod log;
mod maintenance;
mod preset;
mod reconfigure;
mod session;
mod shape;
mod storage;
mod table;
mod transaction;
mod tuning;
mod upkeep;

pub use checkpoint::CheckpointOptions;
pub(crate) use checkpoint::check_name;
pub use connection::ConnectionOptions;
pub use eviction::EvictionOptions;
pub use log::LogOptions;
pub use maintenance::{AccessPattern, AlterOptions, SalvageOptions, VerifyOptions};
pub use preset::Preset;
pub use reconfigure::{CloseOptions, ReconfigureOptions};
pub use session::SessionOptions;
pub use storage::Checksum;
pub use table::{Compressor, TableOptions};
pub use transaction::{Durability, Isolation, TransactionOptions};
pub use upkeep::{CheckpointPolicy, Statistics};
