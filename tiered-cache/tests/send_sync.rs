//! Handles go anywhere, and futures run on any executor's threads.

use std::time::Duration;

use tiered_cache::codec::Text;
use tiered_cache::{
    Builder, Config, DeadLetters, Entry, Error, Event, MemoryRemote, ReadOptions, RedisRemote,
    RemoteValue, Scan, SetOptions, Snapshot, Stats, TieredCache, TypedCache, Watch, blocking,
};

fn anywhere<T: Send + Sync + 'static>() {}
fn moved<T: Send + Unpin + 'static>() {}
fn sent<T: Send>(value: T) -> T {
    value
}

#[test]
fn handles_are_send_and_sync() {
    anywhere::<TieredCache>();
    anywhere::<blocking::TieredCache>();
    anywhere::<TypedCache<String, Text>>();
    anywhere::<DeadLetters>();
    anywhere::<Builder>();
    anywhere::<Config>();
    anywhere::<Error>();
    anywhere::<Stats>();
    anywhere::<Event>();
    anywhere::<Entry>();
    anywhere::<Snapshot>();
    anywhere::<blocking::Snapshot>();
    moved::<Watch>();
    moved::<Scan>();
    moved::<blocking::Watch>();
    moved::<blocking::Scan>();
    anywhere::<MemoryRemote>();
    anywhere::<RedisRemote>();
}

/// On an executor without a timer, a reactor or threads, too.
#[test]
fn futures_are_send_and_run_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let remote = MemoryRemote::new().with_latency(Duration::from_millis(1));
    pollster::block_on(async {
        let cache = sent(TieredCache::builder(dir.path()).remote(remote).open())
            .await
            .unwrap();
        sent(cache.set_with("k", "v", SetOptions::new()))
            .await
            .unwrap();
        sent(cache.set_many(&[("a", "b")], SetOptions::new()))
            .await
            .unwrap();
        sent(cache.get_with("k", ReadOptions::new())).await.unwrap();
        sent(cache.get_many(&["k", "x"])).await.unwrap();
        let load = || async { Ok::<_, std::io::Error>("v") };
        sent(cache.get_or_insert_with("l", SetOptions::new(), load))
            .await
            .unwrap();
        sent(cache.expire("k", Duration::from_secs(1)))
            .await
            .unwrap();
        sent(cache.refresh("k")).await.unwrap();
        sent(cache.get_remote("k")).await.unwrap();
        sent(cache.delete_many(&["k"])).await.unwrap();
        sent(cache.pin("a")).await.unwrap();
        drop(sent(cache.snapshot()).await.unwrap());
        sent(cache.count()).await.unwrap();
        let version = cache.version();
        sent(cache.wait_until_fresh(version, None)).await.unwrap();
        drop(sent(cache.list_fresh("", version, None)).await.unwrap());
        let nothing = Vec::<(&str, RemoteValue)>::new();
        sent(cache.replace(nothing, version)).await.unwrap();
        sent(cache.flush(Duration::from_secs(10))).await.unwrap();
        assert!(
            sent(cache.close(Duration::from_secs(10)))
                .await
                .unwrap()
                .complete
        );
    });
}
