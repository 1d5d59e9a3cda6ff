//! RocksDB, as its wiki recommends on the page "Setup Options and Basic Tuning": a shared block
//! cache, Bloom filters of ten bits a key, blocks of 16 KB with index and filter in the cache,
//! dynamic level sizes, several background jobs, smooth writing. The block cache is the clock
//! cache, which its authors recommend over the LRU one.
//!
//! Beside it the same with blocks of 4 KB, the size that it has when nobody says anything: point
//! reads of data that fits in the cache are faster with them.

use std::hint::black_box;
use std::path::Path;

use anyhow::{Context, Result};
use rust_rocksdb::{
    BlockBasedOptions, Cache, DB, DBCompactionPri, DBCompressionType, DBRawIterator, FlushOptions,
    Options, ReadOptions, WaitForCompactOptions, WriteOptions,
};

use super::{Reads, Store, Worker, is_there};
use crate::engines::shape::{Durability, Shape};

const MIB: u64 = 1 << 20;

/// The size of a block.
#[derive(Clone, Copy)]
pub(super) enum Blocks {
    /// As the guide says.
    Kib16,
    /// RocksDB's default.
    Kib4,
}

impl Blocks {
    fn kib(self) -> usize {
        match self {
            Self::Kib16 => 16,
            Self::Kib4 => 4,
        }
    }
}

pub(super) fn setup(shape: &Shape, blocks: Blocks) -> String {
    let log = match shape.durability {
        Durability::None => "WAL off",
        Durability::Process => "WAL, sync off (default)",
        Durability::Disk => "WAL, sync on",
    };
    format!(
        "{log}; HyperClockCache, Bloom 10 bits, blocks of {} KB, index and filter cached and \
         pinned in L0, dynamic level bytes, 6 background jobs, 1 MB bytes_per_sync, 64 MB \
         memtables on top of the cache",
        blocks.kib()
    )
}

pub(super) struct Rocksdb {
    database: DB,
    write: WriteOptions,
}

impl Rocksdb {
    pub(super) fn open(dir: &Path, shape: &Shape, size: Blocks) -> Result<Self> {
        let mut blocks = BlockBasedOptions::default();
        blocks.set_block_cache(&Cache::new_hyper_clock_cache(
            usize::try_from(shape.cache)?,
            0,
        ));
        blocks.set_block_size(size.kib() * 1024);
        blocks.set_bloom_filter(10.0, false);
        blocks.set_cache_index_and_filter_blocks(true);
        blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
        let mut options = Options::default();
        options.create_if_missing(true);
        options.set_block_based_table_factory(&blocks);
        options.set_level_compaction_dynamic_level_bytes(true);
        options.set_max_background_jobs(6);
        options.set_bytes_per_sync(MIB);
        options.set_compaction_pri(DBCompactionPri::MinOverlappingRatio);
        options.set_compression_type(if shape.compressed {
            DBCompressionType::Lz4
        } else {
            DBCompressionType::None
        });
        let mut write = WriteOptions::default();
        write.disable_wal(shape.durability == Durability::None);
        write.set_sync(shape.durability == Durability::Disk);
        let database = DB::open(&options, dir)?;
        Ok(Self { database, write })
    }
}

impl Store for Rocksdb {
    fn worker(&self) -> Result<Box<dyn Worker + '_>> {
        Ok(Box::new(RocksdbWorker {
            store: self,
            read: ReadOptions::default(),
        }))
    }

    fn settle(&self) -> Result<()> {
        self.database.flush_opt(&FlushOptions::default())?;
        Ok(self
            .database
            .wait_for_compact(&WaitForCompactOptions::default())?)
    }
}

struct RocksdbWorker<'a> {
    store: &'a Rocksdb,
    read: ReadOptions,
}

impl RocksdbWorker<'_> {
    /// Goes on from where the iterator is.
    fn walk<'d>(
        mut entries: DBRawIterator<'d>,
        limit: usize,
        step: fn(&mut DBRawIterator<'d>),
    ) -> Result<usize> {
        let mut count = 0;
        while count < limit && entries.valid() {
            black_box(entries.item());
            count += 1;
            step(&mut entries);
        }
        entries.status().context("an iterator")?;
        Ok(count)
    }
}

impl Worker for RocksdbWorker<'_> {
    fn get(&mut self, key: &[u8]) -> Result<bool> {
        get(&self.store.database, key, &self.read)
    }

    fn in_snapshot(&mut self, reads: &mut Reads<'_>) -> Result<()> {
        let database = &self.store.database;
        let snapshot = database.snapshot();
        let mut read = ReadOptions::default();
        read.set_snapshot(&snapshot);
        reads(&mut |key| get(database, key, &read))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        Ok(self.store.database.put_opt(key, value, &self.store.write)?)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        Ok(self.store.database.delete_opt(key, &self.store.write)?)
    }

    fn scan(&mut self, from: Option<&[u8]>, limit: usize) -> Result<usize> {
        let mut entries = self.store.database.raw_iterator();
        match from {
            Some(from) => entries.seek(from),
            None => entries.seek_to_first(),
        }
        Self::walk(entries, limit, DBRawIterator::next)
    }

    fn scan_back(&mut self, limit: usize) -> Result<usize> {
        let mut entries = self.store.database.raw_iterator();
        entries.seek_to_last();
        Self::walk(entries, limit, DBRawIterator::prev)
    }
}

fn get(database: &DB, key: &[u8], read: &ReadOptions) -> Result<bool> {
    Ok(is_there(database.get_pinned_opt(key, read)?.as_deref()))
}
