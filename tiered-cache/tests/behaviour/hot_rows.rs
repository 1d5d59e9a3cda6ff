//! Copies in memory never say what a row does not say any more.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tiered_cache::{ByteSize, Peek, RemoteErrorKind, RemoteValue, SetOptions, TieredCache, Ttl};

use crate::common::{SOON, Stage, stage, stage_with, until};

/// Reads until a copy in memory is what answers.
async fn warm(stage: &Stage, key: &str) {
    let before = stage.cache.stats().hot_hits;
    for _ in 0..3 {
        assert!(stage.cache.get(key).await.unwrap().is_some(), "{key}");
    }
    let hits = stage.cache.stats().hot_hits - before;
    assert!(hits >= 2, "{key}: {hits} of 3 reads came from memory");
}

async fn set_and_warm(stage: &Stage, key: &str) {
    stage.cache.set(key, "before").await.unwrap();
    stage.flush().await;
    warm(stage, key).await;
}

fn peeked(cache: &TieredCache, key: &str) -> Peek<Vec<u8>> {
    let alone = cache.peek(key, |value, _| value.to_vec()).unwrap();
    let mut peeks = cache.peeks().unwrap();
    let together = peeks.peek(key, |value, _| value.to_vec()).unwrap();
    assert_eq!(alone, together);
    alone
}

#[tokio::test]
async fn every_change_is_seen_by_the_next_read() {
    let stage = stage().await;
    let cache = &stage.cache;

    set_and_warm(&stage, "set").await;
    cache.set("set", "after").await.unwrap();
    assert_eq!(peeked(cache, "set"), Peek::Value(b"after".to_vec()));
    assert_eq!(stage.value("set").await.unwrap(), b"after");

    set_and_warm(&stage, "many").await;
    cache
        .set_many(&[("many", "after"), ("more", "after")], SetOptions::new())
        .await
        .unwrap();
    assert_eq!(stage.value("many").await.unwrap(), b"after");

    set_and_warm(&stage, "deleted").await;
    cache.delete("deleted").await.unwrap();
    assert_eq!(peeked(cache, "deleted"), Peek::Absent);
    assert_eq!(stage.value("deleted").await, None);

    set_and_warm(&stage, "expires").await;
    assert!(cache.expire("expires", SOON).await.unwrap());
    assert!(matches!(cache.ttl("expires").await.unwrap(), Ttl::At(_)));
    warm(&stage, "expires").await;
    assert!(cache.persist("expires").await.unwrap());
    assert_eq!(cache.ttl("expires").await.unwrap(), Ttl::Never);

    set_and_warm(&stage, "evicted").await;
    assert!(cache.evict_local("evicted").unwrap());
    assert_eq!(peeked(cache, "evicted"), Peek::Unknown);

    // What another program has written is read anew, and then is what is here.
    set_and_warm(&stage, "refreshed").await;
    stage.remote.set("refreshed", "after", None);
    assert_eq!(stage.value("refreshed").await.unwrap(), b"before");
    cache.refresh("refreshed").await.unwrap();
    assert_eq!(peeked(cache, "refreshed"), Peek::Value(b"after".to_vec()));

    set_and_warm(&stage, "pinned").await;
    assert!(cache.pin("pinned").await.unwrap());
    assert_eq!(stage.value("pinned").await.unwrap(), b"before");
}

#[tokio::test]
async fn another_content_is_seen_by_the_next_read() {
    let stage = stage().await;
    set_and_warm(&stage, "stays").await;
    set_and_warm(&stage, "goes").await;
    let value = RemoteValue {
        value: Bytes::from("after"),
        expires_at: None,
    };
    let content = BTreeMap::from([("stays", value)]);
    let version = stage.cache.version();
    stage.cache.replace(content, version).await.unwrap();
    assert_eq!(
        peeked(&stage.cache, "stays"),
        Peek::Value(b"after".to_vec())
    );
    assert_eq!(peeked(&stage.cache, "goes"), Peek::Unknown);
}

#[tokio::test]
async fn a_discarded_change_is_not_served_any_more() {
    let stage = stage().await;
    let reason = "WRONGTYPE";
    stage.remote.fail_key("bad", RemoteErrorKind::Key, reason);
    stage.cache.set("bad", "v").await.unwrap();
    until("it is a dead letter", || {
        stage.cache.stats().dead_letters == 1
    })
    .await;
    warm(&stage, "bad").await;
    assert!(stage.cache.dead_letters().discard("bad").unwrap());
    assert_eq!(peeked(&stage.cache, "bad"), Peek::Unknown);
}

#[tokio::test]
async fn a_copy_grows_old_as_its_row_does() {
    let stage = stage_with(|config| {
        config.reads.max_age = Duration::from_millis(300);
    })
    .await;
    stage.cache.set("k", "before").await.unwrap();
    stage.flush().await;
    stage.cache.get("k").await.unwrap();
    stage.remote.set("k", "after", None);
    until("the row is too old", || {
        peeked(&stage.cache, "k") == Peek::Unknown
    })
    .await;
    assert_eq!(stage.value("k").await.unwrap(), b"after");

    let expiry = std::time::SystemTime::now() + Duration::from_millis(200);
    stage.cache.set("short", "v").await.unwrap();
    stage.cache.expire_at("short", expiry).await.unwrap();
    until("its time is over", || {
        !matches!(peeked(&stage.cache, "short"), Peek::Value(_))
    })
    .await;
    assert!(std::time::SystemTime::now() >= expiry);
}

fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).unwrap().parse().unwrap()
}

fn value_of(peek: Peek<u64>) -> Option<u64> {
    match peek {
        Peek::Value(value) => Some(value),
        Peek::Absent | Peek::Unknown => None,
    }
}

/// Readers of all kinds, of which some find a copy and some the engine, never see a key go back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_sees_a_key_go_back() {
    // Room for few copies: they come and go.
    let stage = stage_with(|config| config.local.hot_memory = ByteSize::kib(64)).await;
    let cache = &stage.cache;
    for number in 0..2000 {
        cache.set(format!("other{number}"), [7; 100]).await.unwrap();
    }
    cache.set("k", "0").await.unwrap();
    let (stop, acknowledged) = (AtomicBool::new(false), AtomicU64::new(0));
    let reads = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for reader in 0..3_u64 {
            let (stop, acknowledged, reads) = (&stop, &acknowledged, &reads);
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(reader);
                let mut seen = 0;
                while !stop.load(Ordering::Relaxed) {
                    let least = acknowledged.load(Ordering::SeqCst);
                    let mut saw = |read: Option<u64>| {
                        let read = read.expect("the key is here");
                        assert!(read >= seen.max(least), "{read} after {seen} and {least}");
                        seen = read;
                        reads.fetch_add(1, Ordering::Relaxed);
                    };
                    match random.u32(..3) {
                        0 => saw(cache.blocking().get("k").unwrap().map(|it| number(&it))),
                        1 => saw(value_of(cache.peek("k", |it, _| number(it)).unwrap())),
                        _ => {
                            let mut peeks = cache.peeks().unwrap();
                            for _ in 0..random.u32(1..6) {
                                let other = format!("other{}", random.u32(..2000));
                                peeks.peek(other, |_, _| ()).unwrap();
                                saw(value_of(peeks.peek("k", |it, _| number(it)).unwrap()));
                            }
                        }
                    }
                }
            });
        }
        let mut random = fastrand::Rng::with_seed(99);
        for number in 1..3000_u64 {
            let blocking = cache.blocking();
            blocking.set("k", number.to_string()).unwrap();
            acknowledged.store(number, Ordering::SeqCst);
            let pause = Duration::from_micros(random.u64(..200));
            std::thread::sleep(pause);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let hot = cache.stats().hot_hits;
    assert!(
        hot > 100,
        "{hot} of {} reads",
        reads.load(Ordering::Relaxed)
    );
}

#[tokio::test]
async fn their_memory_is_bounded_and_can_be_none() {
    let bound = 1 << 20;
    let stage = stage_with(|config| config.local.hot_memory = ByteSize::b(bound)).await;
    let value = [7; 1000];
    for number in 0..5000 {
        let key = format!("{number}");
        stage.cache.set(&key, value).await.unwrap();
        assert_eq!(stage.value(&key).await.unwrap(), value);
    }
    let bytes = stage.cache.stats().hot_bytes;
    assert!((bound / 2..=bound).contains(&bytes), "{bytes}");
    // What is wanted often comes in, however many pass through; what is too large does not.
    stage.cache.set("large", [8; 5000]).await.unwrap();
    for number in 0..5000 {
        stage.value(&format!("{number}")).await.unwrap();
        stage.value("1").await.unwrap();
        stage.value("large").await.unwrap();
    }
    let before = stage.cache.stats().hot_hits;
    for _ in 0..100 {
        stage.value("1").await.unwrap();
        assert_eq!(stage.value("large").await.unwrap(), [8; 5000]);
    }
    assert_eq!(stage.cache.stats().hot_hits - before, 100);

    let stage = stage_with(|config| config.local.hot_memory = ByteSize::b(0)).await;
    stage.cache.set("k", "v").await.unwrap();
    for _ in 0..10 {
        assert_eq!(stage.value("k").await.unwrap(), b"v");
    }
    let stats = stage.cache.stats();
    assert_eq!((stats.hits, stats.hot_hits, stats.hot_bytes), (10, 0, 0));
}
