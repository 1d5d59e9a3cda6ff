//! What a contender takes of memory, each in a process of its own: in one process the allocator
//! gives to one what another has left.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use foyer::HybridCachePolicy;
use tiered_cache::ByteSize;

use super::rivals::{Foyer, Moka};
use super::stage::{filled_cache, filled_engine};
use super::{CACHE, ENGINE, REDIS, runtime};
use crate::memory::Growth;
use crate::redis_server::RedisServer;
use crate::report::{Report, Workload};
use crate::rows::Rows;

/// Who is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Who {
    Cache,
    Engine,
    Foyer,
    Moka,
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Self::Cache => CACHE,
            Self::Engine => ENGINE,
            Self::Foyer => super::rivals::FOYER,
            Self::Moka => super::rivals::MOKA,
        }
    }
}

/// Who is filled with what.
#[derive(Args)]
pub(crate) struct Load {
    #[arg(value_enum)]
    who: Who,
    /// How many rows.
    rows: usize,
    /// Bytes of a value.
    value: usize,
    /// Bytes of memory that it is given.
    memory: u64,
}

/// Fills one of them in this process: how many bytes it adds at the most.
pub(crate) fn weigh(load: &Load) -> Result<u64> {
    let rows = Rows::with_values_of(load.value, 'w', load.rows);
    let memory = ByteSize(load.memory);
    let redis = RedisServer::start()?;
    let folder = tempfile::tempdir()?;
    let growth = Growth::begin()?;
    match load.who {
        Who::Cache => drop(filled_cache(folder.path(), &redis, &rows, memory)?),
        Who::Engine => drop(filled_engine(folder.path(), &rows, memory)?),
        Who::Foyer => {
            Foyer::open(memory, &rows, HybridCachePolicy::WriteOnEviction)?.fill(&rows)?
        }
        Who::Moka => runtime()?.block_on(Moka::new(memory).fill(&rows))?,
    }
    growth.most()
}

/// Tells what each of `all` takes, and what `redis` does with the same rows.
#[allow(
    clippy::cast_precision_loss,
    reason = "no memory comes near 2^53 bytes"
)]
pub(super) fn tell_memory(
    report: &mut Report,
    workload: &Workload,
    rows: &Rows,
    memory: ByteSize,
    all: &[Who],
    redis: &RedisServer,
) -> Result<()> {
    for &who in all {
        let name = who.to_possible_value().context("a hidden contender")?;
        let load = [rows.len(), rows.value_size()].map(|number| number.to_string());
        let output = Command::new(std::env::current_exe()?)
            .args(["weigh", name.get_name()])
            .args(load)
            .arg(memory.as_u64().to_string())
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "{who:?} cannot be weighed");
        let bytes: u64 = String::from_utf8(output.stdout)?.trim().parse()?;
        report.add_count(workload, (who.name(), "rss_bytes"), bytes as f64, None);
    }
    let bytes = redis.resident()? as f64;
    report.add_count(workload, (REDIS, "rss_bytes"), bytes, None);
    Ok(())
}
