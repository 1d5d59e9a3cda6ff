//! Another content for all that is clean, at once.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use tiered_cache::{
    ByteSize, Entry, Error, EventKind, Fault, Origin, RemoteValue, Source, TieredCache,
};

use crate::common::{SOON, Stage, stage, stage_with};

fn value(value: impl Into<Bytes>) -> RemoteValue {
    RemoteValue {
        value: value.into(),
        expires_at: None,
    }
}

async fn content(cache: &TieredCache) -> BTreeMap<Bytes, Bytes> {
    let pairs = cache.scan().map_ok(|entry| (entry.key, entry.value));
    pairs.try_collect().await.unwrap()
}

fn pairs(of: &[(&'static str, &'static str)]) -> BTreeMap<Bytes, Bytes> {
    of.iter()
        .map(|(key, value)| (Bytes::from(*key), Bytes::from(*value)))
        .collect()
}

/// Three clean rows.
async fn three(stage: &Stage) {
    for (key, value) in [("a", "1"), ("b", "2"), ("c", "3")] {
        stage.cache.set(key, value).await.unwrap();
    }
    stage.flush().await;
}

#[tokio::test]
async fn watchers_get_the_differences() {
    let stage = stage().await;
    let cache = &stage.cache;
    three(&stage).await;
    let mut watch = cache.watch(cache.version()).unwrap();
    let new = [("b", "2"), ("c", "4"), ("d", "5"), ("", "6"), ("d", "7")];
    let new = new.map(|(key, text)| (key, value(text)));
    let replaced = cache.replace(new, cache.version()).await.unwrap();
    assert_eq!(
        (replaced.written, replaced.removed, replaced.kept),
        (4, 1, 0)
    );
    assert_eq!(
        content(cache).await,
        pairs(&[("", "6"), ("b", "2"), ("c", "4"), ("d", "7")])
    );
    let mut told = Vec::new();
    for _ in 0..4 {
        let event = watch.next().await.unwrap().unwrap();
        assert_eq!(event.origin, Origin::Fill);
        told.push((event.kind, event.key, event.previous));
    }
    let bytes = |text: &'static str| Bytes::from(text);
    let expected = [
        (EventKind::Added, bytes(""), None),
        (EventKind::Invalidated, bytes("a"), Some(bytes("1"))),
        (EventKind::Modified, bytes("c"), Some(bytes("3"))),
        (EventKind::Added, bytes("d"), None),
    ];
    assert_eq!(told, expected);
    // And nothing of "b", which stayed the same.
    let last = cache.set("end", "").await.unwrap().version;
    assert_eq!(watch.next().await.unwrap().unwrap().version, last);
    // What is not here any more is asked of the remote; what is, is not.
    let reads = stage.remote.reads();
    let answer = cache.get_with("d", Default::default()).await.unwrap();
    assert_eq!(answer.source, Source::Local);
    assert_eq!(stage.value("a").await.as_deref(), Some(&b"1"[..]));
    assert_eq!(stage.remote.reads(), reads + 1);
}

#[tokio::test]
async fn nothing_dirty_is_replaced() {
    let stage = stage().await;
    let cache = &stage.cache;
    three(&stage).await;
    stage.remote.set_down(true);
    cache.set("a", "mine").await.unwrap();
    cache.delete("b").await.unwrap();
    // Newer than both: only that they are dirty keeps them.
    let version = cache.version();
    let new = ["a", "b", "c"].map(|key| (key, value("theirs")));
    let replaced = cache.replace(new, version).await.unwrap();
    assert_eq!((replaced.written, replaced.kept), (1, 2));
    assert_eq!(
        content(cache).await,
        pairs(&[("a", "mine"), ("c", "theirs")])
    );
    stage.remote.set_down(false);
    stage.flush().await;
    assert_eq!(stage.at_remote("a").as_deref(), Some(&b"mine"[..]));
    assert_eq!(stage.at_remote("b"), None);
}

/// Also where no row is left that could say so: what was deleted, flushed and swept must not come
/// back, nor what was evicted as an older value.
#[tokio::test]
async fn what_happened_after_the_version_stays() {
    let stage = stage_with(|config| {
        config.reads.negative_ttl = Duration::from_millis(1);
        config.local.sweep_every = Duration::from_millis(1);
    })
    .await;
    let cache = &stage.cache;
    three(&stage).await;
    cache.set("d", "4").await.unwrap();
    let version = cache.version();
    cache.set("a", "new").await.unwrap();
    cache.delete("b").await.unwrap();
    cache.set("c", "new").await.unwrap();
    stage.flush().await;
    assert!(cache.evict_local("c").unwrap());
    crate::common::until("the sweep of the tombstone", || cache.stats().expired > 0).await;
    let new = ["a", "b", "c", "d"].map(|key| (key, value("old")));
    let replaced = cache.replace(new, version).await.unwrap();
    assert_eq!((replaced.written, replaced.kept), (1, 3));
    assert_eq!(content(cache).await, pairs(&[("a", "new"), ("d", "old")]));
    assert_eq!(stage.value("b").await, None);
    assert_eq!(stage.value("c").await.as_deref(), Some(&b"new"[..]));
}

#[tokio::test]
async fn a_version_that_nobody_can_judge_is_refused() {
    let stage = stage_with(|config| {
        config.feed.window_events = 2;
        config.writes.max_value_size = ByteSize::b(10);
    })
    .await;
    let cache = &stage.cache;
    let version = cache.version();
    three(&stage).await;
    let before = content(cache).await;
    let new = || [("a", value("x"))];
    let too_old = cache.replace(new(), version).await.unwrap_err();
    assert!(matches!(too_old, Error::TooOld { .. }), "{too_old}");
    let next = cache.version() + 1;
    let too_new = cache.replace(new(), next).await.unwrap_err();
    assert!(matches!(too_new, Error::TooNew { .. }), "{too_new}");
    let large = [("a", value(vec![0; 11]))];
    let too_large = cache.replace(large, cache.version()).await.unwrap_err();
    assert!(matches!(too_large, Error::TooLarge { .. }), "{too_large}");
    assert_eq!(content(cache).await, before);
    // More differences than the window holds: watchers are told so.
    let mut watch = cache.watch(cache.version()).unwrap();
    cache.replace(new(), cache.version()).await.unwrap();
    assert!(matches!(
        watch.next().await,
        Some(Err(Error::TooOld { .. }))
    ));
}

#[tokio::test]
async fn expiries_come_along_and_what_is_over_is_absent() {
    let stage = stage().await;
    let cache = &stage.cache;
    three(&stage).await;
    let at = |expires_at| RemoteValue {
        expires_at: Some(expires_at),
        ..value("x")
    };
    let new = [("a", at(1)), ("b", at(u64::MAX >> 2))];
    let replaced = cache.replace(new, cache.version()).await.unwrap();
    assert_eq!((replaced.written, replaced.removed), (1, 2));
    let entries: Vec<Entry> = cache.scan().try_collect().await.unwrap();
    assert_eq!(entries.len(), 1);
    assert!(entries[0].key == "b" && entries[0].expires_at.is_some());
}

/// Scans of one version see all of the old content or all of the new one; so does each read of
/// those that re-anchor, of which one is enough here.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scanners_see_all_of_it_or_nothing() {
    let stage = stage().await;
    let cache = &stage.cache;
    let keys = |round: u32| {
        // Half of the keys stay, the others come and go.
        (0..100).map(move |key| format!("k{:03}", key + 50 * (round % 2)))
    };
    let replacer = {
        let cache = cache.blocking();
        std::thread::spawn(move || {
            for round in 0..100 {
                let new = keys(round).map(|key| (key, value(round.to_string())));
                cache.replace(new, cache.version()).unwrap();
            }
        })
    };
    let mut seen = 0;
    while !replacer.is_finished() || seen < 2 {
        let snapshot = cache.snapshot().await.unwrap();
        for scan in [snapshot.scan(), snapshot.scan().rev(), cache.scan()] {
            let entries: Vec<Entry> = scan.try_collect().await.unwrap();
            let Some(first) = entries.first() else {
                continue;
            };
            let round: u32 = std::str::from_utf8(&first.value).unwrap().parse().unwrap();
            let mut found: Vec<_> = entries.iter().map(|entry| entry.key.clone()).collect();
            found.sort();
            assert_eq!(found, keys(round).collect::<Vec<_>>());
            assert!(entries.iter().all(|entry| entry.value == first.value));
            seen += 1;
        }
    }
    replacer.join().unwrap();
}

/// An answer of the remote that was asked for before is older than the new content.
#[tokio::test]
async fn a_fill_that_was_under_way_comes_too_late() {
    let stage = stage().await;
    let cache = &stage.cache;
    stage.remote.set("a", "older", None);
    stage
        .remote
        .script_read(Fault::Delayed(Duration::from_millis(50)));
    let read = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.get("a").await })
    };
    crate::common::until("the question", || cache.stats().remote_reads == 1).await;
    let new = [("a", value("newer"))];
    cache.replace(new, cache.version()).await.unwrap();
    assert_eq!(read.await.unwrap().unwrap().as_deref(), Some(&b"older"[..]));
    assert_eq!(cache.stats().fills_too_late, 1);
    assert_eq!(stage.value("a").await.as_deref(), Some(&b"newer"[..]));
    assert!(cache.close(SOON).await.unwrap().complete);
}
