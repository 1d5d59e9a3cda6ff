//! A cache without a remote: a durable local store.

use std::time::{Duration, SystemTime};

use tiered_cache::{
    Durability, Error, Expiry, MemoryRemote, Peek, SetOptions, SyncState, TieredCache, Ttl, Update,
    Write,
};

async fn open(home: &std::path::Path) -> TieredCache {
    TieredCache::builder(home)
        .local_only()
        .configure(|config| {
            config.reads.negative_ttl = Duration::ZERO;
            config.local.sweep_every = Duration::from_millis(10);
        })
        .open()
        .await
        .unwrap()
}

#[tokio::test]
async fn it_keeps_what_is_written_and_nothing_is_dirty() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path()).await;
    assert_eq!(cache.get("a").await.unwrap(), None);
    assert_eq!(cache.set("a", "1").await.unwrap().existed, Some(false));
    assert_eq!(cache.set("a", "2").await.unwrap().existed, Some(true));
    cache.set("b", "b").await.unwrap();
    assert_eq!(cache.delete("b").await.unwrap().existed, Some(true));
    assert_eq!(cache.delete("b").await.unwrap().existed, Some(false));
    assert_eq!(cache.get("b").await.unwrap(), None);
    assert_eq!(cache.incr_by("n", 5).await.unwrap(), 5);
    assert_eq!(cache.append("a", "3").await.unwrap(), 2);
    let many = cache.get_many(&["a", "b", "n"]).await.unwrap();
    assert_eq!(many, [Some("23".into()), None, Some("5".into())]);
    assert!(!cache.evict_local("a").unwrap(), "there is no other copy");
    assert_eq!(cache.evict_all_local().unwrap(), 0);
    assert_eq!(cache.refresh("a").await.unwrap().value, Some("23".into()));
    assert_eq!(cache.sync_state("a").unwrap(), SyncState::Clean);
    let stats = cache.stats();
    assert_eq!((stats.dirty_keys, stats.remote_reads), (0, 0));
    let report = cache.close(Duration::from_secs(5)).await.unwrap();
    assert!(report.complete && report.remaining == 0);

    let cache = open(dir.path()).await;
    assert_eq!(cache.get("a").await.unwrap(), Some("23".into()));
    assert_eq!(cache.get("b").await.unwrap(), None);
    assert_eq!(cache.get("n").await.unwrap(), Some("5".into()));
}

#[tokio::test]
async fn expiries_are_exact_and_their_space_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path()).await;
    let soon = SetOptions::new().expires_in(Duration::from_millis(30));
    let later = SetOptions::new().expires_in(Duration::from_secs(1000));
    cache.set_with("short", "1", later).await.unwrap();
    let at = SystemTime::now() + Duration::from_secs(100);
    assert!(cache.expire_at("short", at).await.unwrap());
    assert!(matches!(cache.ttl("short").await.unwrap(), Ttl::At(_)));
    assert!(cache.persist("short").await.unwrap());
    assert_eq!(cache.ttl("short").await.unwrap(), Ttl::Never);
    assert!(!cache.expire("none", Duration::from_secs(1)).await.unwrap());
    // One that is over deletes at once.
    cache.set("gone", "1").await.unwrap();
    assert!(
        cache
            .expire_at("gone", SystemTime::UNIX_EPOCH)
            .await
            .unwrap()
    );
    assert_eq!(cache.get("gone").await.unwrap(), None);

    cache.set_with("swept", "1", soon).await.unwrap();
    while cache.stats().expired == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(cache.get("swept").await.unwrap(), None);
    assert_eq!(cache.set("swept", "2").await.unwrap().existed, Some(false));
}

#[tokio::test]
async fn a_home_is_of_one_kind_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let local = open(dir.path()).await;
    local.set("a", "1").await.unwrap();
    local.close(Duration::ZERO).await.unwrap();
    let with_remote = TieredCache::builder(dir.path()).remote(MemoryRemote::new());
    assert!(matches!(with_remote.open().await, Err(Error::Config(_))));

    let other = tempfile::tempdir().unwrap();
    let cache = TieredCache::builder(other.path())
        .remote(MemoryRemote::new())
        .open()
        .await
        .unwrap();
    cache.set("a", "1").await.unwrap();
    cache.close(Duration::ZERO).await.unwrap();
    let without = TieredCache::builder(other.path()).local_only();
    assert!(matches!(without.open().await, Err(Error::Config(_))));

    let both = TieredCache::builder(dir.path())
        .local_only()
        .remote(MemoryRemote::new());
    assert!(matches!(both.open().await, Err(Error::Config(_))));
    let promise = TieredCache::builder(dir.path())
        .local_only()
        .durability(Durability::Remote);
    assert!(matches!(promise.open().await, Err(Error::Config(_))));
    let cache = open(dir.path()).await;
    let promise = SetOptions::new().durability(Durability::Remote);
    let refused = cache.set_with("a", "2", promise).await;
    assert!(matches!(refused, Err(Error::Config(_))), "{refused:?}");
    assert_eq!(cache.get("a").await.unwrap(), Some("1".into()));
}

#[tokio::test]
async fn batches_updates_and_walks() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path()).await;
    let keys: Vec<String> = (0..1500).map(|n| format!("k{n:04}")).collect();
    let batch: Vec<Write<'_>> = keys
        .iter()
        .map(|key| Write::set(key.as_bytes(), key.as_bytes(), None))
        .collect();
    let written = cache.try_apply(&batch).unwrap();
    assert!(written.iter().all(|written| written.existed == Some(false)));
    // In order, also for one key.
    let again = [
        Write::delete(b"k0000"),
        Write::set(b"k0000", b"new", None),
        Write::delete(b"k0001"),
    ];
    let existed: Vec<_> = cache.apply(&again).await.unwrap();
    let existed: Vec<_> = existed.iter().map(|written| written.existed).collect();
    assert_eq!(existed, [Some(true), Some(false), Some(true)]);
    let peeked = cache
        .peek("k0000", |value, at| (value.to_vec(), at))
        .unwrap();
    assert_eq!(peeked, Peek::Value((b"new".to_vec(), None)));
    assert_eq!(cache.peek("k0001", |_, _| ()).unwrap(), Peek::Absent);

    let mut walked = Vec::new();
    let mut after = None;
    loop {
        let (some, next) = cache.local_keys(after.as_deref()).unwrap();
        walked.extend(some);
        match next {
            Some(_) => after = next,
            None => break,
        }
    }
    let there: Vec<_> = keys.iter().filter(|key| *key != "k0001").collect();
    assert_eq!(walked, there);

    let length = cache
        .update("k0002", |entry| {
            let entry = entry.unwrap();
            let value = [entry.value, b"!"].concat();
            let length = value.len();
            (
                length,
                Update::Set {
                    value,
                    expiry: Expiry::Keep,
                },
            )
        })
        .await
        .unwrap();
    assert_eq!(length, 6);
    let at = SystemTime::now() + Duration::from_secs(50);
    cache
        .update("k0002", |_| ((), Update::Expire(Some(at))))
        .await
        .unwrap();
    assert!(matches!(cache.ttl("k0002").await.unwrap(), Ttl::At(_)));
    cache
        .update("k0002", |_| ((), Update::Delete))
        .await
        .unwrap();
    let pair = [
        Write::set(b"k0002", b"1", None),
        Write::set(b"k0002", b"2", None),
    ];
    assert!(cache.apply_if_absent(&pair).await.unwrap());
    assert_eq!(cache.get("k0002").await.unwrap(), Some("2".into()));
    assert!(!cache.apply_if_absent(&pair[..1]).await.unwrap());
    cache.delete("k0002").await.unwrap();
    let absent = cache.update("k0002", |entry| (entry.is_none(), Update::Nothing));
    assert!(absent.await.unwrap());
}

/// With a remote, a look at the local tier asks nobody.
#[tokio::test]
async fn peeks_do_not_ask_the_remote() {
    let dir = tempfile::tempdir().unwrap();
    let cache = TieredCache::builder(dir.path())
        .remote(MemoryRemote::new())
        .open()
        .await
        .unwrap();
    assert_eq!(cache.peek("a", |_, _| ()).unwrap(), Peek::Unknown);
    cache.set("a", "1").await.unwrap();
    assert_eq!(
        cache.peek("a", |value, _| value.len()).unwrap(),
        Peek::Value(1)
    );
    assert_eq!(cache.stats().remote_reads, 0);
    cache.flush_key("a", Duration::from_secs(10)).await.unwrap();
    assert_eq!(cache.sync_state("a").unwrap(), SyncState::Clean);
    assert_eq!(cache.evict_all_local().unwrap(), 1);
    assert_eq!(cache.peek("a", |_, _| ()).unwrap(), Peek::Unknown);
    assert_eq!(cache.get("a").await.unwrap(), Some("1".into()));
}

#[tokio::test]
async fn at_the_bound_new_keys_are_refused_and_nothing_goes() {
    let dir = tempfile::tempdir().unwrap();
    let cache = TieredCache::builder(dir.path())
        .local_only()
        .configure(|config| {
            config.local.max_disk = bytesize::ByteSize::mib(16);
            config.local.cache_size = bytesize::ByteSize::mib(32);
            config.writes.wait_for_room = Duration::from_secs(1);
        })
        .open()
        .await
        .unwrap();
    let value = vec![b'v'; 1000];
    let mut kept = 0_u32;
    let refused = loop {
        match cache.set(format!("key:{kept}"), &value).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 16 << 10, "more than the bound fits in");
    };
    let limit = tiered_cache::Limit::LocalTier;
    assert!(
        matches!(refused, Error::Backpressure { limit: at, .. } if at == limit),
        "{refused:?}"
    );
    assert!(kept > 3000, "{kept}");
    for number in 0..kept {
        let there = cache.get(format!("key:{number}")).await.unwrap();
        assert_eq!(there.as_deref(), Some(&value[..]), "{number}");
    }
    // A deletion makes room.
    for number in 0..kept {
        cache.delete(format!("key:{number}")).await.unwrap();
    }
    let mut tries = 0;
    while let Err(error) = cache.set("later", &value).await {
        tries += 1;
        assert!(tries < 100, "{error}");
    }
    assert_eq!(cache.stats().evicted, 0);
}
