//! LMDB, through heed.
//!
//! Its documentation names `MDB_NOSYNC` as what trades the flush at each commit for a loss at a
//! crash of the system. Read-ahead is off for data that does not fit in memory, as it says there.

use std::hint::black_box;
use std::ops::Bound;
use std::path::Path;

use anyhow::Result;
use heed::types::Bytes;
use heed::{CommitOrAbort, Database, Env, EnvFlags, EnvOpenOptions};

use super::{Reads, Store, Worker, is_there, walk};
use crate::engines::shape::{Durability, Shape};

/// Address space, not memory: the file grows as it is written.
const MAP_SIZE: usize = 64 << 30;

pub(super) fn setup(shape: &Shape) -> String {
    let sync = match shape.durability {
        Durability::Disk => "commits are flushed",
        Durability::None | Durability::Process => "MDB_NOSYNC (a kill loses nothing)",
    };
    format!("{sync}; no cache of its own: all memory the system has for files; cannot compress")
}

pub(super) struct Lmdb {
    env: Env,
    rows: Database<'static, Bytes, Bytes>,
}

impl Lmdb {
    pub(super) fn open(dir: &Path, shape: &Shape) -> Result<Self> {
        let mut options = EnvOpenOptions::new();
        options.map_size(MAP_SIZE).max_readers(16);
        let mut flags = EnvFlags::empty();
        if shape.durability != Durability::Disk {
            flags |= EnvFlags::NO_SYNC;
        }
        // SAFETY: without NO_SYNC a crash of the system loses what this benchmark wrote, no more.
        unsafe { options.flags(flags) };
        // SAFETY: nobody else opens or changes the file, which lies in a folder of our own.
        let env = unsafe { options.open(dir) }?;
        let rows = env
            .create_databases_and_commit(env.write_txn()?, |opener, txn| {
                let rows = opener.create_database(txn, None)?;
                heed::Result::Ok(CommitOrAbort::<_, ()>::Commit(rows))
            })?
            .unwrap_commit();
        Ok(Self { env, rows })
    }
}

impl Store for Lmdb {
    fn worker(&self) -> Result<Box<dyn Worker + '_>> {
        Ok(Box::new(LmdbWorker(self)))
    }

    fn settle(&self) -> Result<()> {
        Ok(self.env.force_sync()?)
    }
}

struct LmdbWorker<'a>(&'a Lmdb);

impl Worker for LmdbWorker<'_> {
    fn get(&mut self, key: &[u8]) -> Result<bool> {
        let txn = self.0.env.read_txn()?;
        Ok(is_there(self.0.rows.get(&txn, key)?))
    }

    fn in_snapshot(&mut self, reads: &mut Reads<'_>) -> Result<()> {
        let txn = self.0.env.read_txn()?;
        reads(&mut |key| Ok(is_there(self.0.rows.get(&txn, key)?)))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let mut txn = self.0.env.write_txn()?;
        self.0.rows.put(&mut txn, key, value)?;
        Ok(txn.commit()?)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        let mut txn = self.0.env.write_txn()?;
        self.0.rows.delete(&mut txn, key)?;
        Ok(txn.commit()?)
    }

    fn scan(&mut self, from: Option<&[u8]>, limit: usize) -> Result<usize> {
        let txn = self.0.env.read_txn()?;
        let bounds = (
            from.map_or(Bound::Unbounded, Bound::Included),
            Bound::Unbounded,
        );
        walk(self.0.rows.range(&txn, &bounds)?, limit, look)
    }

    fn scan_back(&mut self, limit: usize) -> Result<usize> {
        let txn = self.0.env.read_txn()?;
        walk(self.0.rows.rev_iter(&txn)?, limit, look)
    }
}

fn look(entry: (&[u8], &[u8])) {
    black_box(entry);
}
