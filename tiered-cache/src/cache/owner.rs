//! Who starts and ends the parts of a cache.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::Runtime;

use super::core::Core;
use super::keeper::Keeper;
use super::upkeep::Upkeep;
use crate::error::{Error, Result};
use crate::feed::Herald;
use crate::syncer::Syncer;
use crate::write_behind::Flusher;

/// How long closing waits for calls that are inside the engine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The threads of a cache. They end when it is closed, or when its last handle goes.
pub(crate) struct Owner {
    pub(super) core: Arc<Core>,
    pub(super) parts: Mutex<Option<Parts>>,
    /// Ends with the last handle, not with the closing: calls that wait need its clock.
    pub(super) runtime: Mutex<Option<Runtime>>,
}

/// In the order in which they end.
pub(super) struct Parts {
    pub(super) flusher: Flusher,
    pub(super) upkeep: Upkeep,
    pub(super) keeper: Keeper,
    pub(super) syncer: Syncer,
    pub(super) herald: Herald,
}

impl Owner {
    /// Stops the threads and closes the engine. What is dirty stays so.
    pub(super) fn shut_down(&self) -> Result<()> {
        let Some(parts) = self.parts.lock().take() else {
            return Err(Error::Closed);
        };
        let Parts {
            mut flusher,
            upkeep,
            keeper,
            syncer,
            herald,
        } = parts;
        flusher.stop();
        drop(flusher);
        drop(upkeep);
        drop(keeper);
        // From here on every new call is refused.
        let Some(mut local) = self.core.local.swap(None) else {
            return Err(Error::Closed);
        };
        drop(syncer);
        self.core.snapshots.close();
        let since = Instant::now();
        loop {
            // Calls that are inside finish first.
            local = match Arc::try_unwrap(local) {
                Ok(local) => {
                    // No call is left that could change anything: watchers have all of it.
                    drop(herald);
                    return local.close();
                }
                Err(local) if since.elapsed() > PATIENCE => {
                    let calls = Arc::strong_count(&local) - 1;
                    return Err(Error::Internal(format!(
                        "{calls} calls are still inside the engine after {PATIENCE:?}; the last \
                         of them will close it"
                    )));
                }
                Err(local) => local,
            };
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends everything, on a thread of its own: the caller may be inside a runtime, where nothing
    /// may block.
    pub(super) fn drop_all(&self) {
        let runtime = self.runtime.lock().take();
        std::thread::scope(|scope| {
            let ending = std::thread::Builder::new()
                .name("cache-close".to_owned())
                .spawn_scoped(scope, || match self.shut_down() {
                    Ok(()) | Err(Error::Closed) => {}
                    Err(error) => tracing::error!(%error, "closing a dropped cache failed"),
                });
            if let Err(error) = ending {
                tracing::error!(%error, "a dropped cache cannot be closed");
            }
        });
        if let Some(runtime) = runtime {
            runtime.shutdown_background();
        }
    }
}
