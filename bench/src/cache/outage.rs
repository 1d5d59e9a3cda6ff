//! Speed while the remote is away, beside the speed while it is there.

use anyhow::{Context, Result};
use tiered_cache::{MemoryRemote, SetOptions, TieredCache};

use super::{Size, fill, open, runtime, settle, workload};
use crate::measure::{Contender, Sample, rounds};
use crate::report::{Goal, Report};
use crate::rows::{Rows, shuffled};

const ALIVE: &str = "tiered-cache, remote alive";
const AWAY: &str = "tiered-cache, remote away";
const KEYS: usize = 100_000;

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let remote = MemoryRemote::new();
    let rows = Rows::new('k', KEYS);
    let runtime = runtime()?;
    let cache = runtime.block_on(async {
        let cache = open(folder.path(), remote.clone()).await?;
        fill(&cache, &rows, SetOptions::new()).await?;
        anyhow::Ok(cache)
    })?;
    for (name, sets, ops) in [("set", true, size.ops / 5), ("hit", false, size.ops)] {
        // Between two rounds everything is flushed: each begins with clean rows.
        let round = |away: bool, round: usize| {
            remote.set_down(away);
            runtime.block_on(async {
                let order = shuffled(round, ops, KEYS);
                let sample = if sets {
                    set(&cache, &rows, &order).await
                } else {
                    get(&cache, &rows, &order).await
                };
                remote.set_down(false);
                settle(&cache).await?;
                sample
            })
        };
        round(false, 0)?;
        let contenders = vec![
            Contender::new(ALIVE, |number| round(false, number)),
            Contender::new(AWAY, |number| round(true, number)),
        ];
        let outcomes = rounds(size.rounds, contenders)?;
        let goal = Goal {
            engine: AWAY,
            against: ALIVE,
            least: Some(0.9),
        };
        let workload = workload(
            format!("{name} in an outage"),
            1,
            "remote in memory, values of 100 bytes",
        );
        report.add(&workload, &outcomes, &[goal]);
    }
    Ok(())
}

async fn set(cache: &TieredCache, rows: &Rows, order: &[usize]) -> Result<Sample> {
    Sample::take_async(order.len(), async |index| {
        let index = order[index];
        cache.set(rows.key(index), rows.value(index)).await?;
        Ok(())
    })
    .await
}

async fn get(cache: &TieredCache, rows: &Rows, order: &[usize]) -> Result<Sample> {
    Sample::take_async(order.len(), async |index| {
        let value = cache.get(rows.key(order[index])).await?;
        value.context("a hit was none")?;
        Ok(())
    })
    .await
}
