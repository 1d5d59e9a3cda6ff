//! All caches with the same rows, for reads.

use std::path::Path;

use anyhow::{Result, ensure};
use foyer::HybridCachePolicy;
use tempfile::TempDir;
use tiered_cache::{ByteSize, MemoryRemote, RedisRemote, SetOptions, TieredCache};

use super::ops::{read, read_engine, read_redis};
use super::rivals::{FOYER, Foyer, MOKA, Moka};
use super::{CACHE, ENGINE, LONG, REDIS, fill, open_with, runtime, settle};
use crate::engine::Engine;
use crate::measure::{Contender, Sample, at_once};
use crate::redis_server::RedisServer;
use crate::rows::Rows;

/// The contenders, with the same rows.
pub(super) struct Stage {
    pub(super) rows: Rows,
    pub(super) cache: TieredCache,
    pub(super) engine: Engine,
    pub(super) redis: RedisServer,
    pub(super) foyer: Foyer,
    /// Only where the rows fit.
    moka: Option<Moka>,
    pub(super) cache_folder: TempDir,
    pub(super) engine_folder: TempDir,
}

/// Who reads what in a round.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) threads: usize,
    /// Operations of those that answer within a microsecond or some.
    pub(super) ops: usize,
    /// By round, thread and number of operations: which rows.
    pub(super) order: &'a (dyn Fn(usize, usize, usize) -> Vec<usize> + Sync),
}

/// Reads the rows of these numbers, one after the other.
type Reads<'a> = Box<dyn Fn(&[usize]) -> Result<Sample> + Sync + 'a>;

impl Stage {
    /// Gives each of them `memory`, and all rows.
    pub(super) fn set(rows: Rows, memory: ByteSize, fits: bool) -> Result<Self> {
        let redis = RedisServer::start()?;
        let cache_folder = tempfile::tempdir()?;
        let cache = filled_cache(cache_folder.path(), &redis, &rows, memory)?;
        let engine_folder = tempfile::tempdir()?;
        let engine = filled_engine(engine_folder.path(), &rows, memory)?;
        let foyer = Foyer::open(memory, &rows, HybridCachePolicy::WriteOnEviction)?;
        foyer.fill(&rows)?;
        let moka = fits.then(|| Moka::new(memory));
        if let Some(moka) = &moka {
            runtime()?.block_on(moka.fill(&rows))?;
        }
        Ok(Self {
            rows,
            cache,
            engine,
            redis,
            foyer,
            moka,
            cache_folder,
            engine_folder,
        })
    }

    /// All of them, reading as `plan` says; each is told before its round that it is about to
    /// begin.
    pub(super) fn readers<'a>(
        &'a self,
        plan: Plan<'a>,
        before: &'a dyn Fn(&'static str) -> Result<()>,
    ) -> Vec<Contender<'a>> {
        let contender = |engine, ops: usize, reads: Reads<'a>| {
            Contender::new(engine, move |round| {
                before(engine)?;
                at_once(plan.threads, |thread| {
                    reads(&(plan.order)(round, thread, ops))
                })
            })
        };
        let mut contenders = vec![
            contender(CACHE, plan.ops, Box::new(|order| self.cache_reads(order))),
            contender(
                ENGINE,
                plan.ops,
                Box::new(|order| read_engine(&self.engine, &self.rows, order)),
            ),
            contender(
                FOYER,
                plan.ops,
                Box::new(|order| self.foyer.reads(&self.rows, order)),
            ),
        ];
        if let Some(moka) = &self.moka {
            let reads = |order: &[usize]| {
                let get = async |key: &[u8]| Ok(moka.get(key).await);
                runtime()?.block_on(read(&self.rows, order, get))
            };
            contenders.push(contender(MOKA, plan.ops, Box::new(reads)));
        }
        // With more threads it is the server that is measured.
        if plan.threads == 1 {
            contenders.push(contender(
                REDIS,
                // A round trip is worth many hits.
                (plan.ops / 20).max(500),
                Box::new(|order| read_redis(&self.redis, &self.rows, order)),
            ));
        }
        contenders
    }

    fn cache_reads(&self, order: &[usize]) -> Result<Sample> {
        let get = async |key: &[u8]| Ok(self.cache.get(key).await?);
        let sample = runtime()?.block_on(read(&self.rows, order, get))?;
        ensure!(self.cache.stats().misses == 0, "a hit was none");
        Ok(sample)
    }
}

/// A cache with all rows, clean and in pages as they are read from the disk; `redis` has them, too.
pub(super) fn filled_cache(
    home: &Path,
    redis: &RedisServer,
    rows: &Rows,
    memory: ByteSize,
) -> Result<TieredCache> {
    let cache = runtime()?.block_on(async {
        let remote = RedisRemote::new(redis.url())?;
        let cache = open_with(home, remote, memory).await?;
        fill(&cache, rows, SetOptions::new()).await?;
        settle(&cache).await?;
        cache.close(LONG).await?;
        // The remote is empty from now on: what is not a local hit does not go unnoticed.
        let cache = open_with(home, MemoryRemote::new(), memory).await?;
        for (key, _) in rows.iter() {
            cache.get(key).await?;
        }
        anyhow::Ok(cache)
    })?;
    ensure!(redis.keys()? == rows.len(), "Redis has not got all keys");
    Ok(cache)
}

/// The bare engine with all rows, in pages as they are read from the disk.
pub(super) fn filled_engine(home: &Path, rows: &Rows, memory: ByteSize) -> Result<Engine> {
    let engine = Engine::filled(home, memory, rows)?;
    let session = engine.connection.open_session()?;
    for (key, _) in rows.iter() {
        session.contains_key(&engine.rows, key)?;
    }
    drop(session);
    Ok(engine)
}
