//! Writes at the default durability, beside a logged `put` in the bare engine and a `SET` to Redis.

use anyhow::Result;
use tempfile::TempDir;
use tiered_cache::TieredCache;

use super::ops::{write, write_redis};
use super::{
    CACHE, CACHE_SIZE, ENGINE, REDIS, Size, beside, open_before, runtime, settle, tell, workload,
};
use crate::engine::Engine;
use crate::measure::{Contender, Sample, rounds};
use crate::redis_server::RedisServer;
use crate::report::Report;
use crate::rows::{Rows, shuffled};

/// Keys that are written over and over.
const KEYS: usize = 100_000;

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    // A write is some five times a hit.
    let ops = size.ops / 5;
    Stage::set(false)?.again(report, size.rounds, ops)?;
    Stage::set(false)?.anew(report, size.rounds, ops)?;
    Stage::set(true)?.again(report, size.rounds, ops)
}

struct Stage {
    alive: bool,
    cache: TieredCache,
    engine: Engine,
    redis: RedisServer,
    /// What the cache flushes to: another one than the contender.
    _remote: Option<RedisServer>,
    _folders: [TempDir; 2],
}

impl Stage {
    fn set(alive: bool) -> Result<Self> {
        let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
        let remote = alive.then(RedisServer::start).transpose()?;
        let cache = runtime()?.block_on(open_before(folders[0].path(), remote.as_ref()))?;
        Ok(Self {
            alive,
            cache,
            engine: Engine::open(folders[1].path(), CACHE_SIZE)?,
            redis: RedisServer::start()?,
            _remote: remote,
            _folders: folders,
        })
    }

    /// Over the same keys in random order.
    fn again(&self, report: &mut Report, count: usize, ops: usize) -> Result<()> {
        let rows = Rows::new('k', KEYS);
        let order = |round, ops| shuffled(round, ops, KEYS);
        // All keys are there before the first round.
        let all: Vec<usize> = (0..KEYS).collect();
        self.cache_sets(&rows, &all)?;
        self.engine_puts(&rows, &all)?;
        let contenders = vec![
            Contender::new(CACHE, |round| self.cache_sets(&rows, &order(round, ops))),
            Contender::new(ENGINE, |round| self.engine_puts(&rows, &order(round, ops))),
            Contender::new(REDIS, |round| {
                write_redis(&self.redis, &rows, &order(round, ops / 10))
            }),
        ];
        self.compare(report, "set again", count, contenders)
    }

    /// Keys that were not there, in their order: each needs a dirty record.
    fn anew(&self, report: &mut Report, count: usize, ops: usize) -> Result<()> {
        let rows = Rows::new('n', count * ops);
        let order = |round: usize, ops: usize| -> Vec<usize> {
            (0..ops).map(|index| round * ops + index).collect()
        };
        let contenders = vec![
            Contender::new(CACHE, |round| self.cache_sets(&rows, &order(round, ops))),
            Contender::new(ENGINE, |round| self.engine_puts(&rows, &order(round, ops))),
            Contender::new(REDIS, |round| {
                write_redis(&self.redis, &rows, &order(round, ops / 10))
            }),
        ];
        self.compare(report, "set new", count, contenders)
    }

    fn compare(
        &self,
        report: &mut Report,
        name: &str,
        count: usize,
        contenders: Vec<Contender<'_>>,
    ) -> Result<()> {
        let outcomes = rounds(count, contenders)?;
        let remote = if self.alive {
            "remote Redis alive"
        } else {
            "remote away"
        };
        let workload = workload(
            format!("{name}, {remote}"),
            1,
            "values of 100 bytes; tiered-cache: durability Process, with its record of what is \
             unflushed; wiredtiger: a logged put that survives kill -9; redis: SET over loopback, \
             gone with the server",
        );
        let goals = [beside(ENGINE, Some(1.0 / 3.0)), beside(REDIS, Some(1.0))];
        tell(report, &workload, &outcomes, &goals);
        Ok(())
    }

    fn cache_sets(&self, rows: &Rows, order: &[usize]) -> Result<Sample> {
        runtime()?.block_on(async {
            let set = async |key: &[u8], value: &[u8]| {
                self.cache.set(key, value).await?;
                Ok(())
            };
            let sample = write(rows, order, set).await?;
            if self.alive {
                // The others have the machine for themselves.
                settle(&self.cache).await?;
            }
            Ok(sample)
        })
    }

    fn engine_puts(&self, rows: &Rows, order: &[usize]) -> Result<Sample> {
        let mut session = self.engine.connection.open_session()?;
        let mut row = Vec::new();
        Sample::take(order.len(), |index| {
            let index = order[index];
            self.engine
                .put(&mut session, &mut row, rows.key(index), rows.value(index))
        })
    }
}
