//! Reads of what only the remote has: the way there, and the row that is kept for the next one.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use foyer::HybridCachePolicy;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tempfile::TempDir;
use tiered_cache::{Bytes, MemoryRemote, RedisRemote, RemoteStore, TieredCache};

use super::ops::read;
use super::rivals::{FOYER, Foyer, MOKA, Moka};
use super::{CACHE, CACHE_SIZE, FAR, REDIS, Size, beside, open, runtime, tell, workload};
use crate::measure::{Contender, Outcome, Sample, rounds};
use crate::redis_server::RedisServer;
use crate::report::Report;
use crate::rows::Rows;

/// The remote by itself, with nothing in front.
const REMOTE: &str = "remote alone";

/// Keys of a question about many.
const MANY: usize = 100;

const CONFIG: &str = "values of 100 bytes, each key once, one caller; tiered-cache: asks value and \
    expiry in one trip, and the answer is in its table when the caller has it, on disk with the \
    next checkpoint; foyer: get_or_fetch, the value in memory, on disk when memory is full; moka: \
    try_get_with, memory only; both ask the value alone, know no expiry at the remote, and a write \
    at the same time may lose to the answer";

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    loopback(report, size)?;
    far(report, size)?;
    many(report, size)
}

/// Where values come from.
#[derive(Clone)]
pub(super) enum Origin {
    Redis(MultiplexedConnection),
    Memory(MemoryRemote),
}

impl Origin {
    pub(super) async fn find(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Redis(connection) => Ok(connection.clone().get(key).await?),
            Self::Memory(remote) => {
                let keys = [Bytes::copy_from_slice(key)];
                let answer = remote.read(&keys).await?.pop().context("no answer")??;
                Ok(answer.map(|found| found.value.to_vec()))
            }
        }
    }

    /// The value of a key that has one.
    async fn load(self, key: Vec<u8>) -> Result<Vec<u8>> {
        match self.find(&key).await? {
            Some(value) => Ok(value),
            None => bail!("the remote has not got a key"),
        }
    }
}

/// The contenders, all empty at first.
struct Stage<'a> {
    rows: &'a Rows,
    cache: TieredCache,
    foyer: Foyer,
    moka: Moka,
    _folder: TempDir,
}

impl<'a> Stage<'a> {
    fn set(rows: &'a Rows, remote: impl RemoteStore) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let cache = runtime()?.block_on(open(folder.path(), remote))?;
        Ok(Self {
            rows,
            cache,
            foyer: Foyer::open(CACHE_SIZE, rows, HybridCachePolicy::WriteOnEviction)?,
            moka: Moka::new(CACHE_SIZE),
            _folder: folder,
        })
    }

    /// All caches and `alone`, each with so many keys a round that it was never asked for.
    fn contenders(
        &'a self,
        alone: &'static str,
        ops: usize,
        origin: &'a (impl AsyncFn() -> Result<Origin> + 'a),
    ) -> Vec<Contender<'a>> {
        let order = move |round: usize| (round * ops..(round + 1) * ops).collect::<Vec<_>>();
        vec![
            Contender::new(CACHE, move |round| self.cache_reads(&order(round))),
            Contender::new(alone, move |round| {
                runtime()?.block_on(async {
                    let origin = origin().await?;
                    let get = async |key: &[u8]| origin.find(key).await;
                    read(self.rows, &order(round), get).await
                })
            }),
            Contender::new(FOYER, move |round| {
                self.foyer.runtime.block_on(async {
                    let origin = origin().await?;
                    let get = async |key: &[u8]| {
                        let load = origin.clone().load(key.to_vec());
                        self.foyer.get_or_load(key, load).await.map(Some)
                    };
                    read(self.rows, &order(round), get).await
                })
            }),
            Contender::new(MOKA, move |round| {
                runtime()?.block_on(async {
                    let origin = origin().await?;
                    let get = async |key: &[u8]| {
                        let load = origin.clone().load(key.to_vec());
                        self.moka.get_or_load(key, load).await.map(Some)
                    };
                    read(self.rows, &order(round), get).await
                })
            }),
        ]
    }

    fn cache_reads(&self, order: &[usize]) -> Result<Sample> {
        let get = async |key: &[u8]| Ok(self.cache.get(key).await?);
        let before = self.cache.stats().fills;
        let sample = runtime()?.block_on(read(self.rows, order, get))?;
        let fills = self.cache.stats().fills - before;
        ensure!(fills == order.len() as u64, "{fills} answers were kept");
        Ok(sample)
    }
}

/// Redis on the same machine.
fn loopback(report: &mut Report, size: Size) -> Result<()> {
    let ops = size.ops / 100;
    let rows = Rows::new('m', size.rounds * ops);
    let server = RedisServer::start()?;
    runtime()?.block_on(server.fill(&rows))?;
    let stage = Stage::set(&rows, RedisRemote::new(server.url())?)?;
    let origin = async || Ok(Origin::Redis(server.connect().await?));
    let outcomes = rounds(size.rounds, stage.contenders(REDIS, ops, &origin))?;
    let about = "Redis on loopback";
    compare(report, about, "redis: GET, kept nowhere", &outcomes, REDIS);
    Ok(())
}

/// A remote half a millisecond away.
fn far(report: &mut Report, size: Size) -> Result<()> {
    let ops = size.ops / 500;
    let count = size.rounds.min(11);
    let rows = Rows::new('m', count * ops);
    let remote = MemoryRemote::new().with_latency(FAR);
    for (key, value) in rows.iter() {
        remote.set(key, value, None);
    }
    let stage = Stage::set(&rows, remote.clone())?;
    let origin = async || Ok(Origin::Memory(remote.clone()));
    let outcomes = rounds(count, stage.contenders(REMOTE, ops, &origin))?;
    let alone = "remote alone: its answer, 0.5 ms and what its timer is late";
    compare(report, "remote 0.5 ms away", alone, &outcomes, REMOTE);
    Ok(())
}

fn compare(
    report: &mut Report,
    remote: &str,
    alone: &str,
    outcomes: &[Outcome],
    against: &'static str,
) {
    let config = format!("{CONFIG}; {alone}");
    let workload = workload(format!("miss and fill, {remote}"), 1, config);
    let goals = [against, FOYER, MOKA].map(|against| beside(against, None));
    tell(report, &workload, outcomes, &goals);
}

/// Many keys in one question.
fn many(report: &mut Report, size: Size) -> Result<()> {
    let ops = size.ops / 50;
    let rows = Rows::new('m', size.rounds * ops);
    let server = RedisServer::start()?;
    runtime()?.block_on(server.fill(&rows))?;
    let folder = tempfile::tempdir()?;
    let remote = RedisRemote::new(server.url())?;
    let cache = runtime()?.block_on(open(folder.path(), remote))?;
    let contenders = vec![
        Contender::new(CACHE, |round| {
            let get = async |keys: &[&[u8]]| Ok(cache.get_many(keys).await?);
            runtime()?.block_on(in_portions(&rows, round * ops, ops, get))
        }),
        Contender::new(REDIS, |round| {
            runtime()?.block_on(async {
                let connection = server.connect().await?;
                let get = async |keys: &[&[u8]]| {
                    let found: Vec<Option<Vec<u8>>> = connection.clone().mget(keys).await?;
                    Ok(found)
                };
                in_portions(&rows, round * ops, ops, get).await
            })
        }),
    ];
    let outcomes = rounds(size.rounds, contenders)?;
    let workload = workload(
        format!("miss and fill, {MANY} keys at a time, Redis on loopback"),
        1,
        "values of 100 bytes, each key once; tiered-cache: get_many, one question for values and \
         expiries, all kept; redis: MGET, kept nowhere; operations are keys",
    );
    tell(report, &workload, &outcomes, &[beside(REDIS, None)]);
    Ok(())
}

/// Reads so many rows from `first` on, [`MANY`] at a time.
async fn in_portions<V: AsRef<[u8]>>(
    rows: &Rows,
    first: usize,
    count: usize,
    get: impl AsyncFn(&[&[u8]]) -> Result<Vec<Option<V>>>,
) -> Result<Sample> {
    let begun = Instant::now();
    for begin in (first..first + count).step_by(MANY) {
        let numbers = begin..(first + count).min(begin + MANY);
        let keys: Vec<&[u8]> = numbers.clone().map(|number| rows.key(number)).collect();
        let values = get(&keys).await?;
        ensure!(values.len() == keys.len(), "not all keys have an answer");
        for (number, value) in numbers.zip(values) {
            let value = value.context("a key is missing")?;
            ensure!(value.as_ref() == rows.value(number), "a value is wrong");
        }
    }
    Sample::whole(count, begun.elapsed())
}
