//! Results are judged command by command: trouble of one key is not trouble of the lane.

use std::time::Duration;

use tiered_cache::{Durability, Error, Fault, LaneState, RemoteErrorKind, SetOptions, SyncState};

use crate::common::{SOON, stage, stage_with, until};

#[tokio::test]
async fn a_refused_key_goes_to_the_dead_letters_and_the_lane_goes_on() {
    let stage = stage_with(|config| config.flush.lanes = 1).await;
    stage
        .remote
        .fail_key("bad", RemoteErrorKind::Key, "WRONGTYPE");
    for key in ["a", "bad", "b"] {
        stage.cache.set(key, "v").await.unwrap();
    }
    let report = stage.cache.flush(crate::common::SOON).await.unwrap();
    assert!(report.complete, "{report:?}");
    assert_eq!((report.remaining, report.dead_letters), (0, 1));
    assert_eq!(stage.remote.len(), 2);

    let letters = stage.cache.dead_letters().list().unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0].key[..], letters[0].attempts), (&b"bad"[..], 4));
    assert!(letters[0].reason.contains("WRONGTYPE"), "{:?}", letters[0]);
    assert_eq!(
        stage.value("bad").await.unwrap(),
        b"v",
        "it is still served"
    );
    assert!(!stage.cache.evict_local("bad").unwrap(), "and not given up");
    assert!(matches!(
        stage.cache.sync_state("bad").unwrap(),
        SyncState::DeadLettered { .. }
    ));
    let remote = SetOptions::new().durability(Durability::Remote);
    let told = stage.cache.set_with("bad", "w", remote).await;
    assert!(
        matches!(&told, Err(Error::DeadLettered { reason }) if reason.contains("WRONGTYPE")),
        "{told:?}"
    );

    // It survives a reopening, and is delivered once somebody has mended the remote.
    let stage = stage.reopen(|_| {}).await;
    let stats = stage.cache.stats();
    assert_eq!((stats.dead_letters, stats.dirty_keys), (1, 1));
    assert_eq!(stage.value("bad").await.unwrap(), b"w");
    stage.remote.heal_key("bad");
    assert_eq!(stage.cache.dead_letters().retry_all().unwrap(), 1);
    stage.flush().await;
    assert_eq!(stage.at_remote("bad").unwrap(), b"w");
    assert!(stage.cache.dead_letters().list().unwrap().is_empty());
    assert!(!stage.cache.dead_letters().retry("bad").unwrap());
    assert_eq!(stage.cache.sync_state("bad").unwrap(), SyncState::Clean);
    let stats = stage.cache.stats();
    assert_eq!((stats.dead_letters, stats.dirty_keys), (0, 0));
}

#[tokio::test]
async fn another_write_of_the_key_is_another_chance() {
    let stage = stage().await;
    stage.remote.fail_key("k", RemoteErrorKind::Key, "NOPERM");
    stage.cache.set("k", "1").await.unwrap();
    stage.flush().await;
    assert_eq!(stage.cache.stats().dead_letters, 1);
    stage.remote.heal_key("k");
    stage.cache.set("k", "2").await.unwrap();
    assert!(stage.cache.dead_letters().list().unwrap().is_empty());
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"2");
}

#[tokio::test]
async fn only_an_operator_discards_and_that_is_counted_and_kept() {
    let stage = stage().await;
    stage.remote.set("k", "theirs", None);
    stage.remote.fail_key("k", RemoteErrorKind::Key, "NOPERM");
    stage.cache.set("k", "ours").await.unwrap();
    stage.flush().await;
    let letters = stage.cache.dead_letters();
    assert!(!letters.discard("other").unwrap());
    assert!(letters.discard("k").unwrap());
    assert!(
        !letters.discard("k").unwrap(),
        "it is no letter that waits any more"
    );
    assert_eq!(stage.value("k").await.unwrap(), b"theirs");
    let stats = stage.cache.stats();
    assert_eq!(
        (stats.discarded, stats.dead_letters, stats.dirty_keys),
        (1, 0, 0)
    );

    let stage = stage.reopen(|_| {}).await;
    let letters = stage.cache.dead_letters();
    let kept = letters.list().unwrap();
    assert!(
        kept[0].discarded && kept[0].value.as_deref() == Some(b"ours"),
        "{kept:?}"
    );
    assert_eq!(letters.retry_all().unwrap(), 0);
    assert_eq!(letters.forget_discarded("k").unwrap(), 1);
    assert!(letters.list().unwrap().is_empty());
}

#[tokio::test]
async fn trouble_of_the_whole_remote_is_waited_out() {
    for code in ["OOM", "LOADING", "READONLY", "CLUSTERDOWN", "MISCONF"] {
        let stage = stage().await;
        for _ in 0..10 {
            stage.remote.script(Fault::Refuse(code));
        }
        stage.cache.set("k", "v").await.unwrap();
        stage.flush().await;
        assert_eq!(stage.at_remote("k").unwrap(), b"v", "{code}");
        assert_eq!(stage.cache.stats().dead_lettered, 0, "{code}");
    }
}

/// One complaint about every key of a batch that names no reason (a server that does not know the
/// command) is no trouble of the keys.
#[tokio::test]
async fn a_complaint_about_all_keys_is_about_none() {
    let stage = stage_with(|config| {
        config.flush.lanes = 1;
        config.flush.key_attempts = 1;
    })
    .await;
    let entries: Vec<(String, &str)> = (0..10).map(|number| (format!("k{number}"), "v")).collect();
    for (key, _) in &entries {
        stage
            .remote
            .fail_key(key.clone(), RemoteErrorKind::Key, "ERR");
    }
    let written = stage.cache.set_many(&entries, SetOptions::new()).await;
    assert_eq!(written.unwrap().len(), 10);
    until("it is tried again", || {
        let stats = stage.cache.stats();
        stats.batches > 2 || stats.dead_lettered > 0
    })
    .await;
    assert_eq!(stage.cache.stats().dead_lettered, 0);
    // At one moment for all of them.
    stage.remote.set_down(true);
    for (key, _) in &entries {
        stage.remote.heal_key(key);
    }
    stage.remote.set_down(false);
    stage.flush().await;
    assert_eq!(stage.remote.len(), 10);
    assert_eq!(stage.cache.stats().dead_lettered, 0);
}

#[tokio::test]
async fn wrong_credentials_raise_the_alarm_and_lose_nothing() {
    let stage = stage().await;
    stage
        .remote
        .fail_key("k", RemoteErrorKind::Credentials, "WRONGPASS");
    stage.cache.set("k", "v").await.unwrap();
    until("the alarm", || {
        let alarmed = |state: &LaneState| matches!(state, LaneState::Paused { alarm: true, .. });
        stage
            .cache
            .stats()
            .lanes
            .iter()
            .any(|lane| alarmed(&lane.state))
    })
    .await;
    assert_eq!(stage.cache.stats().dead_letters, 0);
    stage.remote.heal_key("k");
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"v");
}

/// The refusal is of an older version: it says nothing about the one that was written since.
#[tokio::test]
async fn a_key_that_was_written_again_meanwhile_is_not_set_aside() {
    let stage = stage_with(|config| {
        config.flush.key_attempts = 1;
        config.flush.timeout = SOON;
    })
    .await;
    stage.remote.fail_key("k", RemoteErrorKind::Key, "NOPERM");
    stage.remote.set_latency(Duration::from_secs(3));
    stage.cache.set("k", "1").await.unwrap();
    until("the first version is sent", || stage.remote.batches() == 1).await;
    // It arrives, and is refused, after half of the latency.
    tokio::time::sleep(Duration::from_millis(1600)).await;
    stage.remote.heal_key("k");
    stage.cache.set("k", "2").await.unwrap();
    stage.remote.set_latency(Duration::ZERO);
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"2");
    assert_eq!(stage.cache.stats().dead_lettered, 0);
}
