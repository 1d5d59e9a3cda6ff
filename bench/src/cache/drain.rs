//! The way of a backlog to Redis, beside what the same server takes from one plain pipeline.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use redis::Pipeline;
use tempfile::TempDir;
use tiered_cache::{MemoryRemote, RedisRemote, SetOptions};

use super::{CACHE, Size, fill, open, runtime, settle, workload};
use crate::measure::{Contender, Sample, rounds};
use crate::redis_server::RedisServer;
use crate::report::{Goal, Report};
use crate::rows::Rows;

const PIPELINE: &str = "redis, pipeline";
const BATCH: usize = 512;
const TTL: Duration = Duration::from_secs(3600);

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let rows = Rows::new('k', if size.quick { 50_000 } else { 300_000 });
    for expiring in [false, true] {
        let server = RedisServer::start()?;
        let contenders = vec![
            Contender::new(CACHE, |_| drain(&server, &rows, expiring)),
            Contender::new(PIPELINE, |_| pipeline(&server, &rows, expiring)),
        ];
        let outcomes = rounds(size.rounds.min(7), contenders)?;
        let command = if expiring { "SET PXAT" } else { "SET" };
        let workload = workload(
            format!("drain {} keys, {command}", rows.len()),
            1,
            "2 lanes, batches of 512, values of 100 bytes",
        );
        let goal = Goal {
            engine: CACHE,
            against: PIPELINE,
            least: Some(0.6),
        };
        report.add(&workload, &outcomes, &[goal]);
    }
    Ok(())
}

/// Opens a home whose rows all are dirty, and waits until none is.
fn drain(server: &RedisServer, rows: &Rows, expiring: bool) -> Result<Sample> {
    let folder = dirty_home(rows, expiring)?;
    server.clear()?;
    runtime()?.block_on(async {
        let cache = open(folder.path(), RedisRemote::new(server.url())?).await?;
        // Opening itself is not meant; what has gone out by its end does not count.
        let (begun, backlog) = (Instant::now(), cache.stats().dirty_keys);
        settle(&cache).await?;
        let took = begun.elapsed();
        ensure!(server.keys()? == rows.len(), "Redis has not got all keys");
        Sample::whole(usize::try_from(backlog)?, took)
    })
}

fn dirty_home(rows: &Rows, expiring: bool) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    runtime()?.block_on(async {
        let remote = MemoryRemote::new();
        remote.set_down(true);
        let cache = open(folder.path(), remote).await?;
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
