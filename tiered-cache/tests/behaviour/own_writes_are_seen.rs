//! Read-your-writes on the node, under everything that happens at once.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tiered_cache::TieredCache;

use crate::common::{stage_with, until};

const KEYS: usize = 8;

/// One key, whose values are growing numbers.
#[derive(Clone)]
struct Key {
    cache: TieredCache,
    name: String,
    acknowledged: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Key {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    async fn write(self) {
        for number in 1.. {
            self.cache
                .set(&self.name, number.to_string())
                .await
                .unwrap();
            self.acknowledged.store(number, Ordering::SeqCst);
            // Often long enough to be flushed, evicted and read from the remote.
            pause_below(3000).await;
            if !self.goes_on() {
                return;
            }
        }
    }

    async fn evict(self) {
        while self.goes_on() {
            self.cache.evict_local(&self.name).unwrap();
            pause_below(1000).await;
        }
    }

    /// What is read is never older than what was acknowledged before.
    async fn read(self) {
        while self.goes_on() {
            let least = self.acknowledged.load(Ordering::SeqCst);
            let value = match random_below(3) {
                0 => self.cache.get_many(&[&self.name]).await.unwrap().remove(0),
                1 => self.cache.refresh(&self.name).await.unwrap().value,
                _ => self.cache.get(&self.name).await.unwrap(),
            };
            let read = value.map_or(0, |value| {
                std::str::from_utf8(&value).unwrap().parse::<u64>().unwrap()
            });
            assert!(
                read >= least,
                "{}: read {read}, acknowledged {least}",
                self.name
            );
        }
    }
}

/// Rows are written, flushed, evicted, swept and filled, all at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_never_goes_behind_an_acknowledged_write() {
    let stage = stage_with(|config| {
        config.reads.max_age = Duration::from_millis(1);
        config.reads.negative_ttl = Duration::from_millis(1);
        config.local.sweep_every = Duration::from_millis(1);
        config.flush.linger = Duration::ZERO;
    })
    .await;
    stage.remote.set_latency(Duration::from_micros(300));
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for index in 0..KEYS {
        let key = Key {
            cache: stage.cache.clone(),
            name: format!("k{index}"),
            acknowledged: Arc::default(),
            stop: Arc::clone(&stop),
        };
        tasks.push(tokio::spawn(key.clone().write()));
        tasks.push(tokio::spawn(key.clone().evict()));
        tasks.push(tokio::spawn(key.clone().read()));
        tasks.push(tokio::spawn(key.read()));
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    // Longer on a busy machine.
    until("fills have met writes", || {
        let stats = stage.cache.stats();
        stats.fills > 100 && stats.evicted > 100 && stats.fills_too_late > 0
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
}

async fn pause_below(micros: u64) {
    tokio::time::sleep(Duration::from_micros(random_below(micros))).await;
}

/// A cheap random number, another one in each call.
fn random_below(limit: u64) -> u64 {
    RandomState::new().hash_one(0) % limit
}
