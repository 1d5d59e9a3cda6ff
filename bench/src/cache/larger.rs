//! Hits among more rows than memory has room for, beside caches that keep the rest on a disk.

use anyhow::{Result, ensure};
use tiered_cache::ByteSize;

use super::rivals::FOYER;
use super::stage::{Plan, Stage};
use super::weigh::{Who, tell_memory};
use super::{CACHE, ENGINE, REDIS, Size, beside, tell, workload};
use crate::files::{bytes_on_disk, forget};
use crate::measure::rounds;
use crate::report::{Report, Workload};
use crate::rows::{Rows, Skew, shuffled};

/// Rows, and how much memory there is for them.
struct Shape {
    value: usize,
    rows: usize,
    memory: ByteSize,
}

impl Shape {
    /// How many rows memory holds, about.
    fn memory_rows(&self) -> usize {
        let row = self.value + 20;
        usize::try_from(self.memory.as_u64()).map_or(self.rows, |memory| memory / row)
    }
}

/// With its key and head a row fills one page of foyer's disk: the size that suits it best.
const ONE_PAGE: usize = 3800;

/// Which rows are read, and from where.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// All alike. Files may be in the memory of the system.
    Random,
    /// Some much more often than others, as most programs do.
    Skewed,
    /// All alike; what is not in the cache's own memory comes from the disk.
    Cold,
}

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let shapes: &[Shape] = if size.quick {
        &[Shape {
            value: ONE_PAGE,
            rows: 32_000,
            memory: ByteSize::mib(16),
        }]
    } else {
        &[
            Shape {
                value: ONE_PAGE,
                rows: 140_000,
                memory: ByteSize::mib(64),
            },
            Shape {
                value: 100,
                rows: 800_000,
                memory: ByteSize::mib(16),
            },
        ]
    };
    for shape in shapes {
        measure(report, size, shape)?;
    }
    Ok(())
}

fn measure(report: &mut Report, size: Size, shape: &Shape) -> Result<()> {
    let rows = Rows::with_values_of(shape.value, 'l', shape.rows);
    let stage = Stage::set(rows, shape.memory, false)?;
    let about = |what: &str| {
        let name = format!("hit, {} rows of {} bytes, {what}", shape.rows, shape.value);
        workload(name, 1, config(shape))
    };
    for (reads, what) in [
        (Reads::Random, "random"),
        (Reads::Skewed, "skewed"),
        (Reads::Cold, "random, cold files"),
    ] {
        read(&stage, report, size, shape, reads, &about(what))?;
    }
    weigh(&stage, report, shape.memory, &about("what they take"))
}

fn read(
    stage: &Stage,
    report: &mut Report,
    size: Size,
    shape: &Shape,
    reads: Reads,
    workload: &Workload,
) -> Result<()> {
    let skew = Skew::new(u32::try_from(shape.rows)?)?;
    // Other rows in each kind of reads, and in warming up: what was read before is in memory.
    let order = |round: usize, _: usize, ops: usize| {
        let seed = (reads as usize * 1000 + round) * 1_000_000 + ops;
        match reads {
            Reads::Skewed => skewed(skew, seed, ops, shape.rows),
            Reads::Random | Reads::Cold => shuffled(seed, ops, shape.rows),
        }
    };
    let before = |engine| {
        if reads != Reads::Cold {
            return Ok(());
        }
        match engine {
            CACHE => forget(stage.cache_folder.path()),
            ENGINE => forget(stage.engine_folder.path()),
            FOYER => forget(stage.foyer.folder.path()),
            _ => Ok(()),
        }
    };
    let plan = Plan {
        threads: 1,
        ops: match reads {
            Reads::Random | Reads::Skewed => size.ops / 20,
            Reads::Cold => size.ops / 100,
        },
        order: &order,
    };
    if reads == Reads::Skewed {
        // Each gets to know which rows are wanted often, with twice as many as memory holds.
        let ops = 2 * shape.memory_rows();
        rounds(1, stage.readers(Plan { ops, ..plan }, &before))?;
    }
    let served = stage.foyer.disk_reads();
    let count = size.rounds.min(11);
    let outcomes = rounds(count, stage.readers(plan, &before))?;
    let served = stage.foyer.disk_reads() - served;
    // Among rows that are read alike memory has one in six or eight.
    let least = match reads {
        Reads::Skewed => 1,
        Reads::Random | Reads::Cold => count * plan.ops / 2,
    };
    ensure!(served >= least, "foyer read its disk only {served} times");
    tell(
        report,
        workload,
        &outcomes,
        &[
            beside(ENGINE, Some(1.0 / 1.5)),
            beside(FOYER, None),
            beside(REDIS, None),
        ],
    );
    Ok(())
}

/// Memory and disk.
fn weigh(stage: &Stage, report: &mut Report, memory: ByteSize, workload: &Workload) -> Result<()> {
    let all = [Who::Cache, Who::Engine, Who::Foyer];
    tell_memory(report, workload, &stage.rows, memory, &all, &stage.redis)?;
    for (engine, folder) in [
        (CACHE, &stage.cache_folder),
        (ENGINE, &stage.engine_folder),
        (FOYER, &stage.foyer.folder),
    ] {
        let bytes = bytes_on_disk(folder.path())? as f64;
        report.add_count(workload, (engine, "disk_bytes"), bytes, None);
    }
    Ok(())
}

fn config(shape: &Shape) -> String {
    let bytes = ByteSize((shape.rows * (shape.value + 20)) as u64);
    format!(
        "{bytes} of keys and values, memory of {}; tiered-cache: clean rows, the log of filling them \
         included in its disk; wiredtiger: the same settings; foyer: HybridCache, the same memory \
         for keys and values, files with room for all rows twice, 4 KiB at least an entry, filled \
         slowly enough to drop none; redis: GET over loopback, all rows in its memory; rss_bytes: \
         what filling it with all rows adds to a process of its own at the most (redis: its \
         process), disk_bytes: blocks of the files",
        shape.memory
    )
}

/// Rows by Zipf's law. Ranks are strewn over the keys: neighbours would share pages.
fn skewed(skew: Skew, seed: usize, count: usize, below: usize) -> Vec<usize> {
    /// A prime above every number of rows: each rank has a place of its own.
    const STREW: usize = 2_654_435_761;
    let ranks = skew.ranks(seed as u64, count);
    ranks.map(|rank| rank * STREW % below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skewed_reads_stay_below_and_prefer_some() {
        let order = skewed(Skew::new(1000).unwrap(), 3, 10_000, 1000);
        assert!(order.iter().all(|&index| index < 1000));
        let first = order.iter().filter(|&&index| index == 0).count();
        assert!(first > 500, "{first}");
    }
}
