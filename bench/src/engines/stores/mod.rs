//! The engines, behind what all of them can do.

mod fjall;
mod lmdb;
mod redb;
#[cfg(feature = "rocksdb")]
mod rocksdb;
mod wiredtiger;
mod wiredtiger_sys;

use std::hint::black_box;
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

#[cfg(feature = "rocksdb")]
use self::rocksdb::Blocks;
pub(super) use self::wiredtiger::Settings;
use super::shape::Shape;

/// An open database with one table.
pub(crate) trait Store: Sync {
    /// What one thread works with.
    fn worker(&self) -> Result<Box<dyn Worker + '_>>;

    /// Does the work that writes have left for later, and waits for it.
    fn settle(&self) -> Result<()>;
}

/// A thread's access to a database.
pub(crate) trait Worker {
    /// Reads what is committed at this moment; whether the key is there.
    fn get(&mut self, key: &[u8]) -> Result<bool>;

    /// Has `reads` called with a lookup in one snapshot.
    fn in_snapshot(&mut self, reads: &mut Reads<'_>) -> Result<()>;

    /// Writes, and commits.
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()>;

    /// Removes, and commits.
    fn delete(&mut self, key: &[u8]) -> Result<()>;

    /// Reads keys and values from `from` on, or from the first, up to `limit`; how many there were.
    fn scan(&mut self, from: Option<&[u8]>, limit: usize) -> Result<usize>;

    /// The same from the last backwards.
    fn scan_back(&mut self, limit: usize) -> Result<usize>;
}

/// Work with a lookup.
pub(crate) type Reads<'a> = dyn FnMut(&mut dyn FnMut(&[u8]) -> Result<bool>) -> Result<()> + 'a;

/// Goes through entries, up to `limit`, and has each looked at; how many there were.
fn walk<T, E: std::error::Error + Send + Sync + 'static>(
    entries: impl Iterator<Item = Result<T, E>>,
    limit: usize,
    look: impl Fn(T),
) -> Result<usize> {
    let mut count = 0;
    for entry in entries.take(limit) {
        look(entry.context("an entry")?);
        count += 1;
    }
    Ok(count)
}

/// Looks at a value; whether there is one.
#[inline]
fn is_there(value: Option<&[u8]>) -> bool {
    value.is_some_and(|value| !black_box(value).is_empty())
}

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
pub(crate) enum Engine {
    #[value(name = "wiredtiger")]
    WiredTiger,
    #[value(name = "wiredtiger-sys")]
    WiredTigerSys,
    #[cfg(feature = "rocksdb")]
    #[value(name = "rocksdb")]
    RocksDb,
    /// With smaller blocks than its guide says.
    #[cfg(feature = "rocksdb")]
    #[value(name = "rocksdb-4k")]
    RocksDb4k,
    Lmdb,
    Redb,
    Fjall,
}

impl Engine {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::WiredTiger => "WiredTiger (safe)",
            Self::WiredTigerSys => "WiredTiger (C API)",
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => "RocksDB",
            #[cfg(feature = "rocksdb")]
            Self::RocksDb4k => "RocksDB (4 KB blocks)",
            Self::Lmdb => "LMDB (heed)",
            Self::Redb => "redb",
            Self::Fjall => "fjall",
        }
    }

    /// As its guide says: what the promises are about.
    pub(crate) fn is_rocksdb(self) -> bool {
        match self {
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => true,
            _ => false,
        }
    }

    /// Whether it is a second setup of an engine.
    pub(crate) fn is_variant(self) -> bool {
        match self {
            #[cfg(feature = "rocksdb")]
            Self::RocksDb4k => true,
            _ => false,
        }
    }

    /// How it is set up for a shape, for the report.
    pub(crate) fn setup(self, shape: &Shape) -> String {
        match self {
            Self::WiredTiger => wiredtiger::setup(shape),
            Self::WiredTigerSys => wiredtiger_sys::setup(shape),
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => rocksdb::setup(shape, Blocks::Kib16),
            #[cfg(feature = "rocksdb")]
            Self::RocksDb4k => rocksdb::setup(shape, Blocks::Kib4),
            Self::Lmdb => lmdb::setup(shape),
            Self::Redb => redb::setup(shape),
            Self::Fjall => fjall::setup(shape),
        }
    }

    /// Opens the database in a folder that is there; creates it when there is none. The settings are
    /// WiredTiger's.
    pub(crate) fn open(
        self,
        dir: &Path,
        shape: &Shape,
        settings: &Settings,
    ) -> Result<Box<dyn Store>> {
        Ok(match self {
            Self::WiredTiger => Box::new(wiredtiger::Wiredtiger::open(dir, shape, settings)?),
            Self::WiredTigerSys => Box::new(wiredtiger_sys::ByHand::open(dir, shape)?),
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => Box::new(rocksdb::Rocksdb::open(dir, shape, Blocks::Kib16)?),
            #[cfg(feature = "rocksdb")]
            Self::RocksDb4k => Box::new(rocksdb::Rocksdb::open(dir, shape, Blocks::Kib4)?),
            Self::Lmdb => Box::new(lmdb::Lmdb::open(dir, shape)?),
            Self::Redb => Box::new(redb::Redb::open(dir, shape)?),
            Self::Fjall => Box::new(fjall::Fjall::open(dir, shape)?),
        })
    }
}

#[cfg(test)]
mod tests;
