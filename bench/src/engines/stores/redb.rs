//! redb.
//!
//! It has two levels: a commit that is flushed, and one that only a later flushed commit makes
//! last. Where the others survive a kill, redb is therefore given the weaker of the two, in its
//! favour.

use std::hint::black_box;
use std::path::Path;

use anyhow::Result;
use redb::{
    AccessGuard, Database, Durability as Level, ReadOnlyTable, ReadableDatabase, ReadableTable,
    TableDefinition, WriteTransaction,
};

use super::{Reads, Store, Worker, is_there, walk};
use crate::engines::shape::{Durability, Shape};

const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");

pub(super) fn setup(shape: &Shape) -> String {
    let level = match level(shape.durability) {
        Level::Immediate => "Durability::Immediate",
        _ => "Durability::None (a kill loses writes: there is no level between)",
    };
    format!("{level}; cannot compress")
}

fn level(durability: Durability) -> Level {
    match durability {
        Durability::Disk => Level::Immediate,
        Durability::None | Durability::Process => Level::None,
    }
}

pub(super) struct Redb {
    database: Database,
    durability: Durability,
}

impl Redb {
    pub(super) fn open(dir: &Path, shape: &Shape) -> Result<Self> {
        let database = Database::builder()
            .set_cache_size(usize::try_from(shape.cache)?)
            .create(dir.join("rows.redb"))?;
        let store = Self {
            database,
            durability: shape.durability,
        };
        let txn = store.database.begin_write()?;
        txn.open_table(ROWS)?;
        txn.commit()?;
        Ok(store)
    }

    fn write(&self, work: impl FnOnce(&WriteTransaction) -> Result<()>) -> Result<()> {
        let mut txn = self.database.begin_write()?;
        txn.set_durability(level(self.durability))?;
        work(&txn)?;
        Ok(txn.commit()?)
    }
}

impl Store for Redb {
    fn worker(&self) -> Result<Box<dyn Worker + '_>> {
        Ok(Box::new(RedbWorker(self)))
    }

    fn settle(&self) -> Result<()> {
        // A flushed commit takes all before it along.
        Ok(self.database.begin_write()?.commit()?)
    }
}

struct RedbWorker<'a>(&'a Redb);

impl Worker for RedbWorker<'_> {
    fn get(&mut self, key: &[u8]) -> Result<bool> {
        let table = self.0.database.begin_read()?.open_table(ROWS)?;
        get(&table, key)
    }

    fn in_snapshot(&mut self, reads: &mut Reads<'_>) -> Result<()> {
        let table = self.0.database.begin_read()?.open_table(ROWS)?;
        reads(&mut |key| get(&table, key))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.0.write(|txn| {
            txn.open_table(ROWS)?.insert(key, value)?;
            Ok(())
        })
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.0.write(|txn| {
            txn.open_table(ROWS)?.remove(key)?;
            Ok(())
        })
    }

    fn scan(&mut self, from: Option<&[u8]>, limit: usize) -> Result<usize> {
        let table = self.0.database.begin_read()?.open_table(ROWS)?;
        let range = match from {
            Some(from) => table.range(from..)?,
            None => table.iter()?,
        };
        walk(range, limit, look)
    }

    fn scan_back(&mut self, limit: usize) -> Result<usize> {
        let table = self.0.database.begin_read()?.open_table(ROWS)?;
        walk(table.iter()?.rev(), limit, look)
    }
}

type Bytes<'a> = AccessGuard<'a, &'static [u8]>;

fn get(table: &ReadOnlyTable<&'static [u8], &'static [u8]>, key: &[u8]) -> Result<bool> {
    Ok(is_there(table.get(key)?.as_ref().map(Bytes::value)))
}

fn look((key, value): (Bytes<'_>, Bytes<'_>)) {
    black_box((key.value(), value.value()));
}
