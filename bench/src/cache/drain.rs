//! The way of a backlog to the remote, beside what the same one takes from one plain pipeline.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use redis::Pipeline;
use tempfile::TempDir;
use tiered_cache::{
    Bytes, ConnectRequest, MemoryRemote, RedisRemote, RemoteStore, RemoteWrite, SetOptions,
};

use super::{CACHE, FAR, Size, away, beside, fill, open, runtime, settle, workload};
use crate::measure::{Contender, Sample, rounds};
use crate::redis_server::RedisServer;
use crate::report::Report;
use crate::rows::Rows;

const PIPELINE: &str = "redis, pipeline";
const BATCHES: &str = "remote alone, batches";
const BATCH: usize = 512;
const TTL: Duration = Duration::from_secs(3600);

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let rows = Rows::new('k', if size.quick { 50_000 } else { 300_000 });
    for expiring in [false, true] {
        let server = RedisServer::start()?;
        let contenders = vec![
            Contender::new(CACHE, |_| {
                server.clear()?;
                drain(&rows, expiring, RedisRemote::new(server.url())?, || {
                    server.keys()
                })
            }),
            Contender::new(PIPELINE, |_| pipeline(&server, &rows, expiring)),
        ];
        let outcomes = rounds(size.rounds.min(7), contenders)?;
        let command = if expiring { "SET PXAT" } else { "SET" };
        let workload = workload(
            format!("drain {} keys, {command}", rows.len()),
            1,
            "values of 100 bytes; tiered-cache: from the home on disk, 2 lanes, batches of 512, \
             each acknowledged key marked; redis, pipeline: one plain connection, pipelines of 512",
        );
        report.add(&workload, &outcomes, &[beside(PIPELINE, Some(0.6))]);
    }
    far(report, size, &rows)
}

/// To a remote half a millisecond away.
fn far(report: &mut Report, size: Size, rows: &Rows) -> Result<()> {
    let contenders = vec![
        Contender::new(CACHE, |_| {
            let remote = MemoryRemote::new().with_latency(FAR);
            let there = remote.clone();
            drain(rows, false, remote, || Ok(there.len()))
        }),
        Contender::new(BATCHES, |_| batches(rows)),
    ];
    let outcomes = rounds(size.rounds.min(7), contenders)?;
    let workload = workload(
        format!("drain {} keys, remote 0.5 ms away", rows.len()),
        1,
        "values of 100 bytes, remote in this process's memory; tiered-cache: from the home on disk, \
         2 lanes with 2 batches of 512 under way each; remote alone: one connection, one batch of \
         512 after the other",
    );
    report.add(&workload, &outcomes, &[beside(BATCHES, None)]);
    Ok(())
}

/// Opens a home whose rows all are dirty, and waits until none is. Then the remote has to have as
/// many keys.
fn drain(
    rows: &Rows,
    expiring: bool,
    remote: impl RemoteStore,
    keys: impl Fn() -> Result<usize>,
) -> Result<Sample> {
    let folder = dirty_home(rows, expiring)?;
    runtime()?.block_on(async {
        let cache = open(folder.path(), remote).await?;
        // Opening itself is not meant; what has gone out by its end does not count.
        let (begun, backlog) = (Instant::now(), cache.stats().dirty_keys);
        settle(&cache).await?;
        let took = begun.elapsed();
        ensure!(keys()? == rows.len(), "the remote has not got all keys");
        Sample::whole(usize::try_from(backlog)?, took)
    })
}

fn dirty_home(rows: &Rows, expiring: bool) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    runtime()?.block_on(async {
        let cache = open(folder.path(), away()).await?;
        let options = if expiring {
            SetOptions::new().expires_in(TTL)
        } else {
            SetOptions::new()
        };
        fill(&cache, rows, options).await?;
        cache.close(Duration::ZERO).await?;
        anyhow::Ok(())
    })?;
    Ok(folder)
}

/// One batch after the other on one connection.
fn pipeline(server: &RedisServer, rows: &Rows, expiring: bool) -> Result<Sample> {
    server.clear()?;
    let expiry = (SystemTime::now() + TTL).duration_since(UNIX_EPOCH)?;
    let at = expiring.then(|| expiry.as_millis().to_string());
    runtime()?.block_on(async {
        let mut connection = server.connect().await?;
        let begun = Instant::now();
        for first in (0..rows.len()).step_by(BATCH) {
            let mut batch = Pipeline::with_capacity(BATCH);
            for index in first..rows.len().min(first + BATCH) {
                let command = batch.cmd("SET").arg(rows.key(index)).arg(rows.value(index));
                if let Some(at) = &at {
                    command.arg("PXAT").arg(at);
                }
                command.ignore();
            }
            batch.exec_async(&mut connection).await?;
        }
        Sample::whole(rows.len(), begun.elapsed())
    })
}

/// The same writes to a remote in memory, without what keeps them.
fn batches(rows: &Rows) -> Result<Sample> {
    let remote = MemoryRemote::new().with_latency(FAR);
    runtime()?.block_on(async {
        let request = ConnectRequest {
            name: "plain",
            fence: &[],
        };
        let mut lane = remote.connect(request).await?;
        let begun = Instant::now();
        let writes: Vec<_> = rows.iter().collect();
        for part in writes.chunks(BATCH) {
            let batch = part.iter().map(|(key, value)| RemoteWrite::Set {
                key: Bytes::copy_from_slice(key),
                value: Bytes::copy_from_slice(value),
                expires_at: None,
            });
            for result in lane.apply(batch.collect()).await? {
                result?;
            }
        }
        Sample::whole(rows.len(), begun.elapsed())
    })
}
