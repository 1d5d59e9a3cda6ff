//! Per key the remote sees a subsequence of the local versions, in order, ending in the last.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use tiered_cache::{Fault, RemoteWrite};

use crate::common::{Stage, stage, stage_with};

/// What was written to each key, in order; `None` is a deletion.
type History = BTreeMap<String, Vec<Option<String>>>;

/// The writes that the remote applied to each key must be a subsequence of its history, up to
/// repetitions, and end in its last state.
fn assert_in_order(stage: &Stage, history: &History) {
    let mut seen: BTreeMap<Bytes, Vec<Option<String>>> = BTreeMap::new();
    for applied in stage.remote.applied() {
        let (key, value) = match applied.write {
            RemoteWrite::Set { key, value, .. } => {
                (key, Some(String::from_utf8(value.to_vec()).unwrap()))
            }
            RemoteWrite::Delete { key } => (key, None),
        };
        seen.entry(key).or_default().push(value);
    }
    for (key, versions) in history {
        let seen = &seen[key.as_bytes()];
        let mut position = 0;
        for value in seen {
            // At or behind the last one: a repetition of the same version is allowed.
            let found = versions[position..]
                .iter()
                .position(|version| version == value);
            position += found.unwrap_or_else(|| {
                panic!("{key}: {value:?} out of order in {seen:?} of {versions:?}")
            });
        }
        assert_eq!(seen.last(), versions.last(), "{key}: the last state");
        let there = stage
            .at_remote(key)
            .map(|value| String::from_utf8(value).unwrap());
        assert_eq!(&there, versions.last().unwrap(), "{key}: what is there");
    }
}

#[tokio::test]
async fn put_delete_put_across_batches_ends_in_put() {
    for pause in [0, 1, 5] {
        let stage = stage().await;
        let mut history = History::new();
        for round in 0..20 {
            for number in 0..10 {
                let key = format!("k{number}");
                let value = (round % 3 != 1).then(|| format!("{round}-{number}"));
                match &value {
                    Some(value) => stage.cache.set(&key, value).await.unwrap(),
                    None => stage.cache.delete(&key).await.unwrap(),
                };
                history.entry(key).or_default().push(value);
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        stage.flush().await;
        assert_in_order(&stage, &history);
    }
}

#[tokio::test]
async fn order_holds_through_every_kind_of_failure() {
    let stage = stage_with(|config| {
        config.flush.lanes = 2;
        config.flush.batch_commands = 7;
        config.flush.timeout = Duration::from_millis(60);
    })
    .await;
    let faults = [
        Fault::LostReply,
        Fault::Disconnect,
        Fault::Partial(2),
        Fault::Refuse("OOM"),
        Fault::Delayed(Duration::from_millis(30)),
        Fault::Hang,
        Fault::Panic,
    ];
    let mut history = History::new();
    for round in 0..42 {
        if round % 2 == 0 {
            stage.remote.script(faults[round / 2 % faults.len()]);
        }
        for number in 0..30 {
            let key = format!("k{number}");
            let value = ((round + number) % 4 != 0).then(|| format!("{round}-{number}"));
            match &value {
                Some(value) => stage.cache.set(&key, value).await.unwrap(),
                None => stage.cache.delete(&key).await.unwrap(),
            };
            history.entry(key).or_default().push(value);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stage.flush().await;
    // Whatever was left in an old connection had its chance.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_in_order(&stage, &history);
    assert!(stage.cache.stats().flush_retries > 0);
}

#[tokio::test]
async fn an_unknown_outcome_leaves_the_key_dirty() {
    for fault in [
        Fault::LostReply,
        Fault::Hang,
        Fault::Delayed(Duration::from_secs(3600)),
    ] {
        let stage = stage_with(|config| config.flush.timeout = Duration::from_millis(40)).await;
        stage.remote.script(fault);
        stage.cache.set("k", "v").await.unwrap();
        stage.flush().await;
        assert_eq!(stage.at_remote("k").unwrap(), b"v");
        assert!(
            stage.remote.connects() > 1,
            "{fault:?}: the old connection was given up"
        );
    }
}

/// What the settings call `last_arrival`, and the docs say plainly.
#[tokio::test]
async fn of_two_writers_the_one_that_arrives_last_holds() {
    let stage = stage().await;
    stage.remote.set_down(true);
    stage.cache.set("k", "ours").await.unwrap();
    stage.remote.set("k", "theirs", None);
    stage.remote.set_down(false);
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"ours");
    stage.remote.set("k", "theirs again", None);
    stage.cache.refresh("k").await.unwrap();
    assert_eq!(stage.value("k").await.unwrap(), b"theirs again");
}
