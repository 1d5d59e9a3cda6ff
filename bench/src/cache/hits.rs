//! Reads that the local tier answers from memory, beside the bare engine, other caches and Redis.

use std::hint::black_box;

use anyhow::Result;

use super::rivals::{FOYER, MOKA};
use super::stage::{Plan, Stage};
use super::weigh::{Who, tell_memory};
use super::{CACHE, CACHE_SIZE, ENGINE, REDIS, Size, beside, runtime, tell, workload};
use crate::allocations;
use crate::measure::rounds;
use crate::report::Report;
use crate::rows::{Rows, shuffled};

/// Keys that are read most of the time.
const HOT: usize = 1000;

const CONFIG: &str = "values of 100 bytes, clean, all in memory of 1 GiB; tiered-cache: remote not \
    asked; wiredtiger: the same settings, a copied row; foyer: HybridCache, a shared handle, no \
    copy; moka: future::Cache of Bytes, a shared handle, no copy, no disk; redis: GET over loopback";

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let tables: &[usize] = if size.quick {
        &[100_000]
    } else {
        &[100_000, 1_000_000]
    };
    for keys in tables {
        let stage = Stage::set(Rows::new('k', *keys), CACHE_SIZE, true)?;
        for (what, below, threads) in [("random", *keys, 1), ("hot", HOT, 1), ("random", *keys, 2)]
        {
            let name = format!("hit, {keys} keys, {what}");
            measure(&stage, report, size, &name, (below, threads))?;
        }
        let config = "what filling it with all rows adds to a process of its own at the most; \
            redis: its process";
        let memory = workload(format!("hit, {keys} keys, memory"), 1, config);
        let all = [Who::Cache, Who::Engine, Who::Foyer, Who::Moka];
        tell_memory(report, &memory, &stage.rows, CACHE_SIZE, &all, &stage.redis)?;
        if *keys == tables[0] {
            count_allocations(&stage, report)?;
        }
    }
    Ok(())
}

fn measure(
    stage: &Stage,
    report: &mut Report,
    size: Size,
    name: &str,
    (below, threads): (usize, usize),
) -> Result<()> {
    let plan = Plan {
        threads,
        ops: size.ops,
        order: &|round, thread, ops| shuffled(round * 64 + thread, ops, below),
    };
    let outcomes = rounds(size.rounds, stage.readers(plan, &|_| Ok(())))?;
    // With two threads both share one engine, whose own limits show.
    let least = (threads == 1).then_some(1.0 / 1.5);
    let goals = [
        beside(ENGINE, least),
        beside(REDIS, Some(8.0)),
        beside(FOYER, None),
        beside(MOKA, None),
    ];
    let workload = workload(name, threads, CONFIG);
    tell(report, &workload, &outcomes, &goals);
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn count_allocations(stage: &Stage, report: &mut Report) -> Result<()> {
    let hits = 10_000.min(stage.rows.len());
    let count = runtime()?.block_on(async {
        // The session and the thread's own places are there after the first one.
        stage.cache.get(stage.rows.key(0)).await?;
        let before = allocations::count();
        for index in 0..hits {
            black_box(stage.cache.get(stage.rows.key(index)).await?);
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
