//! The dirty record names the key, not the value: many updates cost one remote write.

use tiered_cache::SyncState;

use crate::common::{stage, until};

#[tokio::test]
async fn many_updates_while_the_remote_is_away_cost_one_write() {
    let stage = stage().await;
    stage.remote.set_down(true);
    for number in 0..1000 {
        stage.cache.set("k", number.to_string()).await.unwrap();
        stage.cache.delete("gone").await.unwrap();
    }
    assert_eq!(stage.cache.stats().dirty_keys, 2);
    stage.remote.set_down(false);
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"999");
    assert_eq!(stage.remote.writes(), 2);
}

#[tokio::test]
async fn an_acknowledgement_of_an_older_version_leaves_the_key_dirty() {
    let stage = stage().await;
    // So that there is a connection.
    stage.cache.set("k", "0").await.unwrap();
    stage.flush().await;
    stage.remote.set_hanging(true);
    stage.cache.set("k", "1").await.unwrap();
    until("the first version is sent", || stage.remote.batches() == 2).await;
    assert!(matches!(
        stage.cache.sync_state("k").unwrap(),
        SyncState::InFlight { .. }
    ));
    stage.cache.set("k", "2").await.unwrap();
    stage.remote.set_hanging(false);
    stage.flush().await;
    assert_eq!(
        stage.remote.writes(),
        3,
        "both versions went, one after the other"
    );
    assert_eq!(stage.at_remote("k").unwrap(), b"2");
    assert_eq!(stage.cache.sync_state("k").unwrap(), SyncState::Clean);
}

#[tokio::test]
async fn keys_that_are_written_all_the_time_do_not_keep_others_waiting() {
    let stage = crate::common::stage_with(|config| {
        config.flush.lanes = 1;
        config.flush.batch_commands = 2;
        config.flush.batches_in_flight = 1;
    })
    .await;
    stage
        .remote
        .set_latency(std::time::Duration::from_millis(1));
    let writer = {
        let cache = stage.cache.clone();
        tokio::spawn(async move {
            for number in 0.. {
                for hot in ["a", "b", "c"] {
                    cache.set(hot, number.to_string()).await.unwrap();
                }
                tokio::task::yield_now().await;
            }
        })
    };
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    stage.cache.set("cold", "v").await.unwrap();
    until("the cold key gets its turn", || {
        stage.remote.get("cold").is_some()
    })
    .await;
    writer.abort();
}
