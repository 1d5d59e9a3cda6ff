//! A barrier waits for the writes that it knows, and for no others.

use std::time::Duration;

use tiered_cache::RemoteErrorKind;

use crate::common::{SOON, stage, stage_with, until};

const AT_ONCE: Duration = Duration::ZERO;

#[tokio::test]
async fn a_barrier_waits_for_its_writes() {
    let stage = stage().await;
    let mut barrier = stage.cache.flush_barrier();
    assert!(
        barrier.reached(AT_ONCE).await.unwrap(),
        "there is nothing to wait for"
    );
    stage.remote.set_down(true);
    barrier.add(&[stage.cache.set("a", "1").await.unwrap()]);
    assert!(!barrier.reached(Duration::from_millis(20)).await.unwrap());
    // Another write of the key does not make the first one arrive.
    stage.cache.set("a", "2").await.unwrap();
    assert!(!barrier.reached(AT_ONCE).await.unwrap());
    stage.remote.set_down(false);
    assert!(barrier.reached(SOON).await.unwrap());
    assert!(stage.at_remote("a").is_some());
}

/// Other keys that do not arrive, for now or for good, hold up nobody.
#[tokio::test]
async fn others_writes_hold_up_nobody() {
    let stage = stage_with(|config| {
        config.flush.lanes = 1;
        // The remote refuses it all the time of the test, and it does not become a dead letter.
        config.flush.key_attempts = u32::MAX;
    })
    .await;
    let trouble = RemoteErrorKind::Key;
    stage.remote.fail_key("stuck", trouble, "WRONGTYPE");
    stage.cache.set("stuck", "x").await.unwrap();
    let mut barrier = stage.cache.flush_barrier();
    for number in 0..100 {
        let key = format!("k{number}");
        barrier.add(&[stage.cache.set(&key, "v").await.unwrap()]);
    }
    assert!(barrier.reached(SOON).await.unwrap());
    assert_eq!(stage.at_remote("k99").unwrap(), b"v");
    assert!(stage.at_remote("stuck").is_none());
    let report = stage.cache.flush(AT_ONCE).await.unwrap();
    assert!(!report.complete, "the whole cache is waited for by `flush`");
}

#[tokio::test]
async fn only_its_own_dead_letters_count() {
    let stage = stage().await;
    let trouble = RemoteErrorKind::Key;
    stage.remote.fail_key("bad", trouble, "WRONGTYPE");
    let (mut own, mut other) = (stage.cache.flush_barrier(), stage.cache.flush_barrier());
    own.add(&[stage.cache.set("bad", "v").await.unwrap()]);
    other.add(&[stage.cache.set("good", "v").await.unwrap()]);
    until("dead", || stage.cache.stats().dead_letters == 1).await;
    assert!(!own.reached(SOON).await.unwrap());
    assert!(other.reached(SOON).await.unwrap());
    stage.remote.heal_key("bad");
    assert!(stage.cache.dead_letters().retry("bad").unwrap());
    assert!(own.reached(SOON).await.unwrap());
}

/// What cannot be remembered one by one is waited for all the same.
#[tokio::test]
async fn many_writes() {
    let stage = stage().await;
    let mut barrier = stage.cache.flush_barrier();
    stage.remote.set_down(true);
    for number in 0..3000 {
        let key = format!("k{number}");
        barrier.add(&[stage.cache.set(&key, "v").await.unwrap()]);
    }
    assert!(!barrier.reached(AT_ONCE).await.unwrap());
    stage.remote.set_down(false);
    assert!(barrier.reached(SOON).await.unwrap());
    assert_eq!(stage.remote.len(), 3000);
    // With the remote there, and one of its own refused among many.
    stage
        .remote
        .fail_key("bad", RemoteErrorKind::Key, "WRONGTYPE");
    barrier.add(&[stage.cache.set("bad", "v").await.unwrap()]);
    for number in 0..3000 {
        let key = format!("k{number}");
        barrier.add(&[stage.cache.set(&key, "w").await.unwrap()]);
    }
    until("dead", || stage.cache.stats().dead_letters == 1).await;
    assert!(!barrier.reached(SOON).await.unwrap());
}

#[tokio::test]
async fn keys_and_everything() {
    let stage = stage().await;
    stage.remote.set_down(true);
    stage.cache.set("a", "1").await.unwrap();
    let (mut key, mut all) = (stage.cache.flush_barrier(), stage.cache.flush_barrier());
    key.add_key("a").unwrap();
    key.add_key("none").unwrap();
    all.add_all();
    assert!(!key.reached(AT_ONCE).await.unwrap());
    assert!(!all.reached(AT_ONCE).await.unwrap());
    stage.remote.set_down(false);
    assert!(key.reached(SOON).await.unwrap());
    assert!(all.reached(SOON).await.unwrap());
    // Without a remote, there is nothing to wait for.
    let dir = tempfile::tempdir().unwrap();
    let local = tiered_cache::TieredCache::builder(dir.path()).local_only();
    let local = local.open().await.unwrap();
    let mut barrier = local.flush_barrier();
    barrier.add(&[local.set("a", "1").await.unwrap()]);
    barrier.add_key("a").unwrap();
    barrier.add_all();
    assert!(barrier.reached(AT_ONCE).await.unwrap());
}
