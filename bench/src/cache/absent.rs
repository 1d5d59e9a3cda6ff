//! Reads of keys that nobody has: asked once, and remembered as absent for a while.

use anyhow::{Result, ensure};
use tiered_cache::{RedisRemote, TieredCache};

use super::misses::Origin;
use super::ops::miss;
use super::{CACHE, REDIS, Size, beside, open, runtime, tell, workload};
use crate::measure::{Contender, Sample, rounds};
use crate::redis_server::RedisServer;
use crate::report::Report;
use crate::rows::{Rows, shuffled};

/// Absences that are remembered.
const KEYS: usize = 10_000;

const CONFIG: &str = "tiered-cache: the absence is kept as a row, here for the whole run (default: \
    1 s); redis: GET over loopback, answered with nil; foyer and moka remember no absence unless \
    the program stores one as a value";

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let ops = size.ops / 100;
    let server = RedisServer::start()?;
    let folder = tempfile::tempdir()?;
    let remote = RedisRemote::new(server.url())?;
    let cache = runtime()?.block_on(open(folder.path(), remote))?;

    let rows = Rows::new('a', size.rounds * ops);
    let order = |round: usize| (round * ops..(round + 1) * ops).collect::<Vec<_>>();
    let contenders = vec![
        Contender::new(CACHE, |round| {
            let before = cache.stats().misses;
            let sample = ask(&cache, &rows, &order(round))?;
            let asked = cache.stats().misses - before;
            ensure!(asked == ops as u64, "the remote was asked {asked} times");
            Ok(sample)
        }),
        Contender::new(REDIS, |round| ask_redis(&server, &rows, &order(round))),
    ];
    compare(report, "absent key, first time", size.rounds, contenders)?;

    let rows = Rows::new('b', KEYS);
    ask(&cache, &rows, &(0..KEYS).collect::<Vec<_>>())?;
    let asked = cache.stats().misses;
    let contenders = vec![
        Contender::new(CACHE, |round| {
            let sample = ask(&cache, &rows, &shuffled(round, size.ops, KEYS))?;
            ensure!(cache.stats().misses == asked, "an absence was forgotten");
            Ok(sample)
        }),
        Contender::new(REDIS, |round| {
            ask_redis(&server, &rows, &shuffled(round, ops, KEYS))
        }),
    ];
    compare(report, "absent key, remembered", size.rounds, contenders)
}

fn compare(
    report: &mut Report,
    name: &str,
    count: usize,
    contenders: Vec<Contender<'_>>,
) -> Result<()> {
    let outcomes = rounds(count, contenders)?;
    let workload = workload(name, 1, CONFIG);
    tell(report, &workload, &outcomes, &[beside(REDIS, None)]);
    Ok(())
}

fn ask(cache: &TieredCache, rows: &Rows, order: &[usize]) -> Result<Sample> {
    let get = async |key: &[u8]| Ok(cache.get(key).await?);
    runtime()?.block_on(miss(rows, order, get))
}

fn ask_redis(server: &RedisServer, rows: &Rows, order: &[usize]) -> Result<Sample> {
    runtime()?.block_on(async {
        let origin = Origin::Redis(server.connect().await?);
        miss(rows, order, async |key: &[u8]| origin.find(key).await).await
    })
}
