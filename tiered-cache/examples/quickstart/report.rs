//! What was measured, as tables.

use std::fmt;
use std::time::{Duration, Instant};

use comfy_table::{CellAlignment, Table, presets};
use hdrhistogram::Histogram;
use indicatif::HumanCount;

use crate::Result;

/// How long calls of one kind took.
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    fn new() -> Result<Self> {
        let minute = Duration::from_secs(60).as_nanos();
        Ok(Self(Histogram::new_with_max(u64::try_from(minute)?, 3)?))
    }

    pub(crate) fn time<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let answer = call();
        let took = started.elapsed().as_nanos();
        self.0
            .saturating_record(u64::try_from(took).unwrap_or(u64::MAX));
        answer
    }

    fn at(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_quantile(quantile))
    }
}

/// A backlog that the remote got.
#[derive(Default)]
pub(crate) struct Drained {
    /// Keys that it did not have.
    pub(crate) backlog: u64,
    pub(crate) time: Duration,
}

/// The figures of a tour.
pub(crate) struct Report {
    pub(crate) hits: Latencies,
    pub(crate) remote_reads: Latencies,
    pub(crate) writes: Latencies,
    /// Operations acknowledged when the writer was killed.
    pub(crate) killed_after: u64,
    pub(crate) left_by_the_kill: Drained,
    pub(crate) left_while_away: Drained,
    /// Keys compared: with a value, and without.
    pub(crate) present: usize,
    pub(crate) absent: usize,
    pub(crate) lost: u64,
}

impl Report {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            hits: Latencies::new()?,
            remote_reads: Latencies::new()?,
            writes: Latencies::new()?,
            killed_after: 0,
            left_by_the_kill: Drained::default(),
            left_while_away: Drained::default(),
            present: 0,
            absent: 0,
            lost: 0,
        })
    }

    fn latencies(&self) -> Table {
        let remote = self.remote_reads.at(0.5);
        let row = |what: &str, latencies: &Latencies| {
            let (median, p99) = (latencies.at(0.5), latencies.at(0.99));
            let times = remote.as_secs_f64() / median.as_secs_f64().max(1e-9);
            let speed = format!("{times:.0} x");
            [what.to_owned(), short(median), short(p99), speed]
        };
        let mut table = table();
        table
            .set_header(["latency", "median", "p99", "faster than the remote"])
            .add_row(row("read, local hit", &self.hits))
            .add_row(row("read, remote", &self.remote_reads))
            .add_row(row("write, survives SIGKILL", &self.writes));
        right_aligned(table)
    }

    fn counts(&self) -> Table {
        let count = |count: u64| HumanCount(count).to_string();
        let (killed, away) = (&self.left_by_the_kill, &self.left_while_away);
        let rate = away.backlog as f64 / away.time.as_secs_f64().max(1e-9);
        let rows = [
            ("acknowledged before SIGKILL", count(self.killed_after)),
            ("keys the remote did not have then", count(killed.backlog)),
            ("brought there after the restart in", short(killed.time)),
            ("entries drained per second", count(rate as u64)),
            ("compared, with a value", count(self.present as u64)),
            ("compared, deleted", count(self.absent as u64)),
        ];
        let mut table = table();
        for (what, figure) in rows {
            table.add_row([what, &figure]);
        }
        right_aligned(table)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.latencies())?;
        writeln!(f, "{}", self.counts())?;
        write!(f, "lost: {}", self.lost)
    }
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table
}

/// All but the first column is figures.
fn right_aligned(mut table: Table) -> Table {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn short(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros < 1_000.0 {
        true => format!("{micros:.1} µs"),
        false => format!("{:.2} ms", micros / 1e3),
    }
}
