//! The suite `cache`: what the two levels cost beside each of them alone.

mod drain;
mod hits;
mod outage;
mod plateau;
mod sets;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::ValueEnum;
use tiered_cache::{ByteSize, RemoteStore, SetOptions, TieredCache};
use tokio::runtime::Runtime;

use crate::report::{Report, Workload};
use crate::rows::Rows;

/// Names of contenders.
const CACHE: &str = "tiered-cache";
const ENGINE: &str = "wiredtiger";
const REDIS: &str = "redis";

/// Memory of both engines: all rows fit.
const CACHE_SIZE: ByteSize = ByteSize::gib(1);

const LONG: Duration = Duration::from_secs(600);

/// A part of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Reads that the local tier answers.
    Hits,
    /// Writes.
    Sets,
    /// The way of a backlog to Redis.
    Drain,
    /// Speed while the remote is away.
    Outage,
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
    let wanted = |part| only.is_empty() || only.contains(&part);
    // First: memory that others have used and given back would hide what this one adds.
    if wanted(Part::Plateau) {
        plateau::run(report, size)?;
    }
    if wanted(Part::Hits) {
        hits::run(report, size)?;
    }
    if wanted(Part::Sets) {
        sets::run(report, size)?;
    }
    if wanted(Part::Drain) {
        drain::run(report, size)?;
    }
    if wanted(Part::Outage) {
        outage::run(report, size)?;
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

/// A cache whose rows stay fresh for the whole run, with room for all of them to be dirty.
async fn open(home: &Path, remote: impl RemoteStore) -> Result<TieredCache> {
    Ok(TieredCache::builder(home)
        .remote(remote)
        .cache_size(CACHE_SIZE)
        .max_age(LONG * 100)
        .configure(|config| {
            config.writes.max_dirty_keys = 1 << 24;
            config.writes.max_dirty_bytes = ByteSize::gib(8);
        })
        .open()
        .await?)
}

/// Puts all rows into a cache.
async fn fill(cache: &TieredCache, rows: &Rows, options: SetOptions) -> Result<()> {
    let entries: Vec<_> = rows.iter().collect();
    for part in entries.chunks(1000) {
        cache.set_many(part, options).await?;
    }
    Ok(())
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
