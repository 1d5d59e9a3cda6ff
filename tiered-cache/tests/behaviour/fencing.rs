//! One key is never in flight on two connections: bytes left in an old socket must not overwrite a
//! newer value.

use std::time::Duration;

use tiered_cache::Fault;

use crate::common::{builder, stage_with, until};

#[tokio::test]
async fn bytes_left_in_an_old_connection_are_never_applied() {
    let stage = stage_with(|config| config.flush.timeout = Duration::from_millis(40)).await;
    stage
        .remote
        .script(Fault::Delayed(Duration::from_millis(300)));
    stage.cache.set("k", "old").await.unwrap();
    until("the first batch is sent", || stage.remote.batches() > 0).await;
    stage.cache.set("k", "new").await.unwrap();
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"new");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(
        stage.at_remote("k").unwrap(),
        b"new",
        "the old batch came through"
    );
}

/// The connection is another process's, as far as the new cache can know: its number was stored.
#[tokio::test]
async fn also_when_the_process_that_opened_it_is_gone() {
    let stage = stage_with(|config| {
        // It must not come to fence the connection itself.
        config.flush.backoff = Duration::from_secs(3600);
        config.flush.backoff_max = Duration::from_secs(3600);
    })
    .await;
    stage
        .remote
        .script(Fault::Delayed(Duration::from_millis(500)));
    stage.cache.set("k", "old").await.unwrap();
    until("the first batch is sent", || stage.remote.batches() > 0).await;
    stage.cache.close(Duration::ZERO).await.unwrap();

    let cache = builder(&stage.dir, &stage.remote)
        .configure(|config| config.flush.lanes = 3)
        .open()
        .await
        .unwrap();
    cache.set("k", "new").await.unwrap();
    assert!(cache.flush(crate::common::SOON).await.unwrap().complete);
    assert_eq!(stage.at_remote("k").unwrap(), b"new");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(
        stage.at_remote("k").unwrap(),
        b"new",
        "the old batch came through"
    );
}

/// Each lane ends its own old connections only: those of other lanes are in use.
#[tokio::test]
async fn lanes_leave_the_connections_of_others_alone() {
    let stage = stage_with(|config| config.flush.lanes = 4).await;
    for round in 0..3 {
        for number in 0..40 {
            let key = format!("k{number}");
            stage.cache.set(&key, round.to_string()).await.unwrap();
        }
        stage.flush().await;
    }
    assert_eq!(stage.remote.connects(), 4);
    assert_eq!(stage.cache.stats().flush_retries, 0);
}
