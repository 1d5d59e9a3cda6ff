//! The suite `trace`: what part of the reads our eviction turns into hits, beside other policies.
//!
//! Each policy gets the same keys in the same order and room for the same number of entries. Ours is
//! the code of the cache, over a table in memory: `tiered_cache::eviction::Simulation`.

mod policies;
mod traces;

use std::time::Instant;

use anyhow::Result;

use self::policies::{POLICIES, W_TINY_LFU};
use self::traces::TRACES;
use crate::report::{Report, Workload};

/// How much is done.
#[derive(Clone, Copy)]
struct Size {
    /// Different keys of a trace, but for what its scans bring.
    keys: usize,
    accesses: usize,
}

/// Parts of the keys that a cache has room for, in hundredths.
const ROOM: [usize; 3] = [1, 5, 10];

/// So many points ours may be behind the better of S3-FIFO and W-TinyLFU.
const BEHIND: f64 = 3.0;

const OURS: &str = "tiered-cache";

/// Runs all policies on all traces.
pub(crate) fn run(report: &mut Report, quick: bool) -> Result<()> {
    let size = if quick {
        Size {
            keys: 20_000,
            accesses: 200_000,
        }
    } else {
        Size {
            keys: 100_000,
            accesses: 1_000_000,
        }
    };
    for hundredths in ROOM {
        let room = size.keys * hundredths / 100;
        for trace in TRACES {
            let begun = Instant::now();
            let keys = (trace.keys)(size)?;
            one(report, size, room, hundredths, trace.name, &keys)?;
            eprintln!("{}: {:.1} s", trace.name, begun.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

fn one(
    report: &mut Report,
    size: Size,
    room: usize,
    hundredths: usize,
    trace: &str,
    keys: &[u64],
) -> Result<()> {
    let workload = Workload {
        suite: "trace",
        name: trace.to_owned(),
        threads: 1,
        config: format!(
            "room for {hundredths} % of {} keys, {} reads, the first fifth of which does not count",
            size.keys, size.accesses
        ),
    };
    let (warm, counted) = keys.split_at(keys.len() / 5);
    let mut ratios = Vec::with_capacity(POLICIES.len());
    for policy in POLICIES {
        let mut cache = (policy.make)(room)?;
        cache.hits(warm);
        let hits = cache.hits(counted);
        let ratio = part(hits, counted.len());
        report.metric(&workload, policy.name, "hit_ratio", ratio);
        ratios.push((policy.name, ratio));
    }
    let of = |names: &[&str]| {
        let of = ratios.iter().filter(|(name, _)| names.contains(name));
        of.map(|(_, ratio)| *ratio).fold(0.0, f64::max)
    };
    let behind = 100.0 * (of(&[policies::S3_FIFO, W_TINY_LFU]) - of(&[OURS]));
    report.add_count(&workload, (OURS, "points_behind"), behind, Some(BEHIND));
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "no trace is 2^53 reads long")]
fn part(hits: usize, all: usize) -> f64 {
    hits as f64 / all as f64
}
