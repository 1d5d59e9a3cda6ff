//! The suite `expensive_reads`: what a full scan that runs all the time does to writes and point
//! reads.
//!
//! The same scan beside the same operations in four ways: none; one global reader-writer lock around
//! the cache, held over each scan; our scans, which re-anchor; our scans of one snapshot each. The lock
//! is a fair one: a writer that waits holds back the readers that come after it.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use parking_lot::RwLock;
use tempfile::TempDir;
use tiered_cache::blocking::{Scan, TieredCache};

use crate::cache::filled;
use crate::measure::{Contender, Outcome, Sample, rounds};
use crate::report::{Report, Workload};
use crate::rows::{Rows, shuffled};

/// The way in which scans run beside the operations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    GlobalLock,
    Scans,
    Snapshots,
}

const ALL: [(Beside, &str); 4] = [
    (Beside::Nothing, NO_SCAN),
    (Beside::GlobalLock, "one global lock"),
    (Beside::Scans, "tiered-cache"),
    (Beside::Snapshots, "tiered-cache, snapshots"),
];

const NO_SCAN: &str = "no scan";

/// How much longer operations may take beside a scan: at the 99th percentile.
const MOST: f64 = 1.5;

/// The pause of the writer that is always there.
const NOW_AND_THEN: Duration = Duration::from_millis(1);

struct Size {
    rounds: usize,
    keys: usize,
    writes: usize,
    reads: usize,
    /// Of operations that wait for a scan each.
    waits: usize,
}

pub(crate) fn run(report: &mut Report, quick: bool) -> Result<()> {
    let size = if quick {
        Size {
            rounds: 3,
            keys: 20_000,
            writes: 3_000,
            reads: 10_000,
            waits: 20,
        }
    } else {
        Size {
            rounds: 7,
            keys: 200_000,
            writes: 40_000,
            reads: 200_000,
            waits: 30,
        }
    };
    let stage = Stage::set(size.keys)?;
    stage.compare(report, &size, "write", size.writes, Stage::write)?;
    stage.compare(report, &size, "point read", size.reads, Stage::read)
}

/// One operation on the row of this number.
type Operation = fn(&Stage, Beside, usize) -> Result<()>;

struct Stage {
    cache: TieredCache,
    rows: Rows,
    lock: RwLock<()>,
    _folder: TempDir,
}

impl Stage {
    fn set(keys: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let rows = Rows::new('k', keys);
        let cache = filled(folder.path(), &rows, |_| {})?;
        Ok(Self {
            cache: cache.blocking(),
            rows,
            lock: RwLock::new(()),
            _folder: folder,
        })
    }

    fn compare(
        &self,
        report: &mut Report,
        size: &Size,
        name: &str,
        ops: usize,
        operation: Operation,
    ) -> Result<()> {
        // Rows scanned, and how long that took, by contender.
        let scanned = ALL.map(|_| (AtomicUsize::new(0), std::cell::Cell::new(0.0)));
        let contenders = ALL
            .iter()
            .zip(&scanned)
            .map(|((beside, who), (rows, seconds))| {
                Contender::new(who, move |round| {
                    let waits = *beside == Beside::GlobalLock;
                    let ops = if waits { size.waits } else { ops };
                    let order = shuffled(round, ops, size.keys);
                    let begun = Instant::now();
                    let sample = self.beside(*beside, rows, || {
                        if waits {
                            // Apart, so that the writer has come in between.
                            return Sample::take_apart(ops, NOW_AND_THEN, |index| {
                                operation(self, *beside, order[index])
                            });
                        }
                        Sample::take_each(ops, |index| operation(self, *beside, order[index]))
                    });
                    seconds.set(seconds.get() + begun.elapsed().as_secs_f64());
                    sample
                })
            })
            .collect();
        let outcomes = rounds(size.rounds, contenders)?;
        let workload = Workload {
            suite: "expensive_reads",
            name: name.to_owned(),
            threads: 1,
            config: format!(
                "{} rows of 100 bytes in memory, remote away, a thread writes each millisecond",
                size.keys
            ),
        };
        report.add(&workload, &outcomes, &[]);
        for (outcome, (rows, seconds)) in outcomes.iter().zip(&scanned) {
            tell(report, &workload, outcome, &outcomes[0]);
            let rows = rows.load(Ordering::Relaxed);
            if rows > 0 {
                #[allow(clippy::cast_precision_loss, reason = "no count comes near 2^53")]
                let speed = rows as f64 / seconds.get();
                report.metric(&workload, outcome.engine, "scanned_rows_per_s", speed);
            }
        }
        Ok(())
    }

    fn write(&self, beside: Beside, index: usize) -> Result<()> {
        // As a cache in memory does that has one lock around its map.
        let _lock = (beside == Beside::GlobalLock).then(|| self.lock.write());
        self.cache
            .set(self.rows.key(index), self.rows.value(index + 1))?;
        Ok(())
    }

    fn read(&self, beside: Beside, index: usize) -> Result<()> {
        let _lock = (beside == Beside::GlobalLock).then(|| self.lock.read());
        let value = self.cache.get(self.rows.key(index))?;
        ensure!(black_box(value).is_some(), "a key is gone");
        Ok(())
    }

    /// Runs `work` while one thread writes now and then, and another scans; counts the rows that it
    /// passes.
    fn beside(
        &self,
        beside: Beside,
        rows: &AtomicUsize,
        work: impl FnOnce() -> Result<Sample>,
    ) -> Result<Sample> {
        let stop = AtomicBool::new(false);
        let begun = AtomicBool::new(beside == Beside::Nothing);
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut random = fastrand::Rng::with_seed(1);
                while !stop.load(Ordering::Relaxed) {
                    self.write(beside, random.usize(..self.rows.len()))?;
                    std::thread::sleep(NOW_AND_THEN);
                }
                Ok(())
            });
            let scanner = scope.spawn(|| {
                while beside != Beside::Nothing && !stop.load(Ordering::Relaxed) {
                    begun.store(true, Ordering::Relaxed);
                    let complete = self.scan(beside, rows, &stop)?;
                    ensure!(
                        complete.is_none_or(|count| count == self.rows.len()),
                        "a scan has missed rows: {complete:?}"
                    );
                }
                Ok(())
            });
            while !begun.load(Ordering::Relaxed) && !scanner.is_finished() {
                std::thread::yield_now();
            }
            let sample = work();
            stop.store(true, Ordering::Relaxed);
            for (name, thread) in [("the writer", writer), ("the scanner", scanner)] {
                let ended = thread
                    .join()
                    .unwrap_or_else(|_| Err(anyhow!("it panicked")));
                ended.context(name)?;
            }
            sample
        })
    }

    /// One full scan; how many rows it had, unless it was stopped.
    fn scan(&self, beside: Beside, rows: &AtomicUsize, stop: &AtomicBool) -> Result<Option<usize>> {
        let pass = |scan: Scan| {
            let mut count = 0;
            for entry in scan {
                black_box(entry?);
                count += 1;
                if count % 1024 == 0 && stop.load(Ordering::Relaxed) {
                    rows.fetch_add(count, Ordering::Relaxed);
                    return Ok(None);
                }
            }
            rows.fetch_add(count, Ordering::Relaxed);
            Ok(Some(count))
        };
        match beside {
            Beside::Nothing => Ok(None),
            Beside::GlobalLock => {
                let _lock = self.lock.read();
                pass(self.cache.scan())
            }
            Beside::Scans => pass(self.cache.scan()),
            Beside::Snapshots => pass(self.cache.snapshot()?.scan()),
        }
    }
}

/// The mean, and how many times as long operations took as without a scan.
fn tell(report: &mut Report, workload: &Workload, outcome: &Outcome, alone: &Outcome) {
    report.metric(
        workload,
        outcome.engine,
        "mean_ns",
        outcome.latencies.mean(),
    );
    if outcome.engine == NO_SCAN {
        return;
    }
    let promised = outcome.engine == "tiered-cache";
    let times = outcome.quantile(0.99) / alone.quantile(0.99);
    let who = (outcome.engine, "p99_times");
    report.add_count(workload, who, times, promised.then_some(MOST));
    let times = outcome.latencies.mean() / alone.latencies.mean();
    report.add_count(workload, (outcome.engine, "mean_times"), times, None);
}
