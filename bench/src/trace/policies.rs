//! Who is compared.

use std::collections::HashMap;

use anyhow::Result;
use foyer::{CacheBuilder, EvictionConfig, FifoConfig, LfuConfig, LruConfig, S3FifoConfig};
use tiered_cache::eviction::Simulation;
use tokio::runtime::Runtime;

use super::OURS;

pub(super) const S3_FIFO: &str = "S3-FIFO (foyer)";
pub(super) const W_TINY_LFU: &str = "W-TinyLFU (foyer)";

pub(super) struct Policy {
    pub(super) name: &'static str,
    /// With room for so many entries.
    pub(super) make: fn(usize) -> Result<Box<dyn Cache>>,
}

/// Reads keys, and puts in what is not there.
pub(super) trait Cache {
    /// Reads these keys in turn; how many were there.
    fn hits(&mut self, keys: &[u64]) -> usize;
}

pub(super) const POLICIES: [Policy; 7] = [
    Policy {
        name: OURS,
        make: |room| Ok(Box::new(Ours(Simulation::new(room)))),
    },
    Policy {
        name: S3_FIFO,
        make: |room| foyer(room, S3FifoConfig::default()),
    },
    Policy {
        name: W_TINY_LFU,
        make: |room| foyer(room, LfuConfig::default()),
    },
    Policy {
        name: "moka, TinyLFU",
        make: moka,
    },
    Policy {
        name: "LRU",
        make: |room| foyer(room, LruConfig::default()),
    },
    Policy {
        name: "FIFO",
        make: |room| foyer(room, FifoConfig::default()),
    },
    Policy {
        name: "random",
        make: |room| Ok(Box::new(Random::new(room))),
    },
];

/// Keys as a service has them: their order says nothing of how popular they are.
fn name_of(key: u64) -> [u8; 8] {
    // Odd, and so one to one.
    key.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()
}

struct Ours(Simulation);

impl Cache for Ours {
    fn hits(&mut self, keys: &[u64]) -> usize {
        let hit = |key: &&u64| self.0.access(&name_of(**key), 100);
        keys.iter().filter(hit).count()
    }
}

struct Foyer(foyer::Cache<u64, ()>);

/// In one piece: each of several would have room for its own part alone.
#[allow(clippy::unnecessary_wraps, reason = "as all of them are made")]
fn foyer(room: usize, policy: impl Into<EvictionConfig>) -> Result<Box<dyn Cache>> {
    let cache = CacheBuilder::new(room)
        .with_shards(1)
        .with_eviction_config(policy);
    Ok(Box::new(Foyer(cache.build())))
}

impl Cache for Foyer {
    fn hits(&mut self, keys: &[u64]) -> usize {
        let hit = |key: &&u64| {
            let there = self.0.get(*key).is_some();
            if !there {
                self.0.insert(**key, ());
            }
            there
        };
        keys.iter().filter(hit).count()
    }
}

struct Moka {
    cache: moka::future::Cache<u64, ()>,
    runtime: Runtime,
}

fn moka(room: usize) -> Result<Box<dyn Cache>> {
    Ok(Box::new(Moka {
        cache: moka::future::Cache::new(room as u64),
        runtime: tokio::runtime::Builder::new_current_thread().build()?,
    }))
}

impl Cache for Moka {
    fn hits(&mut self, keys: &[u64]) -> usize {
        self.runtime.block_on(async {
            let mut hits = 0;
            for (place, key) in keys.iter().enumerate() {
                if self.cache.get(key).await.is_some() {
                    hits += 1;
                } else {
                    self.cache.insert(*key, ()).await;
                }
                // It notes reads and evicts later; so that it holds what it has room for, and no
                // more.
                if place % 16 == 0 {
                    self.cache.run_pending_tasks().await;
                }
            }
            hits
        })
    }
}

/// Throws out whom chance names.
struct Random {
    room: usize,
    keys: Vec<u64>,
    places: HashMap<u64, usize>,
    random: fastrand::Rng,
}

impl Random {
    fn new(room: usize) -> Self {
        Self {
            room,
            keys: Vec::with_capacity(room),
            places: HashMap::with_capacity(room),
            random: fastrand::Rng::with_seed(5),
        }
    }

    fn read(&mut self, key: u64) -> bool {
        if self.places.contains_key(&key) {
            return true;
        }
        let place = if self.keys.len() < self.room {
            self.keys.push(key);
            self.keys.len() - 1
        } else {
            let place = self.random.usize(..self.room);
            let out = std::mem::replace(&mut self.keys[place], key);
            self.places.remove(&out);
            place
        };
        self.places.insert(key, place);
        false
    }
}

impl Cache for Random {
    fn hits(&mut self, keys: &[u64]) -> usize {
        keys.iter().filter(|key| self.read(**key)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keep_what_they_have_room_for_and_no_more() {
        let few: Vec<u64> = (0..50).cycle().take(1000).collect();
        let once: Vec<u64> = (1000..3000).collect();
        for policy in POLICIES {
            let mut cache = (policy.make)(100).unwrap();
            assert_eq!(cache.hits(&few), 950, "{}", policy.name);
            assert_eq!(cache.hits(&once), 0, "{}", policy.name);
            let again = cache.hits(&once);
            assert!(again <= 100, "{}: {again}", policy.name);
        }
    }
}
