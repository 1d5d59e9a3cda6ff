//! What each hot call of the safe crate costs beside the same call by hand on the C API.
//!
//! criterion takes the samples. Within each, the two sides take turns every few operations, so that
//! whatever else the machine does hits both alike; the ratio is the median of the samples. The two
//! databases are made anew several times: where their pages happen to lie in memory is worth some
//! per cent by itself.

mod calls;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use criterion::Criterion;

use self::calls::{ByHand, CALLS, Call, Safe};
use crate::engines::Engine;
use crate::measure::median;
use crate::report::{Report, Workload};

/// Operations of one side before it is the other's turn: a tenth of a millisecond or so.
const TURN: usize = 128;

/// What the safe crate was promised to reach of the speed of C.
const GOAL: f64 = 0.97;

const SAFE: &str = Engine::WiredTiger.name();
const BY_HAND: &str = Engine::WiredTigerSys.name();

struct Sizes {
    rows: usize,
    /// How often the databases are made.
    databases: usize,
    samples: usize,
    /// For one call on one pair of databases.
    time: Duration,
}

const FULL: Sizes = Sizes {
    rows: 100_000,
    databases: 6,
    samples: 40,
    time: Duration::from_millis(1500),
};

const QUICK: Sizes = Sizes {
    rows: 20_000,
    databases: 1,
    samples: 10,
    time: Duration::from_millis(200),
};

/// What both sides took in one sample.
#[derive(Clone, Copy)]
struct Pair {
    ops: u64,
    safe: Duration,
    by_hand: Duration,
}

/// Runs the suite.
pub(crate) fn run(report: &mut Report, quick: bool) -> Result<()> {
    let sizes = if quick { QUICK } else { FULL };
    eprintln!("== each call beside the same call in C");
    let mut pairs: Vec<Vec<Pair>> = CALLS.iter().map(|_| Vec::new()).collect();
    let folder = tempfile::tempdir().context("a folder for criterion")?;
    for database in 0..sizes.databases {
        let homes = tempfile::tempdir().context("a folder for the databases")?;
        let [safe, by_hand] = [SAFE, BY_HAND].map(|name| homes.path().join(name));
        for home in [&safe, &by_hand] {
            std::fs::create_dir(home).context("a folder for a database")?;
        }
        let home = calls::home(&by_hand)?;
        // The one that comes later lies elsewhere in memory.
        let (mut safe, mut by_hand) = if database % 2 == 0 {
            let safe = Safe::open(&safe, sizes.rows)?;
            (safe, ByHand::fill(&home, sizes.rows)?)
        } else {
            let by_hand = ByHand::fill(&home, sizes.rows)?;
            (Safe::open(&safe, sizes.rows)?, by_hand)
        };
        let mut criterion = Criterion::default()
            .without_plots()
            .sample_size(sizes.samples)
            .warm_up_time(sizes.time / 5)
            .measurement_time(sizes.time)
            .output_directory(&folder.path().join(database.to_string()));
        for (call, pairs) in CALLS.iter().zip(&mut pairs) {
            let taken =
                compare(&mut criterion, call, &mut safe, &mut by_hand).context(call.name)?;
            pairs.extend(taken);
        }
    }
    for (call, pairs) in CALLS.iter().zip(&pairs) {
        add(report, call, pairs, sizes.rows);
    }
    Ok(())
}

/// Samples of one call.
fn compare(
    criterion: &mut Criterion,
    call: &Call,
    safe: &mut Safe,
    by_hand: &mut ByHand<'_>,
) -> Result<Vec<Pair>> {
    let mut taken = Vec::new();
    let mut failed = None;
    for (side, took) in [
        (SAFE, safe_took as fn(&Pair) -> Duration),
        (BY_HAND, by_hand_took),
    ] {
        criterion.bench_function(&format!("{}/{side}", call.name), |bencher| {
            bencher.iter_custom(|ops| {
                // criterion knows no errors: what is left is got over with.
                if failed.is_none() {
                    match Pair::take(call, safe, by_hand, ops) {
                        Ok(pair) => {
                            taken.push(pair);
                            return took(&pair);
                        }
                        Err(error) => failed = Some(error),
                    }
                }
                Duration::from_nanos(ops.max(1))
            });
        });
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(taken),
    }
}

fn safe_took(pair: &Pair) -> Duration {
    pair.safe
}

fn by_hand_took(pair: &Pair) -> Duration {
    pair.by_hand
}

impl Pair {
    /// Lets the sides take turns until each has made so many calls.
    fn take(call: &Call, safe: &mut Safe, by_hand: &mut ByHand<'_>, ops: u64) -> Result<Self> {
        let mut pair = Self {
            ops,
            safe: Duration::ZERO,
            by_hand: Duration::ZERO,
        };
        let mut left = usize::try_from(ops)?;
        let mut safe_is_first = true;
        while left > 0 {
            let turn = left.min(TURN);
            let mut safe_turn = || timed(|| (call.safe)(safe, turn));
            let mut by_hand_turn = || timed(|| (call.by_hand)(by_hand, turn));
            if safe_is_first {
                pair.safe += safe_turn()?;
                pair.by_hand += by_hand_turn()?;
            } else {
                pair.by_hand += by_hand_turn()?;
                pair.safe += safe_turn()?;
            }
            safe_is_first = !safe_is_first;
            left -= turn;
        }
        Ok(pair)
    }
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}

/// A sample of fewer operations is mostly the clock.
fn is_long(pair: &Pair) -> bool {
    pair.ops >= TURN as u64
}

#[allow(clippy::cast_precision_loss, reason = "no count comes near 2^53")]
fn add(report: &mut Report, call: &Call, pairs: &[Pair], rows: usize) {
    let workload = Workload {
        suite: "overhead",
        name: call.name.to_owned(),
        threads: 1,
        config: format!("{} k x 100 B, no log; {}", rows / 1000, call.how),
    };
    let long: Vec<&Pair> = pairs.iter().filter(|pair| is_long(pair)).collect();
    let speed = |took: fn(&Pair) -> Duration| {
        let speeds = long
            .iter()
            .map(|pair| pair.ops as f64 / took(pair).as_secs_f64());
        median(speeds.collect())
    };
    report.metric(&workload, SAFE, "ops_per_s", speed(safe_took));
    report.metric(&workload, BY_HAND, "ops_per_s", speed(by_hand_took));
    let ratios = long
        .iter()
        .map(|pair| pair.by_hand.as_secs_f64() / pair.safe.as_secs_f64());
    let goal = call.promised.then_some(GOAL);
    report.ratio(&workload, SAFE, BY_HAND, median(ratios.collect()), goal);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `test` with two small databases.
    fn with_sides(test: impl FnOnce(&mut Safe, &mut ByHand<'_>)) {
        let [safe, by_hand] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let home = calls::home(by_hand.path()).unwrap();
        let mut by_hand = ByHand::fill(&home, 1000).unwrap();
        test(&mut Safe::open(safe.path(), 1000).unwrap(), &mut by_hand);
    }

    #[test]
    fn both_sides_of_every_call_work() {
        with_sides(|safe, by_hand| {
            for call in CALLS {
                let pair = Pair::take(call, safe, by_hand, 300).unwrap();
                assert!(
                    !pair.safe.is_zero() && !pair.by_hand.is_zero(),
                    "{}",
                    call.name
                );
            }
        });
    }

    #[test]
    fn a_failure_is_told() {
        let call = Call {
            name: "fails",
            how: "",
            promised: false,
            safe: |_, _| Ok(()),
            by_hand: |_, _| anyhow::bail!("on purpose"),
        };
        let folder = tempfile::tempdir().unwrap();
        let mut criterion = Criterion::default()
            .without_plots()
            .sample_size(10)
            .warm_up_time(Duration::from_millis(1))
            .measurement_time(Duration::from_millis(5))
            .output_directory(folder.path());
        with_sides(|safe, by_hand| {
            let error = compare(&mut criterion, &call, safe, by_hand).err().unwrap();
            assert_eq!(error.to_string(), "on purpose");
        });
    }
}
