//! Figures a user can see.

use std::time::Duration;

use super::TieredCache;
use super::core::Core;
use crate::write_behind::LaneStatus;

/// The figures of a cache. Counts are since the opening.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Reads answered by a local value.
    pub hits: u64,
    /// Reads for which a copy of the row in memory was enough, whatever it said.
    pub hot_hits: u64,
    /// Memory of these copies, in bytes, about.
    pub hot_bytes: u64,
    /// Reads answered by local knowledge that the key is absent.
    pub negative_hits: u64,
    /// Reads answered by an old local value, marked stale.
    pub stale_hits: u64,
    /// Reads that asked the remote.
    pub misses: u64,
    /// Answers of the remote that were kept.
    pub fills: u64,
    /// Answers of the remote that were not kept, because the key had changed here meanwhile.
    pub fills_too_late: u64,
    /// Reads and loads that waited for another one of the same key.
    pub flight_waits: u64,
    /// Questions to the remote; one can be about many keys.
    pub remote_reads: u64,
    /// Questions that failed.
    pub remote_read_failures: u64,
    /// How long the last question took.
    pub remote_read_latency: Duration,
    /// Whether the circuit breaker is open: the remote is not asked.
    pub breaker_open: bool,
    /// Keys set.
    pub sets: u64,
    /// Keys deleted.
    pub deletes: u64,
    /// Rows removed by the sweep: expired, or absences no longer remembered.
    pub expired: u64,
    /// Keys evicted from the local tier: to make room, and by
    /// [`evict_local`](TieredCache::evict_local).
    pub evicted: u64,
    /// Keys and values evicted to make room, in bytes, with 40 a row for its header.
    pub evicted_bytes: u64,
    /// How often the hand that makes room has come round the table.
    pub eviction_rounds: u64,
    /// Answers of the remote that were not kept for want of room, or as they were too large.
    pub fills_refused: u64,
    /// Checkpoints taken to get space back; the engine's own do not count.
    pub checkpoints: u64,
    /// Compactions of the local entries' file.
    pub compactions: u64,
    /// Writes that waited for room.
    pub backpressure_waits: u64,
    /// Writes that were refused for want of room.
    pub backpressure_rejections: u64,
    /// Keys that the remote does not have as they are here, dead letters included.
    pub dirty_keys: u64,
    /// Their keys and values, in bytes.
    pub dirty_bytes: u64,
    /// The age of the oldest change that the remote does not have: the lag.
    pub oldest_dirty: Option<Duration>,
    /// Writes that the remote acknowledged.
    pub flushed: u64,
    /// Batches that it answered.
    pub batches: u64,
    /// How long the last batch took.
    pub flush_latency: Duration,
    /// Attempts that failed and were, or will be, made again.
    pub flush_retries: u64,
    /// Keys that are dead letters now, without discarded ones.
    pub dead_letters: u64,
    /// Keys that became dead letters.
    pub dead_lettered: u64,
    /// Dead letters that were discarded.
    pub discarded: u64,
    /// How often a lane of the flusher broke down and was started again.
    pub flusher_restarts: u64,
    /// The lanes.
    pub lanes: Vec<LaneStatus>,
    /// The file of the local entries, in bytes; 0 when it cannot be read. It can lag behind by a
    /// checkpoint.
    pub local_bytes: u64,
    /// What the local tier's tables hold now, in bytes on disk, about: their files without what
    /// is free in them.
    pub live_bytes: u64,
    /// All files of the home, the log included, in bytes.
    pub disk_bytes: u64,
    /// What they may take: [`max_disk`](crate::LocalConfig::max_disk), in bytes.
    pub max_disk_bytes: u64,
    /// Whether the local tier has no room for new keys: writes of them wait.
    pub local_tier_full: bool,
    /// The last version written.
    pub version: u64,
    /// Events in the window of the change feed.
    pub feed_events: u64,
    /// What they take of memory, in bytes.
    pub feed_bytes: u64,
    /// Snapshots that are held.
    pub snapshots: u64,
}

impl TieredCache {
    /// The figures now. They cost a walk through the files' names.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.stats()
    }
}

impl Core {
    fn stats(&self) -> Stats {
        let counters = &self.counters;
        let local = self.local().ok();
        let (feed_events, feed_bytes) = self.feed.fill_level();
        let (local_bytes, disk_bytes) = local.as_ref().map_or((0, 0), |local| local.disk_bytes());
        Stats {
            hits: counters.hits.sum(),
            hot_hits: local.as_ref().map_or(0, |local| local.hot.hits()),
            hot_bytes: local.as_ref().map_or(0, |local| local.hot.bytes()),
            negative_hits: counters.negative_hits.get(),
            stale_hits: counters.stale_hits.get(),
            misses: counters.misses.get(),
            fills: counters.fills.get(),
            fills_too_late: counters.fills_too_late.get(),
            flight_waits: counters.flight_waits.get(),
            remote_reads: counters.remote_reads.get(),
            remote_read_failures: counters.remote_read_failures.get(),
            remote_read_latency: Duration::from_micros(counters.remote_read_us.get()),
            breaker_open: self.breaker.is_open(),
            sets: counters.sets.sum(),
            deletes: counters.deletes.get(),
            expired: counters.expired.get(),
            evicted: counters.evicted.get(),
            evicted_bytes: counters.evicted_bytes.get(),
            eviction_rounds: counters.eviction_rounds.get(),
            fills_refused: counters.fills_refused.get(),
            checkpoints: counters.checkpoints.get(),
            compactions: counters.compactions.get(),
            backpressure_waits: counters.backpressure_waits.get(),
            backpressure_rejections: counters.backpressure_rejections.get(),
            dirty_keys: self.dirty.keys(),
            dirty_bytes: self.dirty.bytes(),
            oldest_dirty: self.lag(),
            flushed: counters.flushed.get(),
            batches: counters.batches.get(),
            flush_latency: Duration::from_micros(counters.flush_us.get()),
            flush_retries: counters.flush_retries.get(),
            dead_letters: self.dirty.dead(),
            dead_lettered: counters.dead_lettered.get(),
            discarded: counters.discarded.get(),
            flusher_restarts: counters.flusher_restarts.get(),
            lanes: (0..self.dirty.lanes())
                .map(|lane| self.board.status(lane, self.dirty.pending(lane)))
                .collect(),
            local_bytes,
            live_bytes: counters.live_bytes.get(),
            disk_bytes,
            version: local.as_ref().map_or(0, |local| local.feed.last()),
            feed_events: feed_events as u64,
            feed_bytes,
            snapshots: self.snapshots.count() as u64,
            max_disk_bytes: self.config.local.max_disk.as_u64(),
            local_tier_full: self.dirty.tier_is_full(),
        }
    }

    /// Hands the figures to the recorder of the `metrics` crate, if the program has one.
    pub(super) fn publish(&self) {
        let stats = self.stats();
        for (name, value) in stats.counters() {
            metrics::counter!(name).absolute(value);
        }
        for (name, value) in stats.gauges() {
            metrics::gauge!(name).set(value);
        }
    }
}

impl Stats {
    fn counters(&self) -> [(&'static str, u64); 26] {
        [
            ("tiered_cache_hits_total", self.hits),
            ("tiered_cache_hot_hits_total", self.hot_hits),
            ("tiered_cache_negative_hits_total", self.negative_hits),
            ("tiered_cache_stale_hits_total", self.stale_hits),
            ("tiered_cache_misses_total", self.misses),
            ("tiered_cache_fills_total", self.fills),
            ("tiered_cache_fills_too_late_total", self.fills_too_late),
            ("tiered_cache_flight_waits_total", self.flight_waits),
            ("tiered_cache_remote_reads_total", self.remote_reads),
            (
                "tiered_cache_remote_read_failures_total",
                self.remote_read_failures,
            ),
            ("tiered_cache_sets_total", self.sets),
            ("tiered_cache_deletes_total", self.deletes),
            ("tiered_cache_expired_total", self.expired),
            ("tiered_cache_evicted_total", self.evicted),
            ("tiered_cache_evicted_bytes_total", self.evicted_bytes),
            ("tiered_cache_eviction_rounds_total", self.eviction_rounds),
            ("tiered_cache_fills_refused_total", self.fills_refused),
            ("tiered_cache_checkpoints_total", self.checkpoints),
            ("tiered_cache_compactions_total", self.compactions),
            (
                "tiered_cache_backpressure_waits_total",
                self.backpressure_waits,
            ),
            (
                "tiered_cache_backpressure_rejections_total",
                self.backpressure_rejections,
            ),
            ("tiered_cache_flushed_total", self.flushed),
            ("tiered_cache_flush_retries_total", self.flush_retries),
            ("tiered_cache_dead_lettered_total", self.dead_lettered),
            ("tiered_cache_discarded_total", self.discarded),
            ("tiered_cache_flusher_restarts_total", self.flusher_restarts),
        ]
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "a gauge is a float; no figure comes near 2^53"
    )]
    fn gauges(&self) -> [(&'static str, f64); 13] {
        let stalest = self.lanes.iter().map(|lane| lane.last_progress).max();
        [
            ("tiered_cache_dirty_keys", self.dirty_keys as f64),
            ("tiered_cache_dirty_bytes", self.dirty_bytes as f64),
            ("tiered_cache_hot_bytes", self.hot_bytes as f64),
            ("tiered_cache_feed_bytes", self.feed_bytes as f64),
            ("tiered_cache_snapshots", self.snapshots as f64),
            (
                "tiered_cache_oldest_dirty_seconds",
                self.oldest_dirty.unwrap_or_default().as_secs_f64(),
            ),
            ("tiered_cache_dead_letters", self.dead_letters as f64),
            ("tiered_cache_local_bytes", self.local_bytes as f64),
            ("tiered_cache_live_bytes", self.live_bytes as f64),
            ("tiered_cache_disk_bytes", self.disk_bytes as f64),
            ("tiered_cache_max_disk_bytes", self.max_disk_bytes as f64),
            (
                "tiered_cache_local_tier_full",
                f64::from(u8::from(self.local_tier_full)),
            ),
            (
                "tiered_cache_flusher_last_progress_seconds",
                stalest.unwrap_or_default().as_secs_f64(),
            ),
        ]
    }
}
