//! Writes by what their `Ok` promises, beside those whose answer promises about the same.

use anyhow::{Result, ensure};
use foyer::HybridCachePolicy;
use tempfile::TempDir;
use tiered_cache::{Durability, SetOptions, TieredCache};

use super::ops::{write, write_redis};
use super::rivals::{FOYER, Foyer, MOKA, Moka};
use super::{
    CACHE, CACHE_SIZE, ENGINE, REDIS, Size, beside, open_before, runtime, settle, tell, workload,
};
use crate::engine::Engine;
use crate::measure::{Contender, Sample, at_once, rounds};
use crate::redis_server::RedisServer;
use crate::report::Report;
use crate::rows::{Rows, shuffled};

/// Keys that are written over and over.
const KEYS: usize = 20_000;

/// A level and those that can be compared at it.
struct Level {
    name: &'static str,
    durability: Durability,
    engine: Option<wiredtiger::Durability>,
    threads: usize,
    /// How many operations make one of a hit's.
    cost: usize,
    /// Caches that write to memory, and to a disk when they like.
    volatile: bool,
    config: &'static str,
}

const LEVELS: [Level; 6] = [
    Level {
        name: "Buffered",
        durability: Durability::Buffered,
        engine: Some(wiredtiger::Durability::Buffered),
        threads: 1,
        cost: 5,
        volatile: true,
        config: "tiered-cache, wiredtiger: survives a clean close, a kill loses the last moments; \
            foyer: HybridCache, write on insertion: on its disk some time later, dropped when its \
            queue is full (pages_per_op: at most that share was written), lost by a kill before, \
            and the remote does not get it; moka: memory only, \
            gone with the process, and the remote does not get it; redis: SET over loopback, \
            survives this process, gone with the server",
    },
    Level {
        name: "Process",
        durability: Durability::Process,
        engine: Some(wiredtiger::Durability::Process),
        threads: 1,
        cost: 5,
        volatile: true,
        config: "tiered-cache, wiredtiger: survives kill -9; foyer and moka do NOT: foyer's write on \
            insertion reaches its disk some time later or is dropped, moka has no disk, neither \
            brings it to the remote; redis: SET over loopback, survives this process, gone with the \
            server",
    },
    Level {
        name: "Disk",
        durability: Durability::Disk,
        engine: Some(wiredtiger::Durability::Disk),
        threads: 1,
        cost: 1000,
        volatile: false,
        config: "tiered-cache, wiredtiger: survives power loss, one flush of the disk each; redis: \
            SET over loopback with appendfsync always; foyer and moka have no such level",
    },
    Level {
        name: "Disk",
        durability: Durability::Disk,
        engine: Some(wiredtiger::Durability::Disk),
        threads: 16,
        cost: 4000,
        volatile: false,
        config: "the same by 16 callers at a time, who share flushes; redis: 16 connections",
    },
    Level {
        name: "Remote",
        durability: Durability::Remote,
        engine: None,
        threads: 1,
        cost: 200,
        volatile: false,
        config: "tiered-cache: survives kill -9 here, and another Redis on loopback has acknowledged \
            it; redis: SET over loopback; the others have no remote",
    },
    Level {
        name: "Remote",
        durability: Durability::Remote,
        engine: None,
        threads: 16,
        cost: 800,
        volatile: false,
        config: "the same by 16 callers at a time; redis: 16 connections",
    },
];

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    for level in &LEVELS {
        Stage::set(level)?.measure(report, size)?;
    }
    Ok(())
}

struct Stage<'a> {
    level: &'a Level,
    rows: Rows,
    cache: TieredCache,
    engine: Engine,
    redis: RedisServer,
    volatile: Option<(Foyer, Moka)>,
    /// What the cache waits for: another one than the contender.
    _remote: Option<RedisServer>,
    _folders: [TempDir; 2],
}

impl<'a> Stage<'a> {
    fn set(level: &'a Level) -> Result<Self> {
        let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
        let rows = Rows::new('d', KEYS);
        let waits = level.durability == Durability::Remote;
        let remote = waits.then(RedisServer::start).transpose()?;
        // Without one: what it does besides the write itself is measured elsewhere.
        let cache = runtime()?.block_on(open_before(folders[0].path(), remote.as_ref()))?;
        let redis = if level.durability == Durability::Disk {
            RedisServer::start_flushing()?
        } else {
            RedisServer::start()?
        };
        let volatile = level
            .volatile
            .then(|| {
                let policy = HybridCachePolicy::WriteOnInsertion;
                let foyer = Foyer::open(CACHE_SIZE, &rows, policy)?;
                anyhow::Ok((foyer, Moka::new(CACHE_SIZE)))
            })
            .transpose()?;
        Ok(Self {
            level,
            rows,
            cache,
            engine: Engine::open(folders[1].path(), CACHE_SIZE)?,
            redis,
            volatile,
            _remote: remote,
            _folders: folders,
        })
    }

    fn measure(&self, report: &mut Report, size: Size) -> Result<()> {
        let Level { threads, cost, .. } = *self.level;
        let ops = (size.ops / cost).max(20);
        let count = size.rounds.min(11);
        // All keys are there before the first round.
        self.fill()?;
        let order =
            |round: usize, thread: usize, ops: usize| shuffled(round * 64 + thread, ops, KEYS);
        let mut contenders = vec![
            Contender::new(CACHE, |round| {
                at_once(threads, |thread| self.sets(&order(round, thread, ops)))
            }),
            Contender::new(REDIS, |round| {
                // A trip over loopback is worth some writes, a flush of the disk is not.
                let ops = if cost < 100 { ops / 10 } else { ops };
                at_once(threads, |thread| {
                    write_redis(&self.redis, &self.rows, &order(round, thread, ops))
                })
            }),
        ];
        if let Some(durability) = self.level.engine {
            contenders.push(Contender::new(ENGINE, move |round| {
                at_once(threads, |thread| {
                    self.puts(&order(round, thread, ops), durability)
                })
            }));
        }
        if let Some((foyer, moka)) = &self.volatile {
            contenders.push(Contender::new(FOYER, move |round| {
                foyer.inserts(&self.rows, &order(round, 0, ops))
            }));
            contenders.push(Contender::new(MOKA, move |round| {
                let insert = async |key: &[u8], value: &[u8]| {
                    moka.insert(key, value).await;
                    Ok(())
                };
                runtime()?.block_on(write(&self.rows, &order(round, 0, ops), insert))
            }));
        }
        let pages = || {
            self.volatile
                .as_ref()
                .map(|(foyer, _)| foyer.pages_written())
        };
        let before = pages();
        let outcomes = rounds(count, contenders)?;
        let workload = workload(
            format!("set again at {}", self.level.name),
            threads,
            format!("values of 100 bytes; {}", self.level.config),
        );
        // What the cache adds to the engine is bounded where one caller waits for nothing else.
        let least = (threads == 1).then_some(1.0 / 3.0);
        let goals = [
            beside(ENGINE, least),
            beside(REDIS, None),
            beside(FOYER, None),
            beside(MOKA, None),
        ];
        tell(report, &workload, &outcomes, &goals);
        if let (Some(before), Some(after)) = (before, pages()) {
            let share = (after - before) as f64 / (count * ops) as f64;
            report.add_count(&workload, (FOYER, "pages_per_op"), share, None);
        }
        Ok(())
    }

    fn fill(&self) -> Result<()> {
        let all: Vec<usize> = (0..KEYS).collect();
        runtime()?.block_on(async {
            super::fill(&self.cache, &self.rows, SetOptions::new()).await?;
            if self._remote.is_some() {
                settle(&self.cache).await?;
            }
            anyhow::Ok(())
        })?;
        self.puts(&all, wiredtiger::Durability::Buffered)?;
        if let Some((foyer, moka)) = &self.volatile {
            foyer.fill(&self.rows)?;
            runtime()?.block_on(moka.fill(&self.rows))?;
        }
        Ok(())
    }

    fn sets(&self, order: &[usize]) -> Result<Sample> {
        let durability = self.level.durability;
        let set = async |key: &[u8], value: &[u8]| {
            let options = SetOptions::new().durability(durability);
            let written = self.cache.set_with(key, value, options).await?;
            ensure!(written.durability == durability, "it was set at another");
            Ok(())
        };
        runtime()?.block_on(write(&self.rows, order, set))
    }

    fn puts(&self, order: &[usize], durability: wiredtiger::Durability) -> Result<Sample> {
        let mut session = self.engine.connection.open_session()?;
        let mut row = Vec::new();
        Sample::take(order.len(), |index| {
            let index = order[index];
            let pair = (self.rows.key(index), self.rows.value(index));
            self.engine.put_at(&mut session, &mut row, pair, durability)
        })
    }
}
