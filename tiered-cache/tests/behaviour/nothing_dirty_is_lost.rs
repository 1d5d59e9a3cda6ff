//! Nothing dirty is dropped, evicted, expired away or overwritten by a fill.

use std::time::Duration;

use tiered_cache::{ReadOptions, SyncState};

use crate::common::{stage, stage_with};

#[tokio::test]
async fn a_dirty_key_stays_whatever_happens_to_it() {
    let stage = stage_with(|config| {
        config.reads.max_age = Duration::ZERO;
        config.reads.max_stale = Duration::ZERO;
        config.local.sweep_every = Duration::from_millis(1);
    })
    .await;
    stage.remote.set("k", "old", None);
    stage.remote.set("t", "old", None);
    stage.remote.set_hanging(true);
    stage.cache.set("k", "new").await.unwrap();
    stage.cache.delete("t").await.unwrap();
    assert!(!stage.cache.evict_local("k").unwrap());
    assert!(!stage.cache.evict_local("t").unwrap());
    // Older than any age that is served, and still the truth: it is not asked for.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let answer = stage.cache.get_with("k", ReadOptions::new()).await.unwrap();
    assert_eq!(answer.value.unwrap(), "new");
    assert!(!answer.stale);
    assert_eq!(stage.value("t").await, None);
    assert_eq!(
        stage.cache.refresh("k").await.unwrap().value.unwrap(),
        "new"
    );
    stage.remote.set_hanging(false);
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"new");
    assert_eq!(stage.at_remote("t"), None);
}

#[tokio::test]
async fn dirty_keys_survive_a_reopening_with_other_lanes() {
    let mut stage = stage().await;
    stage.remote.set_down(true);
    for number in 0..500 {
        stage.cache.set(format!("k{number}"), "1").await.unwrap();
    }
    for lanes in [7, 1, 16] {
        stage = stage.reopen(|config| config.flush.lanes = lanes).await;
        assert_eq!(stage.cache.stats().dirty_keys, 500, "{lanes} lanes");
        for number in 0..500 {
            let key = format!("k{number}");
            assert!(matches!(
                stage.cache.sync_state(&key).unwrap(),
                SyncState::Dirty { .. } | SyncState::InFlight { .. }
            ));
            // Still one record for the key, not a second one in another lane.
            stage.cache.set(&key, lanes.to_string()).await.unwrap();
        }
        assert_eq!(stage.cache.stats().dirty_keys, 500, "{lanes} lanes");
    }
    stage.remote.set_down(false);
    stage.flush().await;
    assert_eq!(stage.remote.writes(), 500);
    for number in 0..500 {
        assert_eq!(stage.at_remote(&format!("k{number}")).unwrap(), b"16");
    }
    // What was acknowledged is not sent again.
    let stage = stage.reopen(|_| {}).await;
    assert_eq!(stage.cache.stats().dirty_keys, 0);
}
