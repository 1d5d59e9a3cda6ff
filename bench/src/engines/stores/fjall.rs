//! fjall.
//!
//! Its documentation: by default a write is given to the operating system before the call returns,
//! and `persist` flushes the disk. A key-value store whose reads mostly find what they look for is
//! told so by `expect_point_read_hits`.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use fjall::config::CompressionPolicy;
use fjall::{
    CompressionType, Database, Guard, Keyspace, KeyspaceCreateOptions, KvPair, PersistMode,
    Readable,
};

use super::{Reads, Store, Worker, walk};
use crate::engines::shape::{Durability, Shape};

/// How often to look whether the background work is done.
const LOOK: Duration = Duration::from_millis(20);

pub(super) fn setup(shape: &Shape) -> String {
    let journal = match shape.durability {
        Durability::None => "manual_journal_persist",
        Durability::Process => "journal to the system at each write (default)",
        Durability::Disk => "persist(SyncAll) after each write",
    };
    format!("{journal}; expect_point_read_hits; else defaults")
}

pub(super) struct Fjall {
    database: Database,
    rows: Keyspace,
    durability: Durability,
}

impl Fjall {
    pub(super) fn open(dir: &Path, shape: &Shape) -> Result<Self> {
        let unlogged = shape.durability == Durability::None;
        let compression = if shape.compressed {
            CompressionType::Lz4
        } else {
            CompressionType::None
        };
        let database = Database::builder(dir)
            .cache_size(shape.cache)
            .manual_journal_persist(unlogged)
            .open()?;
        let rows = database.keyspace("rows", || {
            KeyspaceCreateOptions::default()
                .expect_point_read_hits(true)
                .manual_journal_persist(unlogged)
                .data_block_compression_policy(CompressionPolicy::all(compression))
        })?;
        Ok(Self {
            database,
            rows,
            durability: shape.durability,
        })
    }

    fn persist(&self) -> Result<()> {
        if self.durability == Durability::Disk {
            self.database.persist(PersistMode::SyncAll)?;
        }
        Ok(())
    }
}

impl Store for Fjall {
    fn worker(&self) -> Result<Box<dyn Worker + '_>> {
        Ok(Box::new(FjallWorker(self)))
    }

    fn settle(&self) -> Result<()> {
        self.database.persist(PersistMode::SyncAll)?;
        self.rows.rotate_memtable_and_wait()?;
        // A compaction can follow another: quiet is when it stays so.
        let mut quiet = 0;
        while quiet < 5 {
            std::thread::sleep(LOOK);
            let busy =
                self.database.outstanding_flushes() > 0 || self.database.active_compactions() > 0;
            quiet = if busy { 0 } else { quiet + 1 };
        }
        Ok(())
    }
}

struct FjallWorker<'a>(&'a Fjall);

impl Worker for FjallWorker<'_> {
    fn get(&mut self, key: &[u8]) -> Result<bool> {
        Ok(black_box(self.0.rows.get(key)?).is_some())
    }

    fn in_snapshot(&mut self, reads: &mut Reads<'_>) -> Result<()> {
        let snapshot = self.0.database.snapshot();
        reads(&mut |key| Ok(black_box(snapshot.get(&self.0.rows, key)?).is_some()))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.0.rows.insert(key, value)?;
        self.0.persist()
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.0.rows.remove(key)?;
        self.0.persist()
    }

    fn scan(&mut self, from: Option<&[u8]>, limit: usize) -> Result<usize> {
        let range = match from {
            Some(from) => self.0.rows.range(from..),
            None => self.0.rows.iter(),
        };
        walk(range.map(Guard::into_inner), limit, look)
    }

    fn scan_back(&mut self, limit: usize) -> Result<usize> {
        let entries = self.0.rows.iter().rev();
        walk(entries.map(Guard::into_inner), limit, look)
    }
}

fn look(entry: KvPair) {
    black_box(entry);
}
