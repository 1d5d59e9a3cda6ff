//! The suite `feed`: how soon an event reaches a watcher, and what watchers cost a writer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use tempfile::TempDir;
use tiered_cache::blocking::TieredCache;

use crate::cache::{LONG, filled};
use crate::measure::{Contender, Sample, rounds};
use crate::report::{Goal, Report, Workload};
use crate::rows::{Rows, shuffled};

const NOBODY: &str = "no watcher";
const KEYS: usize = 100_000;

/// Events of a window that fits into the caches of a processor.
const SMALL: usize = 4096;

/// Who waits for events that come one by one.
const WAITING: [(&str, usize); 2] = [("1 watcher", 1), ("10 watchers", 10)];

/// An event has to reach a watcher in half of the cases within so many nanoseconds.
const SOON: f64 = 100_000.0;

/// From one event to the next: all who wait are asleep again by then.
const PAUSE: Duration = Duration::from_millis(1);

pub(crate) fn run(report: &mut Report, quick: bool) -> Result<()> {
    let (count, events, sets) = if quick {
        (5, 100, 20_000)
    } else {
        (21, 400, 100_000)
    };
    let [default, small, off] = [None, Some(SMALL), Some(0)].map(Stage::set);
    let (default, small, off) = (default?, small?, off?);
    latency(report, &default, count, events)?;
    throughput(report, [&default, &small, &off], count, sets)
}

struct Stage {
    cache: TieredCache,
    rows: Rows,
    _folder: TempDir,
}

impl Stage {
    /// With a window of so many events, or as many as by default.
    fn set(window: Option<usize>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let rows = Rows::new('k', KEYS);
        let cache = filled(folder.path(), &rows, |config| {
            if let Some(events) = window {
                config.feed.window_events = events;
            }
        })?;
        Ok(Self {
            cache: cache.blocking(),
            rows,
            _folder: folder,
        })
    }
}

/// From the call of `set` until the last watcher has the event: a bound from above of the time from
/// the commit on.
fn latency(report: &mut Report, stage: &Stage, count: usize, events: usize) -> Result<()> {
    let contenders = WAITING.iter().map(|(who, watchers)| {
        Contender::new(who, move |_| {
            beside(stage, *watchers, |seen| {
                let before = seen.load(Ordering::Acquire);
                let begun = Instant::now();
                Sample::take_apart(events, PAUSE, |index| {
                    stage.cache.set(stage.rows.key(index), "event")?;
                    let all = before + (index + 1) * watchers;
                    while seen.load(Ordering::Acquire) < all {
                        ensure!(begun.elapsed() < LONG, "an event does not come");
                        // The watchers need the processors.
                        std::thread::yield_now();
                    }
                    Ok(())
                })
            })
        })
    });
    let outcomes = rounds(count, contenders.collect())?;
    let workload = Workload {
        suite: "feed",
        name: "an event to all watchers".to_owned(),
        threads: 1,
        config: "one event each millisecond, watchers asleep on threads of their own".to_owned(),
    };
    for outcome in &outcomes {
        for (metric, quantile) in [("p99_ns", 0.99), ("p999_ns", 0.999)] {
            report.metric(
                &workload,
                outcome.engine,
                metric,
                outcome.quantile(quantile),
            );
        }
        let promised = (outcome.engine == WAITING[0].0).then_some(SOON);
        let median = outcome.quantile(0.5);
        report.add_count(&workload, (outcome.engine, "p50_ns"), median, promised);
    }
    Ok(())
}

fn throughput(
    report: &mut Report,
    [default, small, off]: [&Stage; 3],
    count: usize,
    sets: usize,
) -> Result<()> {
    let all = [
        ("no window", off, 0),
        ("a small window", small, 0),
        (NOBODY, default, 0),
        ("1 watcher", default, 1),
        ("10 watchers", default, 10),
    ];
    let contenders = all.map(|(who, stage, watchers)| {
        Contender::new(who, move |round| {
            let order = shuffled(round, sets, KEYS);
            beside(stage, watchers, |_| {
                Sample::take(sets, |index| {
                    let index = order[index];
                    stage
                        .cache
                        .set(stage.rows.key(index), stage.rows.value(index + 1))?;
                    Ok(())
                })
            })
        })
    });
    let outcomes = rounds(count, contenders.into())?;
    let workload = Workload {
        suite: "feed",
        name: "set again".to_owned(),
        threads: 1,
        config: format!(
            "{KEYS} keys, values of 100 bytes, remote away, as fast as it goes; each watcher takes \
             every event, on a thread of its own; the small window holds {SMALL} events"
        ),
    };
    let goal = |engine, against, least| Goal {
        engine,
        against,
        least,
    };
    let goals = [
        goal("1 watcher", NOBODY, None),
        goal("10 watchers", NOBODY, Some(0.9)),
        goal(NOBODY, "no window", None),
        goal("a small window", "no window", None),
    ];
    report.add(&workload, &outcomes, &goals);
    Ok(())
}

/// Runs `work` while so many watchers follow, each on a thread of its own; with the number of events
/// that they have got together.
fn beside(
    stage: &Stage,
    watchers: usize,
    work: impl FnOnce(&AtomicUsize) -> Result<Sample>,
) -> Result<Sample> {
    let seen = AtomicUsize::new(0);
    let follow = || {
        for event in stage.cache.watch(stage.cache.version())? {
            if event?.key == END {
                return Ok(());
            }
            seen.fetch_add(1, Ordering::Release);
        }
        Err(anyhow!("a watch has ended"))
    };
    let ready = std::sync::Barrier::new(watchers + 1);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..watchers)
            .map(|_| {
                scope.spawn(|| {
                    ready.wait();
                    follow()
                })
            })
            .collect();
        ready.wait();
        // They sleep by then.
        std::thread::sleep(PAUSE * 10);
        let sample = work(&seen);
        // What ends them also ends a round that failed.
        let ended = stage.cache.set(END, "");
        for watcher in running {
            watcher
                .join()
                .unwrap_or_else(|_| Err(anyhow!("it panicked")))
                .context("a watcher")?;
        }
        ended?;
        sample
    })
}

/// The key that ends all watchers.
const END: &str = "end";
