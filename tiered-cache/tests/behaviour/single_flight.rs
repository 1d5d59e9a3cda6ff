//! Concurrent misses of one key cause one remote read, and nobody is stranded.

use std::time::Duration;

use tiered_cache::{Error, Fault, ReadOptions, RemoteErrorKind, SetOptions};

use crate::common::{stage, stage_with};

#[tokio::test]
async fn concurrent_misses_share_one_question() {
    let stage = stage().await;
    stage.remote.set("k", "v", None);
    stage.remote.set_latency(Duration::from_millis(500));
    let readers: Vec<_> = (0..100)
        .map(|_| {
            let cache = stage.cache.clone();
            tokio::spawn(async move { cache.get("k").await.unwrap().unwrap() })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), "v");
    }
    assert_eq!(stage.remote.reads(), 1);
    assert_eq!(stage.cache.stats().flight_waits, 99);
}

#[tokio::test]
async fn a_cancelled_leader_strands_nobody() {
    let stage = stage().await;
    stage.remote.set("k", "v", None);
    stage.remote.set_latency(Duration::from_millis(500));
    let leader = {
        let cache = stage.cache.clone();
        tokio::spawn(async move { cache.get("k").await })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    let follower = {
        let cache = stage.cache.clone();
        tokio::spawn(async move { cache.get("k").await })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    leader.abort();
    assert_eq!(follower.await.unwrap().unwrap().unwrap(), "v");
    assert_eq!(stage.remote.reads(), 1);
}

#[tokio::test]
async fn a_leader_that_fails_or_panics_strands_nobody() {
    let stage = stage().await;
    stage.remote.set("k", "v", None);
    stage.remote.script_read(Fault::Disconnect);
    let error = stage.cache.get("k").await.unwrap_err();
    assert!(matches!(error, Error::RemoteUnavailable(_)), "{error}");
    stage.remote.script_read(Fault::Panic);
    let error = stage.cache.get("k").await.unwrap_err();
    assert!(matches!(error, Error::Internal(_)), "{error}");
    assert_eq!(stage.value("k").await.unwrap(), b"v");
}

#[tokio::test]
async fn waiters_have_deadlines() {
    let stage = stage_with(|config| config.reads.timeout = Duration::from_secs(3600)).await;
    stage.remote.set_hanging(true);
    let options = ReadOptions::new().timeout(Duration::from_millis(20));
    let (a, b) = tokio::join!(
        stage.cache.get_with("k", options),
        stage.cache.get_with("k", options)
    );
    for answer in [a, b] {
        assert!(
            matches!(answer, Err(Error::RemoteUnavailable(_))),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_cancelled_loader_hands_over() {
    let stage = stage().await;
    let first = {
        let cache = stage.cache.clone();
        tokio::spawn(async move {
            cache
                .get_or_insert_with("k", SetOptions::new(), || async {
                    std::future::pending::<()>().await;
                    Ok::<_, std::io::Error>("never")
                })
                .await
        })
    };
    tokio::time::sleep(Duration::from_millis(30)).await;
    let second = {
        let cache = stage.cache.clone();
        tokio::spawn(async move {
            cache
                .get_or_insert_with("k", SetOptions::new(), || async {
                    Ok::<_, std::io::Error>("mine")
                })
                .await
        })
    };
    tokio::time::sleep(Duration::from_millis(30)).await;
    first.abort();
    assert_eq!(second.await.unwrap().unwrap(), "mine");
}

/// What the remote says about one key is no absence, and nothing about the others.
#[tokio::test]
async fn an_error_about_one_key_is_an_error_of_that_key() {
    let stage = stage().await;
    stage.remote.set("good", "v", None);
    stage
        .remote
        .fail_key_reads("bad", RemoteErrorKind::Key, "WRONGTYPE");
    for _ in 0..2 {
        let error = stage.cache.get("bad").await.unwrap_err();
        assert!(
            matches!(&error, Error::Remote(why) if why.code() == Some("WRONGTYPE")),
            "{error}"
        );
    }
    let many = stage.cache.get_many(&["good", "bad"]).await;
    assert!(matches!(many, Err(Error::Remote(_))), "{many:?}");
    assert_eq!(stage.value("good").await.unwrap(), b"v");
    assert!(!stage.cache.stats().breaker_open);
}
