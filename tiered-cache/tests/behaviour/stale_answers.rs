//! Other programs write to the same remote: no clean entry counts as fresh for longer than its
//! maximum age, and an answer says when it may be stale.

use std::time::Duration;

use tiered_cache::{Config, Error, OnStale, ReadOptions, Source};

use crate::common::{Stage, stage_with, until};

/// Long enough for a busy machine to read twice meanwhile.
const AGE: Duration = Duration::from_secs(1);

/// A cache with an entry that is older than its maximum age, while the remote has a newer value.
async fn aged(max_stale: Duration) -> Stage {
    aged_with(|config| config.reads.max_stale = max_stale).await
}

async fn aged_with(change: impl FnOnce(&mut Config)) -> Stage {
    let stage = stage_with(|config| {
        config.reads.max_age = AGE;
        config.reads.negative_ttl = Duration::from_secs(3600);
        change(config);
    })
    .await;
    stage.remote.set("k", "old", None);
    assert_eq!(stage.value("k").await.unwrap(), b"old");
    stage.remote.set("k", "new", None);
    assert_eq!(stage.value("k").await.unwrap(), b"old", "young enough");
    tokio::time::sleep(AGE).await;
    stage
}

#[tokio::test]
async fn an_old_entry_is_fetched_again() {
    let stage = aged(Duration::from_secs(3600)).await;
    let answer = stage.cache.get_with("k", ReadOptions::new()).await.unwrap();
    assert_eq!(answer.value.unwrap(), "new");
    assert_eq!((answer.source, answer.stale), (Source::Remote, false));
}

#[tokio::test]
async fn or_served_stale_while_one_refresh_runs() {
    let stage = aged(Duration::from_secs(3600)).await;
    stage.remote.set_latency(Duration::from_millis(30));
    let reads = stage.remote.reads();
    let serve = ReadOptions::new().on_stale(OnStale::Serve);
    for _ in 0..5 {
        let answer = stage.cache.get_with("k", serve).await.unwrap();
        assert_eq!(answer.value.unwrap(), "old");
        assert_eq!((answer.source, answer.stale), (Source::Local, true));
    }
    until("the refresh is there", || stage.cache.stats().fills == 2).await;
    assert_eq!(stage.remote.reads(), reads + 1);
    let answer = stage.cache.get_with("k", serve).await.unwrap();
    assert_eq!(
        (&answer.value.unwrap()[..], answer.stale),
        (&b"new"[..], false)
    );
}

/// The setting holds for many keys at once, too.
#[tokio::test]
async fn so_are_many_keys() {
    let stage = aged_with(|config| config.reads.on_stale = OnStale::Serve).await;
    let old = stage.cache.get_many(&["k"]).await.unwrap();
    assert_eq!(old[0].as_deref(), Some(&b"old"[..]));
    until("the refresh is there", || stage.cache.stats().fills == 2).await;
    let new = stage.cache.get_many(&["k"]).await.unwrap();
    assert_eq!(new[0].as_deref(), Some(&b"new"[..]));
}

/// A new expiry goes to the remote with the value, which must not be one that is too old.
#[tokio::test]
async fn a_new_expiry_does_not_bring_an_old_value_back() {
    let stage = aged_with(|_| {}).await;
    let ttl = Duration::from_secs(1000);
    assert!(stage.cache.expire("k", ttl).await.unwrap());
    stage.flush().await;
    let there = stage.remote.get("k").unwrap();
    assert_eq!(there.value, "new");
    assert!(there.expires_at.is_some());
}

#[tokio::test]
async fn while_the_remote_is_away_it_is_served_up_to_a_second_limit() {
    let stage = aged(3 * AGE).await;
    stage.remote.set_down(true);
    let answer = stage.cache.get_with("k", ReadOptions::new()).await.unwrap();
    assert_eq!(
        (&answer.value.unwrap()[..], answer.stale),
        (&b"old"[..], true)
    );
    let many = stage.cache.get_many(&["k"]).await.unwrap();
    assert_eq!(many[0].as_deref(), Some(&b"old"[..]));
    tokio::time::sleep(3 * AGE).await;
    for options in [
        ReadOptions::new(),
        ReadOptions::new().on_stale(OnStale::Serve),
    ] {
        let answer = stage.cache.get_with("k", options).await;
        assert!(
            matches!(answer, Err(Error::RemoteUnavailable(_))),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_deletion_by_another_program_is_noticed() {
    let stage = aged(Duration::from_secs(3600)).await;
    stage.remote.remove("k");
    assert_eq!(stage.value("k").await, None);
    stage.remote.set_down(true);
    assert_eq!(stage.value("k").await, None, "remembered");
}
