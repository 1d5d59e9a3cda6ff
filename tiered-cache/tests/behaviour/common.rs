//! What the tests share.

use std::time::Duration;

use tempfile::TempDir;
use tiered_cache::{Builder, Config, MemoryRemote, TieredCache};

pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A cache in a folder of its own, on a remote in memory.
pub(crate) struct Stage {
    pub(crate) cache: TieredCache,
    pub(crate) remote: MemoryRemote,
    pub(crate) dir: TempDir,
}

/// Settings for tests: short pauses, and no entry grows old by itself.
pub(crate) fn quick(config: &mut Config) {
    config.flush.linger = Duration::from_millis(1);
    config.flush.backoff = Duration::from_millis(2);
    config.flush.backoff_max = Duration::from_millis(20);
    config.flush.timeout = Duration::from_millis(500);
    config.reads.breaker_pause = Duration::from_millis(5);
    config.reads.breaker_pause_max = Duration::from_millis(20);
    config.writes.min_free_disk = tiered_cache::ByteSize::b(0);
    config.local.log_file_size = tiered_cache::ByteSize::mib(1);
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
        let Self { cache, remote, dir } = self;
        cache.close(Duration::ZERO).await.unwrap();
        drop(cache);
        let cache = builder(&dir, &remote)
            .configure(change)
            .open()
            .await
            .unwrap();
        Self { cache, remote, dir }
    }
}

/// Waits until `condition` holds.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..20_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("waited too long: {what}");
}
