//! Interleaved rounds and their medians.
//!
//! Whatever else the machine does hits all contenders alike when they take turns; the median leaves
//! out the rounds it hit hard.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::cpu;

/// One operation in so many is timed by itself: reading the clock costs a tenth of a hit.
const SAMPLE: usize = 16;

/// Rounds of fewer operations are of slow ones, which are timed one and all: the slowest in a
/// thousand needs thousands.
const MANY: usize = 20_000;

fn stride(ops: usize) -> usize {
    if ops < MANY { 1 } else { SAMPLE }
}

/// What one contender did in one round.
pub(crate) struct Sample {
    ops: usize,
    took: Duration,
    latencies: Histogram<u64>,
}

impl Sample {
    /// A sample of work that has no single operations to time.
    pub(crate) fn whole(ops: usize, took: Duration) -> Result<Self> {
        let latencies = histogram()?;
        Ok(Self {
            ops,
            took,
            latencies,
        })
    }

    /// Runs `op` with 0 to `ops`.
    pub(crate) fn take(ops: usize, mut op: impl FnMut(usize) -> Result<()>) -> Result<Self> {
        let mut latencies = histogram()?;
        let stride = stride(ops);
        let started = Instant::now();
        for index in 0..ops {
            if index % stride == 0 {
                let begun = Instant::now();
                op(index)?;
                latencies.saturating_record(nanos(begun.elapsed()));
            } else {
                op(index)?;
            }
        }
        Ok(Self {
            ops,
            took: started.elapsed(),
            latencies,
        })
    }

    /// Runs `op` with 0 to `ops`, and times each: for operations whose slowest ones matter. One
    /// reading of the clock ends an operation and begins the next.
    pub(crate) fn take_each(ops: usize, mut op: impl FnMut(usize) -> Result<()>) -> Result<Self> {
        let mut latencies = histogram()?;
        let started = Instant::now();
        let mut begun = started;
        for index in 0..ops {
            op(index)?;
            let now = Instant::now();
            latencies.saturating_record(nanos(now - begun));
            begun = now;
        }
        Ok(Self {
            ops,
            took: begun - started,
            latencies,
        })
    }

    /// Runs `op` with 0 to `ops`, a `pause` before each, and times each without it.
    pub(crate) fn take_apart(
        ops: usize,
        pause: Duration,
        mut op: impl FnMut(usize) -> Result<()>,
    ) -> Result<Self> {
        let mut latencies = histogram()?;
        let mut took = Duration::ZERO;
        for index in 0..ops {
            std::thread::sleep(pause);
            let begun = Instant::now();
            op(index)?;
            let one = begun.elapsed();
            latencies.saturating_record(nanos(one));
            took += one;
        }
        Ok(Self {
            ops,
            took,
            latencies,
        })
    }

    /// Runs `op` with 0 to `ops`, one at a time.
    pub(crate) async fn take_async(
        ops: usize,
        mut op: impl AsyncFnMut(usize) -> Result<()>,
    ) -> Result<Self> {
        let mut latencies = histogram()?;
        let stride = stride(ops);
        let started = Instant::now();
        for index in 0..ops {
            if index % stride == 0 {
                let begun = Instant::now();
                op(index).await?;
                latencies.saturating_record(nanos(begun.elapsed()));
            } else {
                op(index).await?;
            }
        }
        Ok(Self {
            ops,
            took: started.elapsed(),
            latencies,
        })
    }

    /// Samples that were taken at the same time, as one.
    fn together(samples: Vec<Self>) -> Result<Self> {
        let mut all = Self::whole(0, Duration::ZERO)?;
        for sample in samples {
            all.ops += sample.ops;
            all.took = all.took.max(sample.took);
            all.latencies.add(&sample.latencies)?;
        }
        Ok(all)
    }

    /// For the way to another process.
    pub(crate) fn into_parts(self) -> SampleParts {
        SampleParts {
            ops: self.ops,
            took_ns: nanos(self.took),
            latencies: self
                .latencies
                .iter_recorded()
                .map(|value| (value.value_iterated_to(), value.count_at_value()))
                .collect(),
        }
    }

    pub(crate) fn from_parts(parts: SampleParts) -> Result<Self> {
        let mut latencies = histogram()?;
        for (value, count) in parts.latencies {
            latencies.saturating_record_n(value, count);
        }
        Ok(Self {
            ops: parts.ops,
            took: Duration::from_nanos(parts.took_ns),
            latencies,
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "no count comes near 2^53")]
    fn ops_per_second(&self) -> f64 {
        self.ops as f64 / self.took.as_secs_f64()
    }
}

/// What a [`Sample`] is made of.
#[derive(Serialize, Deserialize)]
pub(crate) struct SampleParts {
    ops: usize,
    took_ns: u64,
    /// Nanoseconds, and how many operations took as long.
    latencies: Vec<(u64, u64)>,
}

/// For up to a minute; what lasts longer counts as that.
fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000_000, 3)?)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Runs `work` on so many threads at the same time: with the number of each, and one alone on the
/// calling thread.
pub(crate) fn at_once(
    threads: usize,
    work: impl Fn(usize) -> Result<Sample> + Sync,
) -> Result<Sample> {
    if threads == 1 {
        return work(0);
    }
    let samples = std::thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        running
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
            })
            .collect::<Result<Vec<_>>>()
    })?;
    Sample::together(samples)
}

/// Somebody who takes part: a name, and what it does in a round, by the round's number.
pub(crate) struct Contender<'a> {
    engine: &'static str,
    round: Box<dyn FnMut(usize) -> Result<Sample> + 'a>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(
        engine: &'static str,
        round: impl FnMut(usize) -> Result<Sample> + 'a,
    ) -> Self {
        let round = Box::new(round);
        Self { engine, round }
    }
}

/// What a contender did in all rounds.
pub(crate) struct Outcome {
    pub(crate) engine: &'static str,
    /// Of each round.
    speeds: Vec<f64>,
    /// Of all rounds.
    pub(crate) latencies: Histogram<u64>,
    /// Processor time of this process, of all rounds with what they did before and behind the
    /// operations.
    cpu: Duration,
    ops: usize,
}

impl Outcome {
    fn new(engine: &'static str) -> Result<Self> {
        Ok(Self {
            engine,
            speeds: Vec::new(),
            latencies: histogram()?,
            cpu: Duration::ZERO,
            ops: 0,
        })
    }

    /// Seconds of processor time for a million operations, with all threads of this process.
    #[allow(clippy::cast_precision_loss, reason = "no count comes near 2^53")]
    pub(crate) fn cpu_of_a_million(&self) -> f64 {
        self.cpu.as_secs_f64() / self.ops as f64 * 1e6
    }

    /// Operations per second, the median of the rounds.
    pub(crate) fn speed(&self) -> f64 {
        median(self.speeds.clone())
    }

    /// Nanoseconds that so many of all operations took at most.
    #[allow(clippy::cast_precision_loss, reason = "no latency comes near 2^53 ns")]
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64
    }

    /// How many times as fast as `other`: the median of the rounds, each of which compares what ran
    /// side by side.
    pub(crate) fn ratio_to(&self, other: &Self) -> f64 {
        let pairs = self.speeds.iter().zip(&other.speeds);
        median(pairs.map(|(ours, theirs)| ours / theirs).collect())
    }
}

/// Lets the contenders take turns, in the other order every second time.
pub(crate) fn rounds(count: usize, mut contenders: Vec<Contender<'_>>) -> Result<Vec<Outcome>> {
    let mut outcomes: Vec<_> = contenders
        .iter()
        .map(|contender| Outcome::new(contender.engine))
        .collect::<Result<_>>()?;
    for round in 0..count {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for who in order {
            let outcome = &mut outcomes[who];
            let before = cpu::spent();
            let sample = (contenders[who].round)(round)
                .with_context(|| format!("{}, round {round}", outcome.engine))?;
            outcome.cpu += cpu::spent().saturating_sub(before);
            outcome.ops += sample.ops;
            outcome.speeds.push(sample.ops_per_second());
            outcome.latencies.add(&sample.latencies)?;
        }
    }
    Ok(outcomes)
}

/// The middle value, or the mean of the two in the middle; 0 of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![]), 0.0);
    }

    #[test]
    fn contenders_take_turns() {
        let turns = std::cell::RefCell::new(Vec::new());
        let contender = |name: &'static str| {
            let turns = &turns;
            Contender::new(name, move |round| {
                turns.borrow_mut().push((name, round));
                Sample::take(32, |_| Ok(()))
            })
        };
        let outcomes = rounds(2, vec![contender("a"), contender("b")]).unwrap();
        assert_eq!(*turns.borrow(), [("a", 0), ("b", 0), ("b", 1), ("a", 1)]);
        assert_eq!(outcomes[0].latencies.len(), 2 * 32);
    }

    #[test]
    fn of_many_operations_some_are_timed() {
        let ops = MANY;
        let sample = Sample::take(ops, |_| Ok(())).unwrap();
        assert_eq!(sample.latencies.len(), (ops / SAMPLE) as u64);
    }
}
