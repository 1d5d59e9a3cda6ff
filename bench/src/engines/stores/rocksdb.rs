//! RocksDB, as its wiki recommends on the page "Setup Options and Basic Tuning": a shared block
//! cache, Bloom filters of ten bits a key, blocks of 16 KB with index and filter in the cache,
//! dynamic level sizes, several background jobs, smooth writing. Blocks are 4 KB (its default) for
//! data that fits in the cache, where they make point reads faster. The block cache is the clock
//! cache, which its authors recommend over the LRU one.

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

pub(super) fn setup(shape: &Shape) -> String {
    let log = match shape.durability {
        Durability::None => "WAL off",
        Durability::Process => "WAL, sync off (default)",
        Durability::Disk => "WAL, sync on",
    };
    format!(
        "{log}; HyperClockCache, Bloom 10 bits, blocks of {} KB, index and filter cached and \
         pinned in L0, dynamic level bytes, 6 background jobs, 1 MB bytes_per_sync, 64 MB \
         memtables on top of the cache",
        block_size(shape) / 1024
    )
}

fn fits(shape: &Shape) -> bool {
    shape.rows as u64 * (shape.value_len as u64 + 16) < shape.cache
}

fn block_size(shape: &Shape) -> usize {
    if fits(shape) { 4096 } else { 16 * 1024 }
}

pub(super) struct Rocksdb {
    database: DB,
    write: WriteOptions,
}

impl Rocksdb {
    pub(super) fn open(dir: &Path, shape: &Shape) -> Result<Self> {
        let mut blocks = BlockBasedOptions::default();
        blocks.set_block_cache(&Cache::new_hyper_clock_cache(
            usize::try_from(shape.cache)?,
            0,
        ));
        blocks.set_block_size(block_size(shape));
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
