//! Waiting until the local tier is as new as a version.

use std::time::Duration;

use futures_util::TryStreamExt;
use tiered_cache::Error;

use crate::common::{SOON, stage, stage_with};

#[tokio::test]
async fn what_is_reached_needs_no_wait() {
    let stage = stage().await;
    let cache = &stage.cache;
    let version = cache.set("a:1", "1").await.unwrap().version;
    assert_eq!(
        cache.wait_until_fresh(version, None).await.unwrap(),
        version
    );
    let value = cache.get_fresh("a:1", version, Duration::ZERO).await;
    assert_eq!(value.unwrap().as_deref(), Some(&b"1"[..]));
    let list = cache.list_fresh("a:", version, SOON).await.unwrap();
    assert!(list.version().unwrap() >= version);
    let entries: Vec<_> = list.try_collect().await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].version, version);
}

#[tokio::test]
async fn after_the_timeout_it_is_too_new() {
    let stage = stage_with(|config| config.feed.fresh_timeout = Duration::from_millis(5)).await;
    let cache = &stage.cache;
    let current = cache.set("a", "1").await.unwrap().version;
    let requested = current + 1;
    let errors = [
        cache.wait_until_fresh(requested, None).await.unwrap_err(),
        cache.get_fresh("a", requested, None).await.unwrap_err(),
        cache.list_fresh("a", requested, None).await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_retryable());
        match error {
            Error::TooNew {
                requested: told,
                current: at,
            } => assert_eq!((told, at), (requested, current)),
            error => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_write_wakes_who_waits_for_it() {
    let stage = stage().await;
    let cache = &stage.cache;
    let version = cache.set("a", "1").await.unwrap().version + 2;
    let waits = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.get_fresh("a", version, SOON).await })
    };
    for number in 2..=3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
        cache.set("a", number.to_string()).await.unwrap();
    }
    let value = waits.await.unwrap().unwrap();
    assert_eq!(value.as_deref(), Some(&b"3"[..]));
}

#[tokio::test]
async fn closing_ends_the_wait() {
    let stage = stage().await;
    let cache = &stage.cache;
    let waits = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.wait_until_fresh(u64::MAX, SOON).await })
    };
    tokio::time::sleep(Duration::from_millis(5)).await;
    cache.close(SOON).await.unwrap();
    assert!(matches!(waits.await.unwrap(), Err(Error::Closed)));
}
