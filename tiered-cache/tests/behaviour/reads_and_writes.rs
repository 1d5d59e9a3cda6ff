//! The plain calls, and what they do at both levels.

use std::time::{Duration, SystemTime};

use tiered_cache::{
    Durability, Error, Expiry, ReadOptions, SetOptions, Source, SyncState, TieredCache, Ttl,
};

use crate::common::{SOON, stage, stage_with, until};

#[tokio::test]
async fn a_write_is_readable_at_once_and_reaches_the_remote() {
    let stage = stage().await;
    let written = stage.cache.set("k", "v").await.unwrap();
    assert_eq!(written.durability, Durability::Process);
    assert_eq!(written.existed, None, "the remote was not asked");
    assert_eq!(stage.value("k").await.unwrap(), b"v");
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"v");
    assert_eq!(stage.cache.sync_state("k").unwrap(), SyncState::Clean);

    let deleted = stage.cache.delete("k").await.unwrap();
    assert!(deleted.version > written.version);
    assert_eq!(deleted.existed, Some(true));
    assert_eq!(stage.value("k").await, None);
    stage.flush().await;
    assert_eq!(stage.at_remote("k"), None);
    assert_eq!(stage.remote.reads(), 0, "nothing had to be read");
}

#[tokio::test]
async fn keys_and_values_are_any_bytes() {
    let stage = stage().await;
    let all: Vec<u8> = (0..=255).collect();
    let keys: [&[u8]; 5] = [b"", b"\0", b"\0\0", b"\r\n", &all];
    for key in keys {
        stage.cache.set(key, key).await.unwrap();
    }
    stage.cache.set("empty", "").await.unwrap();
    stage.flush().await;
    for key in keys {
        assert_eq!(stage.cache.get(key).await.unwrap().unwrap(), key);
        assert_eq!(stage.remote.get(key).unwrap().value, key);
    }
    assert_eq!(stage.value("empty").await.unwrap(), b"");
    assert_eq!(stage.remote.len(), 6);
}

#[tokio::test]
async fn what_the_remote_has_is_read_once_and_kept() {
    let stage = stage().await;
    stage.remote.set("k", "v", None);
    let first = stage.cache.get_with("k", ReadOptions::new()).await.unwrap();
    assert_eq!((first.source, first.stale), (Source::Remote, false));
    let second = stage.cache.get_with("k", ReadOptions::new()).await.unwrap();
    assert_eq!((second.source, second.stale), (Source::Local, false));
    assert_eq!(first.value, second.value);
    assert_eq!(stage.remote.reads(), 1);
    assert_eq!(stage.remote.writes(), 0, "a fill is not written back");
}

#[tokio::test]
async fn many_keys_cost_one_question() {
    let stage = stage().await;
    stage.cache.set("a", "1").await.unwrap();
    stage.remote.set("b", "2", None);
    let values = stage.cache.get_many(&["a", "b", "c", "b"]).await.unwrap();
    let values: Vec<Option<&[u8]>> = values.iter().map(Option::as_deref).collect();
    assert_eq!(values, [Some(&b"1"[..]), Some(b"2"), None, Some(b"2")]);
    assert_eq!((stage.remote.reads(), stage.remote.keys_read()), (1, 2));
}

#[tokio::test]
async fn a_batch_is_written_as_a_whole() {
    let stage = stage_with(|config| config.writes.max_dirty_keys = 3).await;
    stage.remote.set_down(true);
    let entries = [("a", "1"), ("b", "2"), ("a", "3")];
    let written = stage
        .cache
        .set_many(&entries, SetOptions::new())
        .await
        .unwrap();
    assert_eq!(written.len(), 3);
    assert_eq!(stage.value("a").await.unwrap(), b"3");
    assert_eq!(stage.cache.stats().dirty_keys, 2);

    // One key too many: none of them is written.
    let too_many = [("a", "x"), ("c", "x"), ("d", "x")];
    let refused = stage.cache.set_many(&too_many, SetOptions::new()).await;
    assert!(
        matches!(refused, Err(Error::Backpressure { .. })),
        "{refused:?}"
    );
    assert_eq!(stage.value("a").await.unwrap(), b"3");
    assert_eq!(stage.cache.stats().dirty_keys, 2);

    stage.cache.delete_many(&["a", "b"]).await.unwrap();
    stage.remote.set_down(false);
    stage.flush().await;
    assert!(stage.remote.is_empty());
}

#[tokio::test]
async fn expiries_are_set_kept_changed_and_taken_away() {
    let stage = stage().await;
    let cache = &stage.cache;
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(4_000_000_000_123);
    let ttl = SetOptions::new().expiry(Expiry::At(at));
    cache.set_with("k", "1", ttl).await.unwrap();
    let keep = SetOptions::new().expiry(Expiry::Keep);
    cache.set_with("k", "2", keep).await.unwrap();
    assert_eq!(cache.ttl("k").await.unwrap(), Ttl::At(at));
    stage.flush().await;
    let there = stage.remote.get("k").unwrap();
    assert_eq!(
        (&there.value[..], there.expires_at),
        (&b"2"[..], Some(4_000_000_000_123))
    );

    assert!(cache.persist("k").await.unwrap());
    assert_eq!(cache.ttl("k").await.unwrap(), Ttl::Never);
    assert!(cache.expire("k", Duration::from_secs(1000)).await.unwrap());
    let left = cache.ttl("k").await.unwrap().remaining().unwrap();
    assert!(left > Duration::from_secs(990) && left <= Duration::from_secs(1000));
    cache.set("k", "3").await.unwrap();
    assert_eq!(
        cache.ttl("k").await.unwrap(),
        Ttl::Never,
        "a plain set has no expiry"
    );

    // Of keys that are not here the remote knows the value.
    stage.remote.set("there", "v", Some(4_000_000_000_000));
    assert!(cache.expire_at("there", at).await.unwrap());
    stage.remote.set("keep", "v", Some(4_000_000_000_000));
    cache.set_with("keep", "w", keep).await.unwrap();
    stage.flush().await;
    assert_eq!(
        stage.remote.get("there").unwrap().expires_at,
        Some(4_000_000_000_123)
    );
    assert_eq!(
        stage.remote.get("keep").unwrap().expires_at,
        Some(4_000_000_000_000)
    );
    assert!(!cache.expire("nowhere", SOON).await.unwrap());
    assert_eq!(cache.ttl("nowhere").await.unwrap(), Ttl::Absent);

    // What has expired already is deleted.
    assert!(
        cache
            .expire_at("there", SystemTime::UNIX_EPOCH)
            .await
            .unwrap()
    );
    assert_eq!(stage.value("there").await, None);
    stage.flush().await;
    assert_eq!(stage.at_remote("there"), None);
}

#[tokio::test]
async fn the_other_reads() {
    let stage = stage().await;
    let cache = &stage.cache;
    stage.remote.set("k", "old", None);
    assert!(cache.exists("k").await.unwrap());
    assert!(!cache.exists("nowhere").await.unwrap());
    stage.remote.set("k", "new", None);
    assert_eq!(stage.value("k").await.unwrap(), b"old");
    let remote = cache.get_remote("k").await.unwrap();
    assert_eq!(
        (remote.value.unwrap(), remote.source),
        ("new".into(), Source::Remote)
    );
    assert_eq!(
        stage.value("k").await.unwrap(),
        b"old",
        "get_remote keeps nothing"
    );
    assert_eq!(cache.refresh("k").await.unwrap().value.unwrap(), "new");
    assert_eq!(stage.value("k").await.unwrap(), b"new");

    assert!(cache.evict_local("k").unwrap());
    assert_eq!(cache.sync_state("k").unwrap(), SyncState::Unknown);
    assert!(cache.pin("k").await.unwrap());
    assert!(cache.unpin("k").unwrap());
    assert!(!cache.pin("nowhere").await.unwrap());

    stage.remote.set_hanging(true);
    cache.set("k", "dirty").await.unwrap();
    assert!(!cache.evict_local("k").unwrap(), "a dirty key stays");
    assert_eq!(cache.refresh("k").await.unwrap().value.unwrap(), "dirty");
    stage.remote.set_hanging(false);
}

#[tokio::test]
async fn a_loader_runs_once_and_its_value_is_set() {
    let stage = stage().await;
    let load = |value: &'static str| {
        stage
            .cache
            .get_or_insert_with("k", SetOptions::new(), move || async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok::<_, std::io::Error>(value)
            })
    };
    let (a, b) = tokio::join!(load("a"), load("b"));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a, b, "one of the two loaders ran, for both");
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), a);

    let failing = stage
        .cache
        .get_or_insert_with("x", SetOptions::new(), || async {
            Err::<&str, _>(std::io::Error::other("no"))
        });
    let error = failing.await.unwrap_err();
    assert!(
        matches!(&error, Error::Loader(why) if why.to_string() == "no"),
        "{error}"
    );
}

#[tokio::test]
async fn too_large_keys_and_values_are_refused() {
    let stage = stage_with(|config| {
        config.writes.max_value_size = tiered_cache::ByteSize::b(10);
        config.writes.max_key_size = tiered_cache::ByteSize::b(5);
    })
    .await;
    for (key, value) in [("k", "12345678901"), ("123456", "v")] {
        let error = stage.cache.set(key, value).await.unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    }
    stage.cache.set("12345", "1234567890").await.unwrap();
    stage.flush().await;
    assert_eq!(stage.remote.len(), 1);
}

#[tokio::test]
async fn a_closed_cache_says_so() {
    let stage = stage().await;
    let other = stage.cache.clone();
    stage.cache.set("k", "v").await.unwrap();
    let report = stage.cache.close(SOON).await.unwrap();
    assert!(report.complete && report.remaining == 0, "{report:?}");
    assert!(matches!(other.get("k").await, Err(Error::Closed)));
    assert!(matches!(other.set("k", "v").await, Err(Error::Closed)));
    assert!(matches!(other.close(SOON).await, Err(Error::Closed)));
    assert_eq!(other.stats().dirty_keys, 0);
}

#[tokio::test]
async fn a_dropped_cache_loses_nothing() {
    let stage = stage().await;
    stage.remote.set_down(true);
    stage.cache.set("k", "v").await.unwrap();
    drop(stage.cache);
    let cache = crate::common::builder(&stage.dir, &stage.remote)
        .open()
        .await
        .unwrap();
    stage.remote.set_down(false);
    until("the key is flushed", || stage.remote.get("k").is_some()).await;
    drop(cache);
}

#[test]
fn the_blocking_api_works_without_a_runtime() {
    let dir = tempfile::tempdir().unwrap();
    let remote = tiered_cache::MemoryRemote::new();
    remote.set("there", "v", None);
    let cache = TieredCache::builder(dir.path())
        .remote(remote.clone())
        .open_blocking()
        .unwrap()
        .blocking();
    cache.set("k", "v").unwrap();
    assert_eq!(cache.get("there").unwrap().unwrap(), "v");
    assert_eq!(
        cache
            .get_or_insert_with("l", SetOptions::new(), || Ok::<_, std::io::Error>("x"))
            .unwrap(),
        "x"
    );
    assert!(cache.close(SOON).unwrap().complete);
    assert_eq!(remote.len(), 3);
}
