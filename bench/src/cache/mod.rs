//! The suite `cache`: what the two levels cost beside each of them alone.

mod absent;
mod churn;
mod drain;
mod durability;
mod hits;
mod larger;
mod misses;
mod ops;
mod plateau;
mod remotes;
mod rivals;
mod sets;
mod stage;
mod weigh;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::ValueEnum;
use tiered_cache::{
    ByteSize, Config, MemoryRemote, RedisRemote, RemoteStore, SetOptions, TieredCache,
};
use tokio::runtime::Runtime;

pub(crate) use self::weigh::{Load, weigh};
use crate::measure::Outcome;
use crate::redis_server::RedisServer;
use crate::report::{Goal, Report, Workload};
use crate::rows::Rows;

/// Names of contenders.
const CACHE: &str = "tiered-cache";
const ENGINE: &str = "wiredtiger";
const REDIS: &str = "redis";

/// Memory of both engines: all rows fit.
const CACHE_SIZE: ByteSize = ByteSize::gib(1);

/// The way to a remote in another machine, and back.
const FAR: Duration = Duration::from_micros(500);

pub(crate) const LONG: Duration = Duration::from_secs(600);

/// A part of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Reads that the local tier answers from memory.
    Hits,
    /// Reads that it answers, of more rows than memory has room for.
    Larger,
    /// Reads of what only the remote has.
    Misses,
    /// Reads of what nobody has.
    Absent,
    /// Writes at the default durability.
    Sets,
    /// Writes of new keys where each has to evict another.
    Churn,
    /// Writes at each durability.
    Durability,
    /// The way of a backlog to the remote.
    Drain,
    /// Speed while the remote is there, away, and half a millisecond from here.
    Remotes,
    /// Memory over many writes while the remote is away.
    Plateau,
}

/// How much is done.
#[derive(Clone, Copy)]
struct Size {
    rounds: usize,
    /// Operations of a round, of those that cost about a microsecond.
    ops: usize,
    quick: bool,
}

type Run = fn(&mut Report, Size) -> Result<()>;

/// Runs the parts.
pub(crate) fn run(report: &mut Report, quick: bool, only: &[Part]) -> Result<()> {
    let size = if quick {
        Size {
            rounds: 9,
            ops: 50_000,
            quick,
        }
    } else {
        Size {
            rounds: 21,
            ops: 200_000,
            quick,
        }
    };
    // The first: memory that others have used and given back would hide what it adds.
    let parts: [(Part, Run); 10] = [
        (Part::Plateau, plateau::run),
        (Part::Larger, larger::run),
        (Part::Hits, hits::run),
        (Part::Misses, misses::run),
        (Part::Absent, absent::run),
        (Part::Sets, sets::run),
        (Part::Churn, churn::run),
        (Part::Durability, durability::run),
        (Part::Drain, drain::run),
        (Part::Remotes, remotes::run),
    ];
    for (part, run) in parts {
        if only.is_empty() || only.contains(&part) {
            let begun = Instant::now();
            run(report, size)?;
            eprintln!("{part:?}: {:.1} s", begun.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

fn workload(name: impl Into<String>, threads: usize, config: impl Into<String>) -> Workload {
    Workload {
        suite: "cache",
        name: name.into(),
        threads,
        config: config.into(),
    }
}

/// A runtime on the calling thread.
fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

/// A cache with memory for all rows.
async fn open(home: &Path, remote: impl RemoteStore) -> Result<TieredCache> {
    open_with(home, remote, CACHE_SIZE).await
}

/// A cache with so much memory, whose rows stay fresh for the whole run, with room for all of them
/// to be dirty.
async fn open_with(home: &Path, remote: impl RemoteStore, memory: ByteSize) -> Result<TieredCache> {
    open_set_up(home, remote, memory, |_| {}).await
}

/// The same with other settings besides.
async fn open_set_up(
    home: &Path,
    remote: impl RemoteStore,
    memory: ByteSize,
    set_up: impl FnOnce(&mut Config),
) -> Result<TieredCache> {
    Ok(TieredCache::builder(home)
        .remote(remote)
        .cache_size(memory)
        .max_age(LONG * 100)
        .configure(|config| {
            config.reads.negative_ttl = LONG * 100;
            // The machine may be busy.
            config.reads.timeout = LONG;
            config.writes.remote_timeout = LONG;
            config.writes.max_dirty_keys = 1 << 24;
            config.writes.max_dirty_bytes = ByteSize::gib(8);
        })
        .configure(set_up)
        .open()
        .await?)
}

/// A cache in front of a Redis, or of a remote that is not there.
async fn open_before(home: &Path, server: Option<&RedisServer>) -> Result<TieredCache> {
    match server {
        Some(server) => open(home, RedisRemote::new(server.url())?).await,
        None => open(home, away()).await,
    }
}

/// A remote that is not there.
fn away() -> MemoryRemote {
    let remote = MemoryRemote::new();
    remote.set_down(true);
    remote
}

/// The cache beside another one: how many times as fast it has to be, if that was promised.
fn beside(against: &'static str, least: Option<f64>) -> Goal {
    Goal {
        engine: CACHE,
        against,
        least,
    }
}

/// Tells how fast the contenders are, and what each takes of the processor.
fn tell(report: &mut Report, workload: &Workload, outcomes: &[Outcome], goals: &[Goal]) {
    report.add(workload, outcomes, goals);
    let workload = &Workload {
        config: format!(
            "seconds of all threads of this process for a million operations, what is done behind \
             them included, a server's not; {}",
            workload.config
        ),
        ..workload.clone()
    };
    for outcome in outcomes {
        let value = outcome.cpu_of_a_million();
        report.add_count(workload, (outcome.engine, "cpu_s"), value, None);
    }
}

/// Puts all rows into a cache.
async fn fill(cache: &TieredCache, rows: &Rows, options: SetOptions) -> Result<()> {
    let entries: Vec<_> = rows.iter().collect();
    for part in entries.chunks(1000) {
        cache.set_many(part, options).await?;
    }
    Ok(())
}

/// A cache that has all rows, with memory for them, and whose remote is away.
pub(crate) fn filled(
    home: &Path,
    rows: &Rows,
    set_up: impl FnOnce(&mut Config),
) -> Result<TieredCache> {
    runtime()?.block_on(async {
        let cache = open_set_up(home, away(), ByteSize::gib(1), set_up).await?;
        fill(&cache, rows, SetOptions::new()).await?;
        Ok(cache)
    })
}

/// Waits until the remote has everything.
async fn settle(cache: &TieredCache) -> Result<()> {
    let flushed = cache.flush(LONG).await?;
    ensure!(
        flushed.complete,
        "the remote did not take the writes: {flushed:?}"
    );
    Ok(())
}
