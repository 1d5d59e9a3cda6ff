//! What the cache counts.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_utils::CachePadded;

/// Places that threads count at, so that they do not fight for one.
pub(crate) const SHARDS: usize = 16;

/// A counter that many threads move all the time.
#[derive(Debug, Default)]
pub(crate) struct Sharded([CachePadded<AtomicU64>; SHARDS]);

impl Sharded {
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.0[shard()].fetch_add(count, Ordering::Relaxed);
    }

    /// The same; the answer is whether this thread's place has passed a multiple of 2^`bits`.
    #[inline]
    pub(crate) fn add_passing(&self, count: u64, bits: u32) -> bool {
        let before = self.0[shard()].fetch_add(count, Ordering::Relaxed);
        (before ^ before.wrapping_add(count)) >> bits != 0
    }

    pub(crate) fn sum(&self) -> u64 {
        self.0
            .iter()
            .map(|shard| shard.load(Ordering::Relaxed))
            .fold(0, u64::wrapping_add)
    }
}

/// The place of this thread.
#[inline]
pub(crate) fn shard() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static SHARD: Cell<usize> = const { Cell::new(usize::MAX) });
    SHARD.with(|shard| {
        if shard.get() == usize::MAX {
            shard.set(THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS);
        }
        shard.get()
    })
}

/// A counter that moves less often.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }
}

/// Everything that is counted, since the cache was opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) hits: Sharded,
    pub(crate) negative_hits: Counter,
    pub(crate) stale_hits: Counter,
    pub(crate) misses: Counter,
    pub(crate) fills: Counter,
    pub(crate) fills_too_late: Counter,
    pub(crate) flight_waits: Counter,
    pub(crate) remote_reads: Counter,
    pub(crate) remote_read_failures: Counter,
    pub(crate) sets: Sharded,
    pub(crate) deletes: Counter,
    pub(crate) expired: Counter,
    pub(crate) evicted: Counter,
    pub(crate) evicted_bytes: Counter,
    pub(crate) eviction_rounds: Counter,
    pub(crate) fills_refused: Counter,
    pub(crate) checkpoints: Counter,
    pub(crate) compactions: Counter,
    /// Bytes that the tables take as it stands, without what can be used again.
    pub(crate) live_bytes: Counter,
    pub(crate) backpressure_waits: Counter,
    pub(crate) backpressure_rejections: Counter,
    pub(crate) flushed: Counter,
    pub(crate) batches: Counter,
    pub(crate) flush_retries: Counter,
    pub(crate) dead_lettered: Counter,
    pub(crate) discarded: Counter,
    pub(crate) flusher_restarts: Counter,
    pub(crate) stale_records: Counter,
    /// Reads that wait for the remote now.
    pub(crate) reads_waiting: AtomicUsize,
    /// Of the last remote read, in microseconds.
    pub(crate) remote_read_us: Counter,
    /// Of the last batch, in microseconds.
    pub(crate) flush_us: Counter,
}
