//! A fill is written only if nothing happened to the key since the remote was asked.

use std::time::Duration;

use tiered_cache::{Fault, SyncState};

use crate::common::{SOON, Stage, stage, stage_with, until};

const LATE: Duration = Duration::from_millis(150);

/// Begins a read whose answer is of now and arrives later.
async fn slow_read(
    stage: &Stage,
    key: &'static str,
    late: Duration,
) -> tokio::task::JoinHandle<Option<Vec<u8>>> {
    let reads = stage.remote.reads();
    stage.remote.script_read(Fault::Delayed(late));
    let cache = stage.cache.clone();
    let read = tokio::spawn(async move { cache.get(key).await.unwrap().map(|v| v.to_vec()) });
    until("the question is asked", || stage.remote.reads() > reads).await;
    read
}

#[tokio::test]
async fn a_write_during_the_question_wins() {
    let stage = stage().await;
    stage.remote.set("k", "old", None);
    let read = slow_read(&stage, "k", LATE).await;
    stage.cache.set("k", "new").await.unwrap();
    assert_eq!(
        read.await.unwrap().unwrap(),
        b"old",
        "the read began before the write"
    );
    assert_eq!(stage.value("k").await.unwrap(), b"new");
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"new");
}

#[tokio::test]
async fn a_deletion_during_the_question_wins() {
    let stage = stage().await;
    stage.remote.set("k", "old", None);
    let read = slow_read(&stage, "k", LATE).await;
    stage.cache.delete("k").await.unwrap();
    read.await.unwrap();
    assert_eq!(stage.value("k").await, None);
}

/// The write is flushed and evicted before the old answer arrives: nothing of it is here any more
/// but the generation.
#[tokio::test]
async fn a_write_that_is_gone_again_still_wins() {
    let stage = stage().await;
    stage.remote.set("k", "old", None);
    let read = slow_read(&stage, "k", LATE).await;
    stage.cache.set("k", "new").await.unwrap();
    stage.flush().await;
    assert!(stage.cache.evict_local("k").unwrap());
    // Whoever asks now does not join the older question.
    assert_eq!(stage.value("k").await.unwrap(), b"new");
    assert!(stage.cache.evict_local("k").unwrap());
    assert_eq!(read.await.unwrap().unwrap(), b"old");
    assert_eq!(stage.value("k").await.unwrap(), b"new");
    assert!(stage.cache.stats().fills_too_late > 0);
}

/// The same for deletions whose rows have been swept away, which nobody's eviction announces.
#[tokio::test]
async fn a_deletion_that_is_swept_away_still_wins() {
    let stage = stage_with(|config| {
        config.reads.timeout = SOON;
        config.reads.negative_ttl = Duration::from_millis(1);
        config.local.sweep_every = Duration::from_millis(1);
    })
    .await;
    let mut reads = Vec::new();
    for key in ["one", "many"] {
        stage.remote.set(key, "old", None);
        reads.push(slow_read(&stage, key, Duration::from_millis(1800)).await);
    }
    stage.cache.delete("one").await.unwrap();
    stage.cache.delete_many(&["many"]).await.unwrap();
    stage.flush().await;
    until("the sweep", || {
        ["one", "many"]
            .iter()
            .all(|key| stage.cache.sync_state(key).unwrap() == SyncState::Unknown)
    })
    .await;
    for read in reads {
        assert_eq!(read.await.unwrap().unwrap(), b"old");
    }
    for key in ["one", "many"] {
        assert_eq!(stage.value(key).await, None, "{key}");
    }
}

/// Another program has changed the key; two questions are under way, and the answer of the older one
/// arrives last.
#[tokio::test]
async fn the_answer_to_a_later_question_wins() {
    let stage = stage().await;
    stage.remote.set("k", "old", None);
    let read = slow_read(&stage, "k", LATE).await;
    stage.remote.set("k", "new", None);
    // It does not join the older question.
    let refreshed = stage.cache.refresh("k").await.unwrap();
    assert_eq!(refreshed.value.unwrap(), "new");
    assert_eq!(read.await.unwrap().unwrap(), b"old");
    assert_eq!(stage.value("k").await.unwrap(), b"new");
}

/// A new expiry goes to the remote with the value: it must not be one from before a write.
#[tokio::test]
async fn an_expiry_never_brings_an_older_value_back() {
    let stage = stage().await;
    stage.remote.set("k", "old", None);
    stage
        .remote
        .script_read(Fault::Delayed(Duration::from_millis(150)));
    let expire = {
        let cache = stage.cache.clone();
        tokio::spawn(async move { cache.expire("k", Duration::from_secs(1000)).await })
    };
    until("the question is asked", || stage.remote.reads() > 0).await;
    stage.cache.set("k", "new").await.unwrap();
    stage.flush().await;
    assert!(stage.cache.evict_local("k").unwrap());
    assert!(expire.await.unwrap().unwrap());
    stage.flush().await;
    let there = stage.remote.get("k").unwrap();
    assert_eq!(there.value, "new");
    assert!(there.expires_at.is_some());
}
