//! The window has an edge: who is inside gets everything, who is not is told so.

use std::time::Duration;

use futures_util::StreamExt;
use tiered_cache::{ByteSize, Error, MemoryRemote};

use crate::common::{SOON, builder, stage, stage_with};

const WINDOW: usize = 8;

#[tokio::test]
async fn the_edge_of_the_window_is_exact() {
    let stage = stage_with(|config| config.feed.window_events = WINDOW).await;
    let cache = &stage.cache;
    let mut versions = Vec::new();
    for number in 0..20 {
        let written = cache.set(format!("k{number}"), "v").await.unwrap();
        versions.push(written.version);
    }
    let oldest = versions[20 - WINDOW - 1];
    for (place, since) in versions.iter().enumerate() {
        match cache.watch(*since) {
            Ok(mut watch) => {
                assert!(*since >= oldest);
                for expected in &versions[place + 1..] {
                    assert_eq!(watch.next().await.unwrap().unwrap().version, *expected);
                }
            }
            Err(Error::TooOld {
                requested,
                oldest: told,
            }) => {
                assert!(*since < oldest, "{since} is in the window");
                assert_eq!((requested, told), (*since, oldest));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_slow_watcher_falls_out_is_told_and_begins_again() {
    let stage = stage_with(|config| config.feed.window_events = WINDOW).await;
    let cache = &stage.cache;
    cache.set("a", "0").await.unwrap();
    let mut slow = cache.watch(0).unwrap();
    assert_eq!(slow.position(), 0);
    assert!(slow.next().await.unwrap().unwrap().initial);
    cache.set("a", "1").await.unwrap();
    let event = slow.next().await.unwrap().unwrap();
    assert!(!event.initial);
    assert_eq!(slow.position(), event.version);
    for number in 0..100 {
        cache.set("a", number.to_string()).await.unwrap();
    }
    let oldest = match slow.next().await.unwrap() {
        Err(Error::TooOld { requested, oldest }) => {
            assert_eq!(requested, event.version);
            oldest
        }
        other => panic!("{other:?}"),
    };
    assert!(slow.next().await.is_none(), "it ends behind its error");
    assert!(cache.watch(oldest).is_ok());
    let mut again = cache.watch(0).unwrap();
    let event = again.next().await.unwrap().unwrap();
    assert_eq!(event.value.as_deref(), Some(&b"99"[..]));
}

/// What a watcher has taken out of the window it gets, and then the error.
#[tokio::test]
async fn a_watcher_at_the_edge_gets_each_event_once_or_an_error() {
    let stage = stage_with(|config| config.feed.window_events = WINDOW).await;
    let cache = &stage.cache;
    for burst in 1..=3 * WINDOW {
        let mut watch = cache.watch(cache.version()).unwrap();
        let mut expected = Vec::new();
        for number in 0..burst {
            let written = cache.set("k", number.to_string()).await.unwrap();
            expected.push(written.version);
        }
        let mut seen = Vec::new();
        while seen.len() < burst {
            match watch.next().await.unwrap() {
                Ok(event) => seen.push(event.version),
                Err(Error::TooOld { .. }) => break,
                Err(error) => panic!("{error}"),
            }
        }
        if burst <= WINDOW {
            assert_eq!(seen, expected, "{burst} fit");
        } else {
            assert_eq!(seen, [0; 0], "{burst} do not fit");
        }
    }
}

#[tokio::test]
async fn sleeping_and_dropped_watchers_cost_no_memory() {
    let stage = stage_with(|config| {
        config.feed.window_events = 1000;
        config.feed.window_bytes = ByteSize::kib(64);
    })
    .await;
    let cache = &stage.cache;
    let mut sleepers = Vec::new();
    for number in 0..100 {
        let mut watch = cache.watch(cache.version()).unwrap();
        if number % 2 == 0 {
            // Half of them have waited, and gave it up.
            let waited = tokio::time::timeout(Duration::from_millis(1), watch.next()).await;
            assert!(waited.is_err());
        }
        sleepers.push(watch);
        drop(cache.watch(0).unwrap());
    }
    for number in 0..2000 {
        cache
            .set(format!("k{}", number % 10), [7; 100])
            .await
            .unwrap();
        let stats = cache.stats();
        assert!(stats.feed_events <= 1000 && stats.feed_bytes <= 64 << 10);
    }
    assert!(cache.stats().feed_events > 50, "and it is used");
    for mut watch in sleepers {
        let woken = watch.next().await.unwrap();
        assert!(matches!(woken, Err(Error::TooOld { .. })), "{woken:?}");
    }
}

#[tokio::test]
async fn without_a_window_nobody_can_follow_and_snapshots_are_exact_all_the_same() {
    let stage = stage_with(|config| config.feed.window_events = 0).await;
    let cache = &stage.cache;
    cache.set("a", "1").await.unwrap();
    let mut watch = cache.watch(0).unwrap();
    assert!(watch.next().await.unwrap().unwrap().initial);
    cache.set("a", "2").await.unwrap();
    assert!(matches!(
        watch.next().await.unwrap(),
        Err(Error::TooOld { .. })
    ));
    assert_eq!(cache.stats().feed_events, 0);
    let snapshot = cache.snapshot().await.unwrap();
    assert_eq!(snapshot.get("a").unwrap().as_deref(), Some(&b"2"[..]));
}

#[tokio::test]
async fn versions_of_an_earlier_opening_are_too_old() {
    let mut stage = stage().await;
    for _ in 0..3 {
        let version = stage.cache.set("a", "1").await.unwrap().version;
        assert!(stage.cache.watch(version).is_ok());
        let too_new = stage.cache.watch(version + 1).unwrap_err();
        assert!(matches!(too_new, Error::TooNew { requested, current }
            if requested == version + 1 && current == version));
        stage = stage.reopen(|_| {}).await;
        assert!(stage.cache.version() > version);
        let too_old = stage.cache.watch(version).unwrap_err();
        assert!(matches!(too_old, Error::TooOld { requested, oldest }
            if requested == version && oldest == stage.cache.version()));
    }
}

#[tokio::test]
async fn closing_ends_watches_after_the_last_event() {
    let stage = stage().await;
    let cache = &stage.cache;
    let mut late = cache.watch(cache.version()).unwrap();
    let mut fresh = cache.watch(0).unwrap();
    let mut waiting = cache.watch(cache.version()).unwrap();
    let waits = tokio::spawn(async move {
        let mut versions = Vec::new();
        loop {
            match waiting.next().await {
                Some(Ok(event)) => versions.push(event.version),
                Some(Err(Error::Closed)) => return (versions, waiting.next().await.is_none()),
                other => panic!("{other:?}"),
            }
        }
    });
    let version = cache.set("a", "1").await.unwrap().version;
    cache.close(SOON).await.unwrap();
    assert_eq!(late.next().await.unwrap().unwrap().version, version);
    assert!(matches!(late.next().await, Some(Err(Error::Closed))));
    assert!(matches!(fresh.next().await, Some(Err(Error::Closed))));
    assert_eq!(waits.await.unwrap(), (vec![version], true));
    assert!(matches!(cache.watch(0), Err(Error::Closed)));
}

#[test]
fn an_iterator_waits_with_and_without_a_limit() {
    let dir = tempfile::tempdir().unwrap();
    let cache = builder(&dir, &MemoryRemote::new())
        .open_blocking()
        .unwrap()
        .blocking();
    let mut watch = cache.watch(0).unwrap();
    assert!(
        watch
            .next_timeout(Duration::from_millis(5))
            .unwrap()
            .is_none()
    );
    let writer = {
        let cache = cache.clone();
        std::thread::spawn(move || cache.set("a", "1").unwrap().version)
    };
    let event = watch.next().unwrap().unwrap();
    assert_eq!(event.version, writer.join().unwrap());
    let version = cache.set("a", "2").unwrap().version;
    let event = watch.next_timeout(SOON).unwrap().unwrap();
    assert_eq!(event.version, version);
    cache.close(SOON).unwrap();
    assert!(matches!(watch.next(), Some(Err(Error::Closed))));
    assert!(watch.next().is_none());
}
