//! The figures a user can see tell what happened.

use std::time::Duration;

use tiered_cache::{SetOptions, SyncState};

use crate::common::{SOON, stage_with, until};

#[tokio::test]
async fn every_figure_moves_with_what_it_counts() {
    let stage = stage_with(|config| config.reads.negative_ttl = SOON).await;
    let cache = &stage.cache;
    stage.remote.set("there", "v", None);
    stage.remote.set_latency(Duration::from_millis(1));
    cache.get("there").await.unwrap();
    cache.get("there").await.unwrap();
    cache.get("absent").await.unwrap();
    cache.get("absent").await.unwrap();
    cache.set("k", "12345").await.unwrap();
    cache
        .set_many(&[("a", "1"), ("b", "2")], SetOptions::new())
        .await
        .unwrap();
    cache.delete("k").await.unwrap();
    stage.flush().await;
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.negative_hits, stats.misses), (1, 1, 2));
    assert_eq!((stats.fills, stats.remote_reads), (2, 2));
    assert_eq!((stats.sets, stats.deletes), (3, 1));
    assert!(stats.flushed >= 3 && stats.batches >= 1, "{stats:?}");
    assert!(stats.flush_latency >= Duration::from_millis(1), "{stats:?}");
    assert!(
        stats.remote_read_latency >= Duration::from_millis(1),
        "{stats:?}"
    );
    assert!(stats.local_bytes > 0 && stats.disk_bytes > stats.local_bytes);
    assert!(stats.version > 0);
    // Four writes and a fill; an absence is no event.
    assert_eq!((stats.feed_events, stats.snapshots), (5, 0));
    assert!(stats.feed_bytes > 5 * 128);
    assert_eq!((stats.dirty_keys, stats.dirty_bytes), (0, 0));
    assert_eq!(stats.oldest_dirty, None);

    stage.remote.set_hanging(true);
    cache.set("k", "12345").await.unwrap();
    let stats = cache.stats();
    assert_eq!((stats.dirty_keys, stats.dirty_bytes), (1, 6));
    assert!(stats.oldest_dirty.is_some());
    until("it is on its way", || {
        matches!(cache.sync_state("k"), Ok(SyncState::InFlight { .. }))
    })
    .await;
    stage.remote.set_hanging(false);
    assert!(cache.evict_local("there").unwrap());
    assert_eq!(cache.stats().evicted, 1);
}
