//! The figures of the last minutes, for the status page.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tiered_cache::{LaneState, LaneStatus, Stats};

use crate::latency::Histogram;
use crate::shared::Shared;
use crate::table;

/// Five minutes, with one sample a second.
const SAMPLES: usize = 300;

/// The figures of one moment: counts since the start, the state, and what commands have taken since
/// the sample before.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sample {
    at_ms: u64,
    commands: u64,
    forwarded: u64,
    clients: usize,
    hits: u64,
    negative_hits: u64,
    stale_hits: u64,
    misses: u64,
    writes: u64,
    flushed: u64,
    dirty_keys: u64,
    dirty_bytes: u64,
    lag_ms: u64,
    remote_read_us: u64,
    flush_us: u64,
    dead_letters: u64,
    breaker_open: bool,
    disk_bytes: u64,
    /// Of all commands since the sample before; `None` when there was none.
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    #[serde(skip)]
    latencies: Vec<(usize, Histogram)>,
}

/// A lane as it is now.
#[derive(Clone, Debug, Serialize)]
struct Lane {
    state: &'static str,
    /// Why it is paused.
    why: Option<String>,
    pending: usize,
    last_progress_ms: u64,
}

/// What commands of one name have taken in all samples.
#[derive(Debug, Serialize)]
struct Command {
    name: &'static str,
    count: u64,
    p50_us: f64,
    p99_us: f64,
    p999_us: f64,
}

/// What the page gets.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    version: &'static str,
    remote: String,
    uptime_s: u64,
    lanes: &'a [Lane],
    /// The most frequent first.
    commands: Vec<Command>,
    samples: &'a VecDeque<Sample>,
}

/// The last samples.
#[derive(Default)]
pub(crate) struct Samples {
    samples: VecDeque<Sample>,
    lanes: Vec<Lane>,
    totals: Vec<(usize, Histogram)>,
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn us(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Sample {
    fn new(shared: &Shared, stats: &Stats, latencies: Vec<(usize, Histogram)>) -> Self {
        let mut all = Histogram::default();
        for (_, histogram) in &latencies {
            all.add(histogram);
        }
        let quantile = |permille| (all.count() > 0).then(|| all.quantile_us(permille));
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            at_ms: ms(now.unwrap_or_default()),
            commands: shared.counters.commands.load(Ordering::Relaxed),
            forwarded: shared.counters.forwarded.load(Ordering::Relaxed),
            clients: shared.clients.count(),
            hits: stats.hits,
            negative_hits: stats.negative_hits,
            stale_hits: stats.stale_hits,
            misses: stats.misses,
            writes: stats.sets + stats.deletes,
            flushed: stats.flushed,
            dirty_keys: stats.dirty_keys,
            dirty_bytes: stats.dirty_bytes,
            lag_ms: ms(stats.oldest_dirty.unwrap_or_default()),
            remote_read_us: us(stats.remote_read_latency),
            flush_us: us(stats.flush_latency),
            dead_letters: stats.dead_letters,
            breaker_open: stats.breaker_open,
            disk_bytes: stats.disk_bytes,
            p50_us: quantile(500),
            p99_us: quantile(990),
            latencies,
        }
    }
}

impl Lane {
    fn of(status: &LaneStatus) -> Self {
        let (state, why) = match &status.state {
            LaneState::Starting => ("starting", None),
            LaneState::Connected => ("connected", None),
            LaneState::Paused {
                error,
                alarm: false,
            } => ("paused", Some(error.to_string())),
            LaneState::Paused { error, alarm: true } => ("refused", Some(error.to_string())),
            LaneState::Restarting => ("restarting", None),
            LaneState::Stopped => ("stopped", None),
            _ => ("other", None),
        };
        Self {
            state,
            why,
            pending: status.pending,
            last_progress_ms: ms(status.last_progress),
        }
    }
}

impl Samples {
    /// Adds the figures of now, and hands those on to Prometheus which the cache does not.
    #[allow(
        clippy::cast_precision_loss,
        reason = "a gauge is a float; there are not 2^53 clients"
    )]
    pub(crate) fn take(&mut self, shared: &Shared) {
        let stats = shared.cache.stats();
        let totals = shared.latencies.totals();
        let since = |(command, total): &(usize, Histogram)| {
            let before = self.totals.iter().find(|(known, _)| known == command);
            let since = before.map_or_else(|| total.clone(), |(_, before)| total.since(before));
            (since.count() > 0).then_some((*command, since))
        };
        let latencies = totals.iter().filter_map(since).collect();
        let sample = Sample::new(shared, &stats, latencies);
        metrics::counter!("tiered_cache_server_commands_total").absolute(sample.commands);
        metrics::counter!("tiered_cache_server_forwarded_total").absolute(sample.forwarded);
        metrics::gauge!("tiered_cache_server_clients").set(sample.clients as f64);
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.totals = totals;
        self.lanes = stats.lanes.iter().map(Lane::of).collect();
    }

    pub(crate) fn report(&self, shared: &Shared) -> Report<'_> {
        let mut all: Vec<Histogram> = vec![Histogram::default(); table::count()];
        for (command, histogram) in self.samples.iter().flat_map(|sample| &sample.latencies) {
            if let Some(place) = all.get_mut(*command) {
                place.add(histogram);
            }
        }
        let commands = all.iter().enumerate();
        let mut commands: Vec<Command> = commands
            .filter(|(_, histogram)| histogram.count() > 0)
            .map(|(number, histogram)| Command {
                name: table::name(number),
                count: histogram.count(),
                p50_us: histogram.quantile_us(500),
                p99_us: histogram.quantile_us(990),
                p999_us: histogram.quantile_us(999),
            })
            .collect();
        commands.sort_by_key(|command| std::cmp::Reverse(command.count));
        Report {
            version: env!("CARGO_PKG_VERSION"),
            remote: shared.settings.remote.to_string(),
            uptime_s: shared.started.elapsed().as_secs(),
            lanes: &self.lanes,
            commands,
            samples: &self.samples,
        }
    }
}
