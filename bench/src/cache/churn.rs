//! Sets of new keys at the bound of the local tier, where each has to evict another, beside sets
//! far from it.

use anyhow::{Result, ensure};
use tiered_cache::{ByteSize, MemoryRemote, TieredCache};

use super::ops::write;
use super::{CACHE, CACHE_SIZE, LONG, Size, runtime, workload};
use crate::measure::{Contender, Sample, rounds};
use crate::report::{Goal, Report};
use crate::rows::Rows;

/// With room for about 100,000 of the rows.
const BOUND: ByteSize = ByteSize::mib(128);
const VALUE: usize = 400;
/// Written before the first round: more than there is room for.
const BEFORE: usize = 160_000;

/// Far from the bound.
const FREE: &str = "tiered-cache, far from the bound";

/// What is left of the speed.
const LEAST: f64 = 0.7;

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let count = size.rounds.min(11);
    let ops = size.ops / 10;
    let rows = Rows::with_values_of(VALUE, 'c', BEFORE + count * ops);
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
    let open = |home: &tempfile::TempDir, bound| {
        TieredCache::builder(home.path())
            .remote(MemoryRemote::new())
            .cache_size(CACHE_SIZE)
            .max_disk(bound)
            .configure(|config| config.writes.wait_for_room = LONG)
            .open_blocking()
    };
    let bounded = open(&folders[0], BOUND)?;
    let free = open(&folders[1], ByteSize::gib(64))?;
    for cache in [&bounded, &free] {
        sets(cache, &rows, 0..BEFORE)?;
    }
    ensure!(bounded.stats().evicted > 0, "the bound was not reached");
    let next = |round: usize| BEFORE + round * ops..BEFORE + (round + 1) * ops;
    let outcomes = rounds(
        count,
        vec![
            Contender::new(CACHE, |round| sets(&bounded, &rows, next(round))),
            Contender::new(FREE, |round| sets(&free, &rows, next(round))),
        ],
    )?;
    let stats = bounded.stats();
    let waits = stats.backpressure_waits;
    let workload = workload(
        "churn, set new at the bound",
        1,
        format!(
            "values of {VALUE} bytes, keys in random order, a remote in memory, bound {BOUND}: {} \
             evicted, {waits} sets waited for room",
            stats.evicted
        ),
    );
    let goal = Goal {
        engine: CACHE,
        against: FREE,
        least: Some(LEAST),
    };
    report.add(&workload, &outcomes, &[goal]);
    let bytes = stats.disk_bytes as f64;
    let most = BOUND.as_u64() as f64 * 1.125;
    report.add_count(&workload, (CACHE, "disk_bytes"), bytes, Some(most));
    Ok(())
}

fn sets(cache: &TieredCache, rows: &Rows, part: std::ops::Range<usize>) -> Result<Sample> {
    let order: Vec<usize> = part.collect();
    runtime()?.block_on(async {
        let sample = write(rows, &order, async |key: &[u8], value: &[u8]| {
            // The rows are in the order of their keys: strewn over the table instead.
            let mut strewn = key.to_vec();
            strewn.reverse();
            cache.set(strewn, value).await?;
            Ok(())
        })
        .await?;
        super::settle(cache).await?;
        Ok(sample)
    })
}
