//! How long commands take: from their arrival until their replies are ready to be sent.
//!
//! Commands that arrive together arrive at one time, so one look at the clock is enough for all of
//! them. A command that waits by its nature, as `BLPOP` does, is not measured.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::table;

/// A duration's bucket is found by its first bits: the lowest bucket ends at 2^9 nanoseconds, and each
/// doubling above has 2^3 buckets. So a quantile is at most an eighth too high.
const LOWEST_BITS: u32 = 9;
const PARTS_BITS: u32 = 3;
const PARTS: usize = 1 << PARTS_BITS;
/// The last bucket begins at about a minute.
const BUCKETS: usize = 1 + 27 * PARTS;

/// Bounds that Prometheus is told: these powers of two, in nanoseconds; a millionth to 17 seconds.
const TOLD_BITS: std::ops::RangeInclusive<u32> = 10..=34;

fn bucket_of(time: Duration) -> usize {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let Some(doublings) = nanos.checked_ilog2().unwrap_or(0).checked_sub(LOWEST_BITS) else {
        return 0;
    };
    let part = (nanos >> (LOWEST_BITS + doublings - PARTS_BITS)) as usize % PARTS;
    (1 + doublings as usize * PARTS + part).min(BUCKETS - 1)
}

/// The upper end of a bucket, in nanoseconds.
fn end_of(bucket: usize) -> u64 {
    let Some(above) = bucket.checked_sub(1) else {
        return 1 << LOWEST_BITS;
    };
    let (doublings, part) = (above / PARTS, above % PARTS);
    let base = 1u64 << (LOWEST_BITS as usize + doublings);
    base + (base >> PARTS_BITS) * (part as u64 + 1)
}

/// What one thread has measured of one command. Nobody else writes here.
struct Measured {
    counts: [AtomicU64; BUCKETS],
    nanos: AtomicU64,
}

impl Measured {
    fn add(&self, time: Duration, count: u64) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        // One thread writes: there is no need for an addition in one step.
        let add = |place: &AtomicU64, more: u64| {
            let before = place.load(Ordering::Relaxed);
            place.store(before.wrapping_add(more), Ordering::Relaxed);
        };
        add(&self.counts[bucket_of(time)], count);
        add(&self.nanos, nanos.wrapping_mul(count));
    }
}

/// What one thread has measured, by the number of the command.
pub(crate) struct Recorder(Box<[OnceLock<Box<Measured>>]>);

impl Recorder {
    fn add(&self, command: usize, time: Duration, count: u64) {
        let Some(place) = self.0.get(command) else {
            return;
        };
        let measured = place.get_or_init(|| {
            Box::new(Measured {
                counts: [const { AtomicU64::new(0) }; BUCKETS],
                nanos: AtomicU64::new(0),
            })
        });
        measured.add(time, count);
    }
}

/// Commands of one client that have arrived, and whose replies are not ready.
pub(crate) struct Tally {
    recorder: Arc<Recorder>,
    arrived: Instant,
    counts: Vec<(usize, u64)>,
}

impl Tally {
    pub(crate) fn new(recorder: Arc<Recorder>) -> Self {
        Self {
            recorder,
            arrived: Instant::now(),
            counts: Vec::new(),
        }
    }

    /// What comes next has just arrived.
    pub(crate) fn arrived(&mut self) {
        self.arrived = Instant::now();
    }

    #[inline]
    pub(crate) fn count(&mut self, command: usize) {
        match self.counts.last_mut() {
            Some((last, count)) if *last == command => *count += 1,
            _ => self.counts.push((command, 1)),
        }
    }

    /// The replies to all that was counted are ready now. The time of those that follow begins.
    pub(crate) fn ready(&mut self) {
        if self.counts.is_empty() {
            return;
        }
        let now = Instant::now();
        let time = now.duration_since(self.arrived);
        for (command, count) in self.counts.drain(..) {
            self.recorder.add(command, time, count);
        }
        self.arrived = now;
    }
}

/// What all threads have measured.
#[derive(Default)]
pub(crate) struct Latencies(Mutex<Vec<Arc<Recorder>>>);

/// What was measured of one command, or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Histogram {
    /// Buckets that are not empty, in order, with their counts.
    counts: Vec<(usize, u64)>,
    nanos: u64,
}

impl Latencies {
    /// A recorder for one more thread.
    pub(crate) fn recorder(&self) -> Arc<Recorder> {
        let recorder = Recorder((0..table::count()).map(|_| OnceLock::new()).collect());
        let recorder = Arc::new(recorder);
        self.0.lock().push(Arc::clone(&recorder));
        recorder
    }

    /// Everything since the start: the commands that have come, by number.
    pub(crate) fn totals(&self) -> Vec<(usize, Histogram)> {
        let recorders = self.0.lock().clone();
        let total = |command: usize| {
            let mut total = Histogram::default();
            for recorder in &recorders {
                if let Some(measured) = recorder.0.get(command).and_then(OnceLock::get) {
                    total.add(&Histogram::of(measured));
                }
            }
            (!total.counts.is_empty()).then_some((command, total))
        };
        (0..table::count()).filter_map(total).collect()
    }
}

impl Histogram {
    fn of(measured: &Measured) -> Self {
        let counts = measured
            .counts
            .iter()
            .map(|one| one.load(Ordering::Relaxed));
        Self {
            counts: counts.enumerate().filter(|(_, count)| *count > 0).collect(),
            nanos: measured.nanos.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn add(&mut self, more: &Self) {
        self.combine(more, u64::wrapping_add);
    }

    /// What has come since `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let mut since = self.clone();
        since.combine(before, u64::wrapping_sub);
        since.counts.retain(|(_, count)| *count > 0);
        since
    }

    fn combine(&mut self, other: &Self, by: impl Fn(u64, u64) -> u64) {
        for (bucket, count) in &other.counts {
            match self
                .counts
                .binary_search_by_key(bucket, |(bucket, _)| *bucket)
            {
                Ok(place) => self.counts[place].1 = by(self.counts[place].1, *count),
                Err(place) => self.counts.insert(place, (*bucket, by(0, *count))),
            }
        }
        self.nanos = by(self.nanos, other.nanos);
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// The time that so many of a thousand did not exceed, in microseconds; at most an eighth too
    /// high.
    #[allow(clippy::cast_precision_loss, reason = "a figure to look at")]
    pub(crate) fn quantile_us(&self, permille: u64) -> f64 {
        let wanted = (self.count() * permille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (bucket, count) in &self.counts {
            seen += count;
            if seen >= wanted {
                return end_of(*bucket) as f64 / 1000.0;
            }
        }
        0.0
    }

    /// How many took no longer than 2^`bits` nanoseconds.
    fn up_to(&self, bits: u32) -> u64 {
        let within = self.counts.iter();
        let within = within.take_while(|(bucket, _)| end_of(*bucket) <= 1 << bits);
        within.map(|(_, count)| count).sum()
    }
}

/// The histograms as Prometheus reads them.
#[allow(clippy::cast_precision_loss, reason = "a figure to look at")]
pub(crate) fn exposition(totals: &[(usize, Histogram)]) -> String {
    const NAME: &str = "tiered_cache_server_command_seconds";
    let seconds = |nanos: u64| nanos as f64 / 1e9;
    let mut text = format!(
        "# HELP {NAME} From the arrival of a command until its reply is ready.\n\
         # TYPE {NAME} histogram\n"
    );
    for (command, histogram) in totals {
        let command = table::name(*command);
        for bits in TOLD_BITS {
            let (le, count) = (seconds(1 << bits), histogram.up_to(bits));
            let _ = writeln!(
                text,
                "{NAME}_bucket{{command=\"{command}\",le=\"{le}\"}} {count}"
            );
        }
        let (count, sum) = (histogram.count(), seconds(histogram.nanos));
        let _ = write!(
            text,
            "{NAME}_bucket{{command=\"{command}\",le=\"+Inf\"}} {count}\n\
             {NAME}_sum{{command=\"{command}\"}} {sum}\n\
             {NAME}_count{{command=\"{command}\"}} {count}\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        let mut last = 0;
        for nanos in (0..40).flat_map(|bits| [(1u64 << bits) - 1, 1 << bits, (1 << bits) + 1]) {
            let bucket = bucket_of(Duration::from_nanos(nanos));
            assert!(bucket >= last, "{nanos}");
            last = bucket;
            if bucket < BUCKETS - 1 {
                assert!(nanos < end_of(bucket), "{nanos}");
                assert!(bucket == 0 || nanos >= end_of(bucket - 1), "{nanos}");
            }
        }
        assert_eq!(bucket_of(Duration::MAX), BUCKETS - 1);
        for bits in TOLD_BITS {
            let bound = bucket_of(Duration::from_nanos((1 << bits) - 1));
            assert_eq!(end_of(bound), 1 << bits, "a bound is the end of a bucket");
        }
    }

    #[test]
    fn quantiles_are_near_and_differences_exact() {
        let latencies = Latencies::default();
        let recorder = latencies.recorder();
        for us in 1..=1000 {
            recorder.add(3, Duration::from_micros(us), 1);
        }
        let before = latencies.totals();
        latencies.recorder().add(3, Duration::from_millis(50), 4);
        recorder.add(5, Duration::from_micros(10), 7);
        let [(3, first)] = &before[..] else {
            panic!("{before:?}");
        };
        for (permille, exact) in [(500, 500.0), (990, 990.0), (1, 1.0)] {
            let found = first.quantile_us(permille);
            assert!(
                (exact..=exact * 1.126 + 0.6).contains(&found),
                "{permille}: {found}"
            );
        }
        let [(3, second), (5, third)] = &latencies.totals()[..] else {
            panic!("{:?}", latencies.totals());
        };
        let since = second.since(first);
        assert_eq!((since.count(), since.nanos), (4, 200_000_000));
        assert!((50_000.0..57_000.0).contains(&since.quantile_us(500)));
        assert_eq!(third.count(), 7);
        let text = exposition(&latencies.totals());
        let name = table::name(5);
        let line = format!("tiered_cache_server_command_seconds_count{{command=\"{name}\"}} 7");
        assert!(text.lines().any(|one| one == line), "{text}");
    }
}
