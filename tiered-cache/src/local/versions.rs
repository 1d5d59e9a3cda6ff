//! Versions: numbers that only grow, also from one opening to the next.
//!
//! The feed counts them; this keeps the ceiling above all of them, on disk.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use wiredtiger::{Session, Table};

use crate::error::{Error, Result};

/// How many versions are set aside at a time. The rest of them is skipped by the next opening.
const BLOCK: u64 = 1 << 20;

const CEILING: &str = "version_ceiling";

/// The bound of versions. None is given twice, whatever crashes: a ceiling above all of them is
/// stored before the first one below it is used.
pub(crate) struct Versions {
    /// All versions of earlier openings are below it.
    start: u64,
    ceiling: AtomicU64,
    store: Mutex<Session>,
    meta: Table<String, Vec<u8>>,
}

impl Versions {
    pub(crate) fn open(session: Session, meta: Table<String, Vec<u8>>) -> Result<Self> {
        let ceiling = match session.get_owned(&meta, CEILING)? {
            None => 0,
            Some(bytes) => bytes.try_into().map(u64::from_le_bytes).map_err(|bytes| {
                Error::Corrupt(format!("the stored version ceiling is {bytes:?}"))
            })?,
        };
        // One is left out, so that no watcher takes the last version of an earlier opening, whose
        // change a crash may have taken back, for the first one of this; and 0 is none at all.
        let start = ceiling + 1;
        let versions = Self {
            start,
            ceiling: AtomicU64::new(ceiling),
            store: Mutex::new(session),
            meta,
        };
        versions.raise(start + 1)?;
        Ok(versions)
    }

    /// Versions begin after this one.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// No version above this one may be used.
    #[inline]
    pub(crate) fn ceiling(&self) -> u64 {
        self.ceiling.load(Ordering::Acquire)
    }

    /// Sets versions aside, `version` among them.
    #[cold]
    pub(crate) fn raise(&self, version: u64) -> Result<()> {
        let mut session = self.store.lock();
        if version <= self.ceiling.load(Ordering::Acquire) {
            return Ok(());
        }
        let ceiling = version + BLOCK;
        session.put(&self.meta, CEILING, &ceiling.to_le_bytes())?;
        self.ceiling.store(ceiling, Ordering::Release);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wiredtiger::{Connection, TableOptions};

    use super::*;
    use crate::config::FeedConfig;
    use crate::feed::{Attempt, Feed};

    #[test]
    fn no_version_is_given_twice_over_blocks_and_openings() {
        let connection = Connection::options().open_in_memory().unwrap();
        let open = || {
            let mut session = connection.open_session().unwrap();
            let meta = session.create_table("meta", &TableOptions::new()).unwrap();
            Versions::open(session, meta).unwrap()
        };
        let versions = open();
        let mut last = 0;
        for _ in 0..3 {
            let feed = Feed::new(&FeedConfig::default(), versions.start().max(last));
            let mut attempt = Attempt::new(&feed, &versions, 2 * BLOCK);
            // Over the end of a block.
            for _ in 0..=BLOCK {
                let next = attempt.version().unwrap();
                assert!(next > last);
                last = next;
            }
            assert!(last <= versions.ceiling());
            assert!(open().start() > last, "opened after a crash");
        }
    }
}
