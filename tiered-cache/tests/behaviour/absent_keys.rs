//! Absence: known from a deletion, remembered from the remote, forgotten in time.

use std::time::Duration;

use crate::common::{stage, stage_with};

#[tokio::test]
async fn a_deleted_key_is_absent_without_asking() {
    let stage = stage().await;
    stage.remote.set("k", "v", None);
    stage.remote.set_hanging(true);
    stage.cache.delete("k").await.unwrap();
    assert_eq!(stage.value("k").await, None);
    assert_eq!(stage.remote.reads(), 0);
    stage.remote.set_hanging(false);
}

#[tokio::test]
async fn an_absent_key_is_remembered_for_a_while() {
    let stage = stage_with(|config| config.reads.negative_ttl = Duration::from_secs(3600)).await;
    for _ in 0..10 {
        assert_eq!(stage.value("k").await, None);
    }
    assert_eq!(stage.remote.reads(), 1);
    assert_eq!(stage.cache.stats().negative_hits, 9);
    let stage = stage_with(|config| config.reads.negative_ttl = Duration::from_millis(40)).await;
    assert_eq!(stage.value("k").await, None);
    stage.remote.set("k", "v", None);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(stage.value("k").await.unwrap(), b"v");
}

#[tokio::test]
async fn a_write_makes_it_forgotten() {
    let stage = stage_with(|config| config.reads.negative_ttl = Duration::from_secs(3600)).await;
    assert_eq!(stage.value("k").await, None);
    stage.cache.set("k", "v").await.unwrap();
    assert_eq!(stage.value("k").await.unwrap(), b"v");
}

#[tokio::test]
async fn remembering_can_be_switched_off() {
    let stage = stage_with(|config| config.reads.negative_ttl = Duration::ZERO).await;
    for _ in 0..3 {
        assert_eq!(stage.value("k").await, None);
    }
    assert_eq!(stage.remote.reads(), 3);
    // A deletion that the remote has is no more than that.
    stage.cache.delete("k").await.unwrap();
    stage.flush().await;
    stage.remote.set("k", "other", None);
    assert_eq!(stage.value("k").await.unwrap(), b"other");
}
