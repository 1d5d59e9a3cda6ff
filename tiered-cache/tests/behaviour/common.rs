//! What the tests share.

use std::time::Duration;

use futures_util::StreamExt;
use tempfile::TempDir;
use tiered_cache::{Builder, Config, Error, Event, MemoryRemote, SyncState, TieredCache, Watch};

pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A cache in a folder of its own, on a remote in memory.
pub(crate) struct Stage {
    pub(crate) cache: TieredCache,
    pub(crate) remote: MemoryRemote,
    pub(crate) dir: TempDir,
}

/// Settings for tests: short pauses, patience with a busy machine, and no entry grows old by itself.
pub(crate) fn quick(config: &mut Config) {
    config.flush.linger = Duration::from_millis(1);
    config.flush.backoff = Duration::from_millis(2);
    config.flush.backoff_max = Duration::from_millis(20);
    config.flush.timeout = Duration::from_millis(500);
    config.reads.timeout = SOON;
    config.reads.breaker_pause = Duration::from_millis(5);
    config.reads.breaker_pause_max = Duration::from_millis(20);
    config.writes.min_free_disk = tiered_cache::ByteSize::b(0);
    config.local.log_file_size = tiered_cache::ByteSize::mib(1);
    config.local.frequency_memory = Some(tiered_cache::ByteSize::kib(64));
}

pub(crate) fn builder(dir: &TempDir, remote: &MemoryRemote) -> Builder {
    TieredCache::builder(dir.path().join("home"))
        .remote(remote.clone())
        .configure(quick)
}

pub(crate) async fn stage() -> Stage {
    stage_with(|_| {}).await
}

pub(crate) async fn stage_with(change: impl FnOnce(&mut Config)) -> Stage {
    let dir = tempfile::tempdir().unwrap();
    let remote = MemoryRemote::new();
    remote.record(true);
    let cache = builder(&dir, &remote)
        .configure(change)
        .open()
        .await
        .unwrap();
    Stage { cache, remote, dir }
}

impl Stage {
    /// The value at the remote.
    pub(crate) fn at_remote(&self, key: &str) -> Option<Vec<u8>> {
        self.remote.get(key).map(|found| found.value.to_vec())
    }

    pub(crate) async fn flush(&self) {
        let report = self.cache.flush(SOON).await.unwrap();
        assert!(report.complete, "{report:?}");
    }

    /// The value in the cache.
    pub(crate) async fn value(&self, key: &str) -> Option<Vec<u8>> {
        self.cache
            .get(key)
            .await
            .unwrap()
            .map(|value| value.to_vec())
    }

    /// Closes the cache, without a flush, and opens it again.
    pub(crate) async fn reopen(self, change: impl FnOnce(&mut Config)) -> Self {
        self.cache.close(Duration::ZERO).await.unwrap();
        self.open_again(change).await
    }

    /// Opens the cache again, which has been closed, or is dropped here.
    pub(crate) async fn open_again(self, change: impl FnOnce(&mut Config)) -> Self {
        let Self { cache, remote, dir } = self;
        drop(cache);
        let cache = builder(&dir, &remote)
            .configure(change)
            .open()
            .await
            .unwrap();
        Self { cache, remote, dir }
    }
}

/// Waits until `condition` holds: a minute at least, for what rests between two attempts.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..60_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("waited too long: {what}");
}

/// A value of 1000 bytes that no other key has.
pub(crate) fn value(number: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(number);
    (0..1000).map(|_| random.u8(..)).collect()
}

/// A key; those of neighbouring numbers are strewn over the table.
pub(crate) fn key(number: u64) -> String {
    format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// How many of these keys are here.
pub(crate) async fn here(cache: &TieredCache, numbers: impl Iterator<Item = u64>) -> usize {
    let mut count = 0;
    for number in numbers {
        let there = cache.sync_state(key(number)).unwrap() != SyncState::Unknown;
        count += usize::from(there);
    }
    count
}

/// Writes a key, however long there is no room.
pub(crate) async fn until_written(stage: &Stage, number: u64) {
    for _ in 0..100 {
        match stage.cache.set(key(number), value(number)).await {
            Ok(_) => return,
            Err(Error::Backpressure { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("no room for {number}");
}

/// All that has happened by now.
pub(crate) async fn events(cache: &TieredCache, watch: &mut Watch) -> Vec<Event> {
    // A last event, to know that there is no other.
    let end = cache.set("end", "").await.unwrap().version;
    let mut events = Vec::new();
    loop {
        let event = watch.next().await.unwrap().unwrap();
        if event.version == end {
            return events;
        }
        events.push(event);
    }
}
