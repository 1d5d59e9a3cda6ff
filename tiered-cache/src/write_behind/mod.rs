//! The way of writes to the remote.
//!
//! Each lane is a thread that takes dirty records in batches, reads the rows as they are then, sends
//! them on its connection, and removes the records whose last version the remote has acknowledged.
//! Nothing is removed before that.

mod backoff;
mod batch;
mod dead_letters;
mod fence;
mod lane;
mod recovery;
mod status;
mod supervisor;

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::FlushConfig;
use crate::counters::Counters;
use crate::local::Local;
use crate::local::dirty::DirtySet;
use crate::remote::RemoteStore;

pub use self::dead_letters::DeadLetter;
pub use self::status::{LaneState, LaneStatus};

pub(crate) use self::backoff::Backoff;
pub(crate) use self::dead_letters::{discard, forget_discarded, list, retry};
pub(crate) use self::fence::Fences;
pub(crate) use self::recovery::recover;
pub(crate) use self::status::LaneBoard;
pub(crate) use self::supervisor::Flusher;

/// What the lanes of one cache share.
pub(crate) struct Context {
    pub(crate) local: Arc<Local>,
    pub(crate) dirty: Arc<DirtySet>,
    pub(crate) remote: Arc<dyn RemoteStore>,
    pub(crate) config: FlushConfig,
    pub(crate) counters: Arc<Counters>,
    pub(crate) board: Arc<LaneBoard>,
    pub(crate) fences: Fences,
    pub(crate) stop: watch::Receiver<bool>,
}
