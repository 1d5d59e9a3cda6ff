//! Reads that the local tier answers, beside a lookup in the bare engine and a `GET` to Redis.

use std::hint::black_box;

use anyhow::{Context, Result};
use redis::AsyncCommands;
use tempfile::TempDir;
use tiered_cache::{MemoryRemote, SetOptions, TieredCache};

use super::{CACHE, CACHE_SIZE, ENGINE, LONG, REDIS, Size, fill, open, runtime, settle, workload};
use crate::allocations;
use crate::engine::Engine;
use crate::measure::{Contender, Sample, rounds};
use crate::redis_server::RedisServer;
use crate::report::{Goal, Report};
use crate::rows::{Rows, shuffled};

/// Keys that are read most of the time.
const HOT: usize = 1000;

/// The contenders, with the same rows.
struct Stage {
    rows: Rows,
    cache: TieredCache,
    engine: Engine,
    redis: RedisServer,
    _folders: [TempDir; 2],
}

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let tables: &[usize] = if size.quick {
        &[100_000]
    } else {
        &[100_000, 1_000_000]
    };
    for keys in tables {
        let stage = Stage::set(*keys)?;
        for (what, below, threads) in [("random", *keys, 1), ("hot", HOT, 1), ("random", *keys, 2)]
        {
            stage.measure(
                report,
                size,
                &format!("hit, {keys} keys, {what}"),
                below,
                threads,
            )?;
        }
        if *keys == tables[0] {
            stage.count_allocations(report)?;
        }
    }
    Ok(())
}

impl Stage {
    fn set(keys: usize) -> Result<Self> {
        let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
        let rows = Rows::new('k', keys);
        let redis = RedisServer::start()?;
        let cache = runtime()?.block_on(async {
            let cache = open(folders[0].path(), MemoryRemote::new()).await?;
            fill(&cache, &rows, SetOptions::new()).await?;
            settle(&cache).await?;
            // Clean rows in pages as they are read from the disk, like the engine's.
            cache.close(LONG).await?;
            let cache = open(folders[0].path(), MemoryRemote::new()).await?;
            for (key, _) in rows.iter() {
                cache.get(key).await?;
            }
            redis.fill(&rows).await?;
            anyhow::Ok(cache)
        })?;
        let engine = Engine::filled(folders[1].path(), CACHE_SIZE, &rows)?;
        let session = engine.connection.open_session()?;
        for (key, _) in rows.iter() {
            session.contains_key(&engine.rows, key)?;
        }
        Ok(Self {
            rows,
            cache,
            engine,
            redis,
            _folders: folders,
        })
    }

    fn measure(
        &self,
        report: &mut Report,
        size: Size,
        name: &str,
        below: usize,
        threads: usize,
    ) -> Result<()> {
        let order = |round: usize, thread: usize, ops| shuffled(round * 64 + thread, ops, below);
        let mut contenders = vec![
            Contender::new(CACHE, |round| {
                at_once(threads, |thread| self.hits(&order(round, thread, size.ops)))
            }),
            Contender::new(ENGINE, |round| {
                at_once(threads, |thread| {
                    self.lookups(&order(round, thread, size.ops))
                })
            }),
        ];
        if threads == 1 {
            contenders.push(Contender::new(REDIS, |round| {
                self.redis_gets(&order(round, 0, size.ops / 20))
            }));
        }
        let outcomes = rounds(size.rounds, contenders)?;
        let to = |against, least| Goal {
            engine: CACHE,
            against,
            least,
        };
        // With two threads both share one engine, whose own limits show.
        let least = (threads == 1).then_some(1.0 / 1.5);
        let workload = workload(name, threads, "values of 100 bytes, clean, in memory");
        report.add(
            &workload,
            &outcomes,
            &[to(ENGINE, least), to(REDIS, Some(8.0))],
        );
        Ok(())
    }

    fn hits(&self, order: &[usize]) -> Result<Sample> {
        runtime()?.block_on(Sample::take_async(order.len(), async |index| {
            let value = self.cache.get(self.rows.key(order[index])).await?;
            black_box(value).context("a hit was none")?;
            Ok(())
        }))
    }

    fn lookups(&self, order: &[usize]) -> Result<Sample> {
        let session = self.engine.connection.open_session()?;
        Sample::take(order.len(), |index| {
            let key = self.rows.key(order[index]);
            let value = session.get_owned(&self.engine.rows, key)?;
            black_box(value).context("a key is missing")?;
            Ok(())
        })
    }

    fn redis_gets(&self, order: &[usize]) -> Result<Sample> {
        runtime()?.block_on(async {
            let mut connection = self.redis.connect().await?;
            Sample::take_async(order.len(), async |index| {
                let value: Option<Vec<u8>> = connection.get(self.rows.key(order[index])).await?;
                black_box(value).context("a key is missing")?;
                Ok(())
            })
            .await
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are small")]
    fn count_allocations(&self, report: &mut Report) -> Result<()> {
        let hits = 10_000.min(self.rows.len());
        let count = runtime()?.block_on(async {
            // The session and the thread's own places are there after the first one.
            self.cache.get(self.rows.key(0)).await?;
            let before = allocations::count();
            for index in 0..hits {
                black_box(self.cache.get(self.rows.key(index)).await?);
            }
            anyhow::Ok(allocations::count() - before)
        })?;
        let workload = workload("allocations of a hit", 1, "in Rust; the engine has its own");
        report.add_count(
            &workload,
            (CACHE, "allocations"),
            count as f64 / hits as f64,
            Some(1.0),
        );
        Ok(())
    }
}

/// Runs `work` on so many threads at the same time.
fn at_once(threads: usize, work: impl Fn(usize) -> Result<Sample> + Sync) -> Result<Sample> {
    let samples = std::thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        running
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("a thread panicked")))
            })
            .collect::<Result<Vec<_>>>()
    })?;
    Sample::together(samples)
}
