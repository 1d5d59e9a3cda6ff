//! Versions: numbers that only grow, also from one opening to the next.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use wiredtiger::{Session, Table};

use crate::error::{Error, Result};

/// How many versions are set aside at a time. The rest of them is skipped by the next opening.
const BLOCK: u64 = 1 << 20;

const CEILING: &str = "version_ceiling";

/// Hands out versions. No version is given twice, whatever crashes: a ceiling above all of them is
/// stored before the first one below it is used.
pub(crate) struct Versions {
    last: AtomicU64,
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
        let versions = Self {
            last: AtomicU64::new(ceiling),
            ceiling: AtomicU64::new(ceiling),
            store: Mutex::new(session),
            meta,
        };
        versions.raise(ceiling + 1)?;
        Ok(versions)
    }

    /// A new version, larger than all before.
    #[inline]
    pub(crate) fn next(&self) -> Result<u64> {
        let version = self.last.fetch_add(1, Ordering::AcqRel) + 1;
        if version > self.ceiling.load(Ordering::Acquire) {
            self.raise(version)?;
        }
        Ok(version)
    }

    /// The last version that was handed out.
    pub(crate) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// Sets versions aside, `version` among them.
    #[cold]
    fn raise(&self, version: u64) -> Result<()> {
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

    #[test]
    fn no_version_is_given_twice_over_blocks_and_openings() {
        let connection = Connection::options().open_in_memory().unwrap();
        let open = || {
            let mut session = connection.open_session().unwrap();
            let meta = session.create_table("meta", &TableOptions::new()).unwrap();
            Versions::open(session, meta).unwrap()
        };
        let versions = open();
        let mut last = versions.next().unwrap();
        for _ in 0..3 {
            // To the end of the block.
            versions
                .last
                .store(versions.ceiling.load(Ordering::Relaxed), Ordering::Relaxed);
            let next = versions.next().unwrap();
            assert!(next > last);
            last = next;
            assert!(last <= versions.ceiling.load(Ordering::Relaxed));
            assert!(open().next().unwrap() > last, "opened after a crash");
        }
    }
}
