//! Hits and writes while the remote is there, away, and half a millisecond from here.

use std::time::Duration;

use anyhow::Result;
use tiered_cache::{MemoryRemote, SetOptions};

use super::misses::Origin;
use super::{FAR, Size, fill, open, ops, runtime, settle, tell, workload};
use crate::measure::{Contender, rounds};
use crate::report::{Goal, Report};
use crate::rows::{Rows, shuffled};

const ALIVE: &str = "tiered-cache, remote alive";
const AWAY: &str = "tiered-cache, remote away";
const SLOW: &str = "tiered-cache, remote 0.5 ms away";
const ALONE: &str = "remote alone, 0.5 ms away";
const KEYS: usize = 100_000;

/// How the remote is.
#[derive(Clone, Copy)]
enum State {
    Alive,
    Away,
    Slow,
}

impl State {
    fn of(self, remote: &MemoryRemote) {
        let (down, latency) = match self {
            Self::Alive => (false, Duration::ZERO),
            Self::Away => (true, Duration::ZERO),
            Self::Slow => (false, FAR),
        };
        remote.set_latency(latency);
        remote.set_down(down);
    }
}

pub(super) fn run(report: &mut Report, size: Size) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let remote = MemoryRemote::new();
    let rows = Rows::new('k', KEYS);
    let runtime = runtime()?;
    let cache = runtime.block_on(async {
        let cache = open(folder.path(), remote.clone()).await?;
        fill(&cache, &rows, SetOptions::new()).await?;
        anyhow::Ok(cache)
    })?;
    for (name, sets, ops) in [("set", true, size.ops / 5), ("hit", false, size.ops)] {
        // Between two rounds everything is flushed: each begins with clean rows.
        let round = |state: State, round: usize| {
            state.of(&remote);
            runtime.block_on(async {
                let order = shuffled(round, ops, KEYS);
                let sample = if sets {
                    let set = async |key: &[u8], value: &[u8]| {
                        cache.set(key, value).await?;
                        Ok(())
                    };
                    ops::write(&rows, &order, set).await
                } else {
                    let get = async |key: &[u8]| Ok(cache.get(key).await?);
                    ops::read(&rows, &order, get).await
                };
                State::Alive.of(&remote);
                settle(&cache).await?;
                sample
            })
        };
        round(State::Alive, 0)?;
        let mut contenders = vec![
            Contender::new(ALIVE, |number| round(State::Alive, number)),
            Contender::new(AWAY, |number| round(State::Away, number)),
            Contender::new(SLOW, |number| round(State::Slow, number)),
        ];
        if !sets {
            contenders.push(Contender::new(ALONE, |number| {
                State::Slow.of(&remote);
                let origin = Origin::Memory(remote.clone());
                let get = async |key: &[u8]| origin.find(key).await;
                let order = shuffled(number, 50, KEYS);
                let sample = runtime.block_on(ops::read(&rows, &order, get));
                State::Alive.of(&remote);
                sample
            }));
        }
        let outcomes = rounds(size.rounds, contenders)?;
        let to = |engine, against, least| Goal {
            engine,
            against,
            least,
        };
        let workload = workload(
            format!("{name} by how the remote is"),
            1,
            "values of 100 bytes, durability Process; the remote is in this process's memory and \
             takes of its processor; away: refuses at once; 0.5 ms away: every batch and read \
             takes that; remote alone: read without a cache",
        );
        let goals = [
            to(AWAY, ALIVE, Some(0.9)),
            to(SLOW, ALIVE, None),
            to(SLOW, ALONE, None),
        ];
        tell(report, &workload, &outcomes, &goals);
    }
    Ok(())
}
