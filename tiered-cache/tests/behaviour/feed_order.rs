//! The order of versions is the order of commits, and an event is published after its commit.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;
use parking_lot::Mutex;
use tiered_cache::SetOptions;

use crate::common::stage;

const WRITERS: usize = 4;
const WRITES: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_that_acts_on_an_event_sees_it() {
    let stage = stage().await;
    let cache = &stage.cache;
    let mut watch = cache.watch(cache.version()).unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let cache = cache.blocking();
            std::thread::spawn(move || {
                for number in 0..WRITES {
                    let value = format!("{number:05}");
                    // Batches and single keys, of which each is written by several.
                    if number % 3 == 0 {
                        let entries = [("x", &value), ("y", &value)];
                        cache.set_many(&entries, SetOptions::new()).unwrap();
                    } else {
                        cache
                            .set(format!("k{}", (writer + number) % 5), &value)
                            .unwrap();
                    }
                }
            })
        })
        .collect();
    let batches = WRITES.div_ceil(3);
    let events = WRITERS * (WRITES + batches);
    let mut last = 0;
    for _ in 0..events {
        let event = watch.next().await.unwrap().unwrap();
        assert!(event.version > last);
        last = event.version;
        assert!(cache.version() >= event.version);
        // A read is a look at one moment: it shows the event, or a later one of the same key, and
        // which of the two a snapshot would tell. The row's version does so here.
        let entry = cache.scan_prefix(&event.key).next().await.unwrap().unwrap();
        assert_eq!(entry.key, event.key);
        assert!(entry.version >= event.version, "{entry:?} after {event:?}");
        if entry.version == event.version {
            assert_eq!(Some(entry.value), event.value);
        }
    }
    for writer in writers {
        writer.join().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_ended_before_another_began_has_a_lower_version() {
    let stage = stage().await;
    let cache = &stage.cache;
    let mut watch = cache.watch(cache.version()).unwrap();
    // The highest version of a write that has ended.
    let ended = Arc::new(Mutex::new(0));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (cache, ended) = (cache.blocking(), Arc::clone(&ended));
            std::thread::spawn(move || {
                let mut versions = Vec::new();
                for number in 0..WRITES {
                    let before = *ended.lock();
                    let key = format!("{writer}-{}", number % 7);
                    let version = cache.set(key, number.to_string()).unwrap().version;
                    assert!(version > before, "{version} began after {before} had ended");
                    let mut ended = ended.lock();
                    *ended = version.max(*ended);
                    versions.push((version, number.to_string()));
                }
                versions
            })
        })
        .collect();
    let written: HashMap<u64, String> = writers
        .into_iter()
        .flat_map(|writer| writer.join().unwrap())
        .collect();
    assert_eq!(written.len(), WRITERS * WRITES, "no version twice");
    for _ in 0..written.len() {
        let event = watch.next().await.unwrap().unwrap();
        assert_eq!(event.value.unwrap(), written[&event.version]);
    }
}

/// Nobody sees a part of a batch: neither a snapshot, nor who waits for a version of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_is_published_as_one() {
    let stage = stage().await;
    let cache = &stage.cache;
    let keys: Vec<String> = (0..20).map(|key| format!("k{key:02}")).collect();
    let writer = {
        let (cache, keys) = (cache.blocking(), keys.clone());
        std::thread::spawn(move || {
            for number in 0..400 {
                let value = number.to_string();
                let entries: Vec<_> = keys.iter().map(|key| (key, &value)).collect();
                let written = cache.set_many(&entries, SetOptions::new()).unwrap();
                let first = written[0].version;
                assert!(
                    written
                        .iter()
                        .zip(first..)
                        .all(|(written, version)| written.version == version)
                );
                let reached = cache.wait_until_fresh(first, None).unwrap();
                assert!(reached >= written[19].version);
            }
        })
    };
    let mut seen = 0;
    while !writer.is_finished() || seen == 0 {
        let snapshot = cache.snapshot().await.unwrap();
        let entries: Vec<_> = snapshot.scan().collect().await;
        let entries: Vec<_> = entries.into_iter().map(Result::unwrap).collect();
        let Some(first) = entries.first() else {
            continue;
        };
        assert_eq!(entries.len(), keys.len());
        assert!(entries.iter().all(|entry| entry.value == first.value));
        assert_eq!(snapshot.version(), entries[19].version);
        seen += 1;
    }
    writer.join().unwrap();
}
