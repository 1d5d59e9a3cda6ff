//! The feed, replayed onto an empty map, is the cache at each version: whatever wrote at the same
//! time, from wherever one begins.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use tiered_cache::{Entry, Error, Event, EventKind, Origin, SetOptions, TieredCache};

use crate::common::{Stage, quick, stage_with};

const KEYS: u32 = 40;

/// Value and expiry by key.
type Map = BTreeMap<Bytes, (Bytes, Option<SystemTime>)>;

/// Applies an event, and checks that it fits what was told before.
fn apply(map: &mut Map, event: &Event) {
    let before = match &event.value {
        Some(value) => {
            let entry = (value.clone(), event.expires_at);
            map.insert(event.key.clone(), entry)
        }
        None => map.remove(&event.key),
    };
    let before = before.map(|before| before.0);
    let fits = match event.kind {
        EventKind::Added => before.is_none(),
        // A delete is told whether there was a value or not.
        EventKind::Deleted if event.origin == Origin::Local => true,
        _ => before.is_some(),
    };
    assert!(fits, "{event:?} after {before:?}");
    assert_eq!(event.previous, before, "{event:?}");
    assert_eq!(event.value.is_some(), event.kind.has_value(), "{event:?}");
}

/// A snapshot shows a map: all of it that had not expired when it was taken.
fn assert_shows(entries: Vec<Entry>, map: &Map, version: u64) {
    let mut map = map.clone();
    for entry in entries {
        let known = map.remove(&entry.key);
        assert_eq!(
            Some((entry.value, entry.expires_at)),
            known,
            "{:?} at {version}",
            entry.key
        );
        assert!(entry.version <= version);
    }
    let now = SystemTime::now();
    for (key, (_, expires_at)) in map {
        assert!(
            expires_at.is_some_and(|at| at <= now),
            "{key:?} is not in the snapshot of {version}"
        );
    }
}

fn settings(config: &mut tiered_cache::Config) {
    quick(config);
    config.reads.max_age = Duration::from_millis(2);
    config.reads.negative_ttl = Duration::from_millis(1);
    config.local.sweep_every = Duration::from_millis(1);
    config.writes.read_modify_write = tiered_cache::ReadModifyWrite::Remote;
}

fn key(random: &mut fastrand::Rng) -> String {
    format!("k{:03}", random.u32(..KEYS))
}

/// Whatever can change the local tier, at random, until told to stop.
fn churn(stage: &Stage, seed: u64, stop: &AtomicBool) {
    let cache = stage.cache.blocking();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        let key = key(&mut random);
        count += 1;
        let value = format!("{seed}-{count}");
        let ttl = match random.u8(..4) {
            0 => SetOptions::new().expires_in(Duration::from_millis(random.u64(1..4))),
            1 => SetOptions::new().expires_in(Duration::from_secs(1000)),
            _ => SetOptions::new(),
        };
        match random.u8(..16) {
            0..=4 => drop(cache.set_with(&key, &value, ttl).unwrap()),
            5 | 6 => {
                let entries: Vec<_> = (0..random.usize(1..6))
                    .map(|_| (self::key(&mut random), value.clone()))
                    .collect();
                cache.set_many(&entries, ttl).unwrap();
            }
            7 => drop(cache.delete(&key).unwrap()),
            8 => drop(cache.delete_many(&[&key, &self::key(&mut random)]).unwrap()),
            9 => drop(cache.expire(&key, Duration::from_millis(random.u64(..3)))),
            10 => drop(cache.persist(&key)),
            11 => drop(cache.evict_local(&key).unwrap()),
            // Another program.
            12 => stage.remote.set(&key, &value, None),
            13 => drop(stage.remote.remove(&key)),
            14 => drop(cache.refresh(&key)),
            _ => drop(cache.get(&key)),
        }
    }
}

/// All events from 0 up to the one that writes `end`.
async fn record(cache: TieredCache) -> Vec<Event> {
    let mut watch = cache.watch(0).unwrap();
    let mut events = Vec::new();
    loop {
        let event = watch.next().await.unwrap().unwrap();
        let ends = event.key == "end";
        events.push(event);
        if ends {
            return events;
        }
    }
}

fn replay(events: &[Event], snapshots: Vec<(u64, Vec<Entry>)>) {
    let mut map = Map::new();
    let mut snapshots = snapshots.into_iter().peekable();
    let mut version = 0;
    for event in events {
        if event.initial {
            assert_eq!(event.kind, EventKind::Added);
        } else {
            // Whatever was taken before this event shows what the events before it say.
            while let Some((version, entries)) = snapshots.next_if(|it| it.0 < event.version) {
                assert_shows(entries, &map, version);
            }
            assert!(event.version > version, "{event:?} after {version}");
            version = event.version;
        }
        apply(&mut map, event);
    }
    assert_eq!(snapshots.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_feed_replayed_is_the_cache_at_every_version() {
    let stage = Arc::new(stage_with(settings).await);
    let cache = stage.cache.clone();
    for number in 0..KEYS / 2 {
        cache.set(format!("k{number:03}"), "old").await.unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|seed| {
            let (stage, stop) = (Arc::clone(&stage), Arc::clone(&stop));
            std::thread::spawn(move || churn(&stage, seed, &stop))
        })
        .collect();
    let recorder = tokio::spawn(record(cache.clone()));
    let begun = cache
        .watch(0)
        .unwrap()
        .next()
        .await
        .unwrap()
        .unwrap()
        .version;
    assert!(begun > 0);
    let mut snapshots = Vec::new();
    // A sweep takes its time to come round.
    let mut round = 0;
    while round < 60 || cache.stats().expired < 20 {
        round += 1;
        let snapshot = cache.snapshot().await.unwrap();
        let scan = if round % 2 == 0 {
            snapshot.scan()
        } else {
            snapshot.scan().rev()
        };
        assert_eq!(scan.version(), Some(snapshot.version()));
        let entries: Vec<Entry> = scan.try_collect().await.unwrap();
        assert_eq!(snapshot.count().await.unwrap(), entries.len() as u64);
        assert!(if round % 2 == 0 {
            entries.is_sorted_by(|one, next| one.key < next.key)
        } else {
            entries.is_sorted_by(|one, next| one.key > next.key)
        });
        snapshots.push((snapshot.version(), entries));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.join().unwrap();
    }
    cache.set("end", "").await.unwrap();
    let events = recorder.await.unwrap();
    let live = events.iter().position(|event| !event.initial).unwrap();
    let origins = |origin| events[live..].iter().any(|event| event.origin == origin);
    assert!(origins(Origin::Local) && origins(Origin::Fill));
    for kind in [
        EventKind::Added,
        EventKind::Modified,
        EventKind::Deleted,
        EventKind::Expired,
        EventKind::Evicted,
    ] {
        assert!(events.iter().any(|it| it.kind == kind), "no {kind:?}");
    }
    // A snapshot from before the recorder's has nothing to be compared with.
    let first = events[live].version;
    snapshots.retain(|snapshot| snapshot.0 >= first);
    assert!(snapshots.len() > 10);
    replay(&events, snapshots);

    // From every version in the window the same events follow.
    let live = &events[live..];
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..50 {
        let place = random.usize(..live.len() - 1);
        let since = live[place].version + random.u64(..2);
        let expected = live.iter().filter(|event| event.version > since);
        match cache.watch(since) {
            Ok(watch) => {
                let expected: Vec<Event> = expected.cloned().collect();
                let watched = watch.take(expected.len()).try_collect::<Vec<_>>();
                assert_eq!(watched.await.unwrap(), expected);
            }
            Err(Error::TooOld { oldest, .. }) => assert!(oldest > since),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A watch from 0 that begins in the middle of writing has neither a gap nor an event twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn watches_from_zero_that_begin_at_any_time_end_in_the_same_map() {
    let stage = Arc::new(stage_with(settings).await);
    let cache = stage.cache.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (10..13)
        .map(|seed| {
            let (stage, stop) = (Arc::clone(&stage), Arc::clone(&stop));
            std::thread::spawn(move || churn(&stage, seed, &stop))
        })
        .collect();
    let mut recorders = Vec::new();
    for _ in 0..30 {
        recorders.push(tokio::spawn(record(cache.clone())));
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.join().unwrap();
    }
    cache.set("end", "").await.unwrap();
    let mut maps = Vec::new();
    for recorder in recorders {
        let events = recorder.await.unwrap();
        replay(&events, Vec::new());
        let mut map = Map::new();
        for event in &events {
            apply(&mut map, event);
        }
        maps.push(map);
    }
    assert!(maps.iter().all(|map| *map == maps[0]));
}
