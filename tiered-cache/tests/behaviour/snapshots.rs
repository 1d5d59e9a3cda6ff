//! A snapshot is one version, for as long as it lives, and in nobody's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use tiered_cache::{Entry, Error, Expiry, SetOptions, Snapshot};

use crate::common::{SOON, stage, stage_with};

/// Sums of money that move between accounts: what they are together never changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_scan_during_writes_shows_one_version() {
    let stage = stage().await;
    let cache = &stage.cache;
    let name = |account: usize| format!("account:{account:04}");
    let mut sums = vec![100i64; 1000];
    let entries: Vec<_> = (0..sums.len())
        .map(|account| (name(account), "100".to_owned()))
        .collect();
    cache.set_many(&entries, SetOptions::new()).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let (cache, stop) = (cache.blocking(), Arc::clone(&stop));
        std::thread::spawn(move || {
            let mut random = fastrand::Rng::with_seed(3);
            while !stop.load(Ordering::Relaxed) {
                let (from, to) = (random.usize(..1000), random.usize(..1000));
                sums[from] -= 7;
                sums[to] += 7;
                let entries = [from, to].map(|account| (name(account), sums[account].to_string()));
                cache.set_many(&entries, SetOptions::new()).unwrap();
            }
        })
    };
    let mut last = cache.version();
    for _ in 0..20 {
        cache.wait_until_fresh(last + 1, SOON).await.unwrap();
        let snapshot = cache.snapshot().await.unwrap();
        assert!(snapshot.version() > last);
        last = snapshot.version();
        let mut sum = 0;
        let mut scan = snapshot.scan_prefix("account:");
        while let Some(entry) = scan.try_next().await.unwrap() {
            assert!(entry.version <= snapshot.version());
            sum += std::str::from_utf8(&entry.value)
                .unwrap()
                .parse::<i64>()
                .unwrap();
        }
        assert_eq!(sum, 100_000);
        // A second time it is the same.
        let first: Vec<Entry> = snapshot.scan().try_collect().await.unwrap();
        let second: Vec<Entry> = snapshot.clone().scan().try_collect().await.unwrap();
        assert_eq!(first, second);
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
}

#[tokio::test]
async fn what_expires_later_is_shown_as_long_as_it_lives() {
    let stage = stage_with(|config| config.local.sweep_every = Duration::from_millis(1)).await;
    let cache = &stage.cache;
    let at = std::time::SystemTime::now() + Duration::from_millis(300);
    let options = SetOptions::new().expiry(Expiry::At(at));
    cache.set_with("a", "1", options).await.unwrap();
    let snapshot = cache.snapshot().await.unwrap();
    assert!(snapshot.get("a").unwrap().is_some());
    crate::common::until("the sweep", || cache.stats().expired == 1).await;
    assert_eq!(snapshot.count().await.unwrap(), 1);
    assert!(snapshot.get("a").unwrap().is_some());
    assert_eq!(cache.count().await.unwrap(), 0);
}

/// Anybody may hold one, on any thread, and everybody else goes on: writers, readers, the sweep.
#[tokio::test]
async fn nobody_waits_for_a_snapshot() {
    let stage = stage().await;
    let cache = &stage.cache;
    cache.set("a", "1").await.unwrap();
    let snapshot = cache.snapshot().await.unwrap();
    let mut scan = snapshot.scan();
    let kept = std::thread::spawn(move || snapshot).join().unwrap();
    for number in 0..1000 {
        cache.set("a", number.to_string()).await.unwrap();
    }
    assert_eq!(stage.value("a").await.as_deref(), Some(&b"999"[..]));
    stage.flush().await;
    assert_eq!(kept.get("a").unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(scan.next().await.unwrap().unwrap().value, "1");
    assert!(scan.next().await.is_none());
}

#[tokio::test]
async fn so_many_can_live_at_a_time_and_no_more() {
    let stage = stage_with(|config| config.local.max_sessions = 16).await;
    let cache = &stage.cache;
    cache.set("a", "1").await.unwrap();
    let mut kept: Vec<Snapshot> = Vec::new();
    for _ in 0..8 {
        kept.push(cache.snapshot().await.unwrap());
    }
    let error = cache.snapshot().await.unwrap_err();
    assert!(
        matches!(error, Error::TooManySnapshots { max: 8 }),
        "{error}"
    );
    assert!(error.is_retryable());
    let mut watch = cache.watch(0).unwrap();
    let error = watch.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::TooManySnapshots { .. }));
    // All the rest goes on.
    cache.set("a", "2").await.unwrap();
    assert_eq!(cache.count().await.unwrap(), 1);
    assert_eq!(cache.stats().snapshots, 8);
    // A scan keeps its snapshot.
    let scan = kept.pop().unwrap().scan();
    assert!(cache.snapshot().await.is_err());
    drop(scan);
    kept.push(cache.snapshot().await.unwrap());
    drop(kept);
    assert_eq!(cache.stats().snapshots, 0);
}

/// A watch from 0 gives its snapshot back when it has told all of it.
#[tokio::test]
async fn a_watch_holds_its_snapshot_for_its_first_entries_only() {
    let stage = stage().await;
    let cache = &stage.cache;
    // More than a chunk.
    for number in 0..600 {
        cache.set(format!("k{number}"), "v").await.unwrap();
    }
    let mut watch = cache.watch(0).unwrap();
    assert_eq!(cache.stats().snapshots, 0, "it is taken when it is needed");
    for _ in 0..600 {
        assert!(watch.next().await.unwrap().unwrap().initial);
        assert_eq!(watch.position(), 0);
        if cache.stats().snapshots == 0 {
            break;
        }
    }
    while watch.position() == 0 {
        tokio::select! {
            biased;
            event = watch.next() => assert!(event.unwrap().unwrap().initial),
            () = tokio::time::sleep(Duration::from_millis(1)) => {}
        }
    }
    let version = cache.set("b", "2").await.unwrap().version;
    assert_eq!(watch.next().await.unwrap().unwrap().version, version);
    assert_eq!((cache.stats().snapshots, watch.position()), (0, version));
}

#[tokio::test]
async fn closing_waits_for_no_snapshot_and_ends_all() {
    let stage = stage().await;
    let cache = &stage.cache;
    for number in 0..600 {
        cache.set(format!("k{number}"), "v").await.unwrap();
    }
    let snapshot = cache.snapshot().await.unwrap();
    let mut scan = snapshot.scan();
    assert!(scan.next().await.unwrap().is_ok());
    // A call that stays inside the engine would make this an error.
    cache.close(SOON).await.unwrap();
    assert!(matches!(snapshot.get("k1"), Err(Error::Closed)));
    let rest: Vec<_> = scan.collect().await;
    assert!(matches!(rest.last(), Some(Err(Error::Closed))));
    assert!(matches!(snapshot.count().await, Err(Error::Closed)));
    assert!(matches!(cache.snapshot().await, Err(Error::Closed)));
    // And the home is free.
    let stage = stage.open_again(|_| {}).await;
    assert_eq!(stage.cache.count().await.unwrap(), 600);
}

/// Also when the handles go without a close.
#[tokio::test]
async fn a_snapshot_may_outlive_the_cache() {
    let stage = stage().await;
    stage.cache.set("a", "1").await.unwrap();
    let snapshot = stage.cache.snapshot().await.unwrap();
    let mut scan = stage.cache.scan();
    let mut watch = stage.cache.watch(stage.cache.version()).unwrap();
    let stage = stage.open_again(|_| {}).await;
    assert!(matches!(snapshot.get("a"), Err(Error::Closed)));
    assert!(matches!(scan.next().await, Some(Err(Error::Closed))));
    assert!(matches!(watch.next().await, Some(Err(Error::Closed))));
    assert_eq!(stage.value("a").await.as_deref(), Some(&b"1"[..]));
}
