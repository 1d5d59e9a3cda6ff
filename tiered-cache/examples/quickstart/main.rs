//! A tour of the cache, with figures: it writes and reads some 100,000 entries, kills its own
//! writer in the middle, and shows that nothing acknowledged is lost.
//!
//! ```sh
//! cargo run --release -p tiered-cache --example quickstart
//! REDIS_URL=redis://localhost:6379 cargo run --release -p tiered-cache --example quickstart
//! ```
//!
//! The remote is a store in memory, half a millisecond away, or the Redis that `REDIS_URL` names;
//! its keys there are removed at the end. The local tier is in a temporary folder, or in the one
//! that `QUICKSTART_HOME` names.
//!
//! 1. A child process writes through the cache, and is killed by SIGKILL about half way.
//! 2. This process opens the home that is left, drains it, and looks for each acknowledged write at
//!    the remote.
//! 3. It writes the rest; then the remote is away for a while, and all entries get new values; then
//!    it is back, and gets them.
//! 4. It reads through the cache, and compares the remote key by key again.

mod progress;
mod remote;
mod report;
mod workload;
mod writer;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tiered_cache::blocking::TieredCache;
use tiered_cache::{Bytes, ReadOptions, SetOptions, Source};

use crate::progress::bar;
use crate::remote::Remote;
use crate::report::{Drained, Latencies, Report};
use crate::workload::{Operation, State, Workload};

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// What is written one by one, some entries twice, some deleted again.
const OPERATIONS: u64 = 120_000;
/// Reads that ask the remote; each takes a round trip.
const REMOTE_READS: u64 = 2_000;
/// Keys in one call, where many are read or written.
const BULK: usize = 500;
/// Nobody else writes these keys, so that they stay good; and a run that breaks off leaves nothing
/// behind in a Redis for longer.
const HOUR: Duration = Duration::from_secs(3600);
/// How long the remote may take to get the backlog.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<()> {
    // Before anything that a SIGKILL would leave lying around.
    if let Some((home, prefix)) = writer::role() {
        return writer::run(&home, &Workload::new(&prefix));
    }

    let temporary = tempfile::tempdir()?;
    let home = std::env::var_os("QUICKSTART_HOME")
        .map_or_else(|| temporary.path().join("home"), PathBuf::from);
    let remote = Remote::from_env()?;
    remote.greet()?;
    println!("remote: {remote}");

    let report = tour(&home, &remote)?;
    println!("{report}");
    match report.lost {
        0 => Ok(()),
        lost => Err(format!("{lost} entries are not as they were acknowledged").into()),
    }
}

fn tour(home: &Path, remote: &Remote) -> Result<Report> {
    let prefix = format!("quickstart:{:016x}:", fastrand::u64(..));
    let workload = Workload::new(&prefix);
    let mut report = Report::new()?;

    let acknowledged = writer::write_until_killed(home, &prefix, OPERATIONS)?;
    let mut state = State::default();
    for number in 0..acknowledged {
        state.apply(workload.operation(number));
    }
    // It was under way, perhaps: both the value before and the one after are right.
    state.forget(&workload.operation(acknowledged).key);

    let cache = open(home, remote)?;
    report.killed_after = acknowledged;
    report.left_by_the_kill = drain(&cache)?;
    report.lost += compare(remote, &state)?;

    write(
        &cache,
        &workload,
        acknowledged..OPERATIONS,
        &mut state,
        &mut report.writes,
    )?;
    close(&cache)?;

    state.renew();
    write_all(&open(home, &Remote::nowhere()?)?, &state)?;
    let cache = open(home, remote)?;
    report.left_while_away = drain(&cache)?;

    report.lost += read(&cache, &state, &mut report)?;
    report.lost += compare(remote, &state)?;

    report.present = state.present().count();
    report.absent = state.keys().len() - report.present;
    if remote.outlives_this_process() {
        remove(&cache, &state)?;
    }
    close(&cache)?;
    Ok(report)
}

/// A cache in `home`, with the settings of both processes.
fn open(home: &Path, remote: &Remote) -> Result<TieredCache> {
    let builder = tiered_cache::TieredCache::builder(home).max_age(HOUR);
    Ok(remote.behind(builder)?.open_blocking()?.blocking())
}

/// Closes the cache when the remote has all.
fn close(cache: &TieredCache) -> Result<()> {
    match cache.close(PATIENCE)?.complete {
        true => Ok(()),
        false => Err(format!("the remote did not get all within {PATIENCE:?}").into()),
    }
}

fn expiring() -> SetOptions {
    SetOptions::new().expires_in(HOUR)
}

/// Makes one change; returns when it is acknowledged.
fn make(cache: &TieredCache, operation: &Operation) -> tiered_cache::Result<()> {
    match &operation.value {
        Some(value) => {
            cache.set_with(&operation.key, value, expiring())?;
        }
        None => {
            cache.delete(&operation.key)?;
        }
    }
    Ok(())
}

/// Makes the operations one by one, and takes the time of each.
fn write(
    cache: &TieredCache,
    workload: &Workload,
    numbers: Range<u64>,
    state: &mut State,
    latencies: &mut Latencies,
) -> Result<()> {
    let bar = bar("writing the rest", numbers.clone().count() as u64)?;
    for number in numbers {
        let operation = workload.operation(number);
        latencies.time(|| make(cache, &operation))?;
        state.apply(operation);
        bar.inc(1);
    }
    bar.finish();
    Ok(())
}

/// Writes all entries in bulk, and closes the cache with nothing flushed: the remote is away.
fn write_all(cache: &TieredCache, state: &State) -> Result<()> {
    let entries: Vec<(&Bytes, &Bytes)> = state.present().collect();
    let bar = bar("writing, remote away", entries.len() as u64)?;
    for entries in entries.chunks(BULK) {
        cache.set_many(entries, expiring())?;
        bar.inc(entries.len() as u64);
    }
    bar.finish();
    cache.close(Duration::ZERO)?;
    Ok(())
}

/// Waits until the remote has all, in steps, for the progress bar.
fn drain(cache: &TieredCache) -> Result<Drained> {
    let started = Instant::now();
    let backlog = cache.stats().dirty_keys;
    let bar = bar("draining", backlog)?;
    loop {
        let flushed = cache.flush(Duration::from_millis(50))?;
        bar.set_position(backlog.saturating_sub(flushed.remaining));
        if flushed.complete {
            break;
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("not drained within {PATIENCE:?}: {flushed:?}").into());
        }
    }
    let time = started.elapsed();
    bar.finish();
    Ok(Drained { backlog, time })
}

/// Reads what is there through the cache, then some of it from the remote. The answer is how many
/// values were wrong.
fn read(cache: &TieredCache, state: &State, report: &mut Report) -> Result<u64> {
    let mut wrong = 0;
    let present: Vec<_> = state.present().collect();
    let bar_of_hits = bar("reading through the cache", present.len() as u64)?;
    for (key, value) in &present {
        let answer = report
            .hits
            .time(|| cache.get_with(key, ReadOptions::new()))?;
        if answer.source != Source::Local {
            return Err("an entry that was written here is not here".into());
        }
        wrong += u64::from(answer.value.as_ref() != Some(*value));
        bar_of_hits.inc(1);
    }
    bar_of_hits.finish();

    let bar = bar("reading from the remote", REMOTE_READS)?;
    for (key, _) in (0..REMOTE_READS).map_while(|_| fastrand::choice(&present)) {
        report.remote_reads.time(|| cache.get_remote(key))?;
        bar.inc(1);
    }
    bar.finish();
    Ok(wrong)
}

/// Compares the remote key by key, past the cache. The answer is how many keys differ.
fn compare(remote: &Remote, state: &State) -> Result<u64> {
    let keys = state.keys();
    let bar = bar("comparing", keys.len() as u64)?;
    let mut lost = 0;
    for keys in keys.chunks(BULK) {
        for (key, found) in keys.iter().zip(remote.read(keys)?) {
            lost += u64::from(found.as_ref() != state.value(key));
        }
        bar.inc(keys.len() as u64);
    }
    bar.finish();
    Ok(lost)
}

/// Deletes all keys of this run, by way of the cache.
fn remove(cache: &TieredCache, state: &State) -> Result<()> {
    for keys in state.keys().chunks(BULK) {
        cache.delete_many(keys)?;
    }
    drain(cache).map(drop)
}
