//! Memory over many writes to a few keys, none of which can be flushed.

use anyhow::Result;
use tiered_cache::TieredCache;

use super::{CACHE, Size, away, runtime, workload};
use crate::memory::resident_kib;
use crate::report::Report;
use crate::rows::{Rows, shuffled};

const KEYS: usize = 100_000;
const PARTS: usize = 10;

/// What the second half of the writes may add, for the engine and allocator to breathe.
const GROWTH: f64 = 1.1;

#[allow(
    clippy::cast_precision_loss,
    reason = "no amount of memory comes near 2^53"
)]
pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let writes = if size.quick { 1_000_000 } else { 10_000_000 };
    let folder = tempfile::tempdir()?;
    let rows = Rows::new('k', KEYS);
    let resident = runtime()?.block_on(async {
        // Default settings: what a user gets.
        let cache = TieredCache::builder(folder.path())
            .remote(away())
            .open()
            .await?;
        let mut resident = Vec::with_capacity(PARTS);
        for part in 0..PARTS {
            for index in shuffled(part, writes / PARTS, KEYS) {
                cache.set(rows.key(index), rows.value(index)).await?;
            }
            resident.push(resident_kib()? as f64);
        }
        anyhow::Ok(resident)
    })?;
    let workload = workload(
        format!("memory, {writes} writes to {KEYS} keys"),
        1,
        "remote away, default settings",
    );
    for (part, kib) in resident.iter().enumerate() {
        let metric = METRICS[part];
        report.add_count(&workload, (CACHE, metric), *kib, None);
    }
    let largest = |half: &[f64]| half.iter().copied().fold(0.0, f64::max);
    let (first, second) = resident.split_at(PARTS / 2);
    let growth = largest(second) / largest(first);
    report.add_count(&workload, (CACHE, "growth"), growth, Some(GROWTH));
    Ok(())
}

/// Resident memory after each tenth.
const METRICS: [&str; PARTS] = [
    "rss_10_kib",
    "rss_20_kib",
    "rss_30_kib",
    "rss_40_kib",
    "rss_50_kib",
    "rss_60_kib",
    "rss_70_kib",
    "rss_80_kib",
    "rss_90_kib",
    "rss_100_kib",
];
