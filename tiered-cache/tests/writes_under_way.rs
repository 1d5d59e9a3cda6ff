//! What watchers and snapshots see while a write is between its version and its commit.
//!
//! In a process of its own: the places where writes stop are the same for all caches.

#![cfg(feature = "failpoints")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what does not work here is a failed test"
)]

use std::sync::{Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;
use tiered_cache::blocking::TieredCache;
use tiered_cache::{Error, MemoryRemote, Written};

/// The tests of this file take turns.
static TURN: Mutex<()> = Mutex::new(());

struct Stage {
    cache: TieredCache,
    _dir: TempDir,
    _turn: MutexGuard<'static, ()>,
}

fn stage(window_events: usize) -> Stage {
    let turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let dir = tempfile::tempdir().unwrap();
    let cache = tiered_cache::TieredCache::builder(dir.path().join("home"))
        .remote(MemoryRemote::new())
        .configure(|config| {
            config.writes.min_free_disk = tiered_cache::ByteSize::b(0);
            config.feed.window_events = window_events;
        })
        .open_blocking()
        .unwrap()
        .blocking();
    Stage {
        cache,
        _dir: dir,
        _turn: turn,
    }
}

/// A write of `key` that stops before its commit, with its version. It goes on when the failpoint is
/// removed.
fn stopped(cache: &TieredCache, key: &'static str) -> JoinHandle<Written> {
    fail::cfg("before_commit", "1*pause->off").unwrap();
    let before = cache.stats().version;
    let writer = {
        let cache = cache.clone();
        thread::spawn(move || cache.set(key, "late").unwrap())
    };
    while cache.stats().version == before {
        thread::sleep(Duration::from_millis(1));
    }
    writer
}

fn go_on() {
    fail::remove("before_commit");
}

/// With a window, and with none: the events that a snapshot needs are kept for it.
#[test]
fn a_snapshot_has_the_write_that_was_under_way_when_it_began() {
    for window_events in [100, 0] {
        let stage = stage(window_events);
        let cache = &stage.cache;
        cache.set("a", "early").unwrap();
        cache.set("gone", "early").unwrap();
        let writer = stopped(cache, "a");
        // Later, and committed before.
        let later = cache.set("b", "later").unwrap().version;
        cache.delete("gone").unwrap();
        assert!(cache.version() < later);
        let snapshot = {
            let cache = cache.clone();
            thread::spawn(move || cache.snapshot().unwrap())
        };
        while cache.stats().snapshots == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        // Time for the engine's view to begin; whether it has or not, the answer must be the same.
        thread::sleep(Duration::from_millis(20));
        assert!(!snapshot.is_finished(), "its version is not settled yet");
        go_on();
        let version = writer.join().unwrap().version;
        let snapshot = snapshot.join().unwrap();
        // What is written now is not in it, nor over what is.
        cache.set("a", "much later").unwrap();
        cache.set("c", "much later").unwrap();
        assert!(snapshot.version() >= later && version < later);
        let entries: Vec<_> = snapshot
            .scan()
            .map(|entry| entry.map(|entry| (entry.key, entry.value)))
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(
            entries,
            [("a".into(), "late".into()), ("b".into(), "later".into())]
        );
        assert_eq!(snapshot.get("a").unwrap().unwrap(), "late");
        assert_eq!(snapshot.get("gone").unwrap(), None);
        assert_eq!(snapshot.count().unwrap(), 2);
        assert_eq!(snapshot.scan().rev().count(), 2);
        if window_events == 0 {
            assert_eq!(cache.stats().feed_events, 0, "they are not kept for longer");
        }
    }
}

#[test]
fn nothing_behind_a_write_under_way_is_told_before_it() {
    let stage = stage(100);
    let cache = &stage.cache;
    let mut watch = cache.watch(cache.version()).unwrap();
    let writer = stopped(cache, "a");
    let later = cache.set("b", "later").unwrap().version;
    let told = watch.next_timeout(Duration::from_millis(20)).unwrap();
    assert_eq!(told, None);
    let waited = cache.wait_until_fresh(later, Duration::from_millis(5));
    assert!(matches!(waited, Err(Error::TooNew { requested, .. }) if requested == later));
    go_on();
    let first = writer.join().unwrap().version;
    let told: Vec<_> = watch.by_ref().take(2).map(Result::unwrap).collect();
    let versions: Vec<_> = told.iter().map(|event| event.version).collect();
    assert_eq!(versions, [first, later]);
}

/// A write that ends in a panic holds up nobody.
#[test]
fn a_write_that_breaks_off_is_passed_over() {
    let stage = stage(100);
    let cache = &stage.cache;
    let mut watch = cache.watch(cache.version()).unwrap();
    fail::cfg("before_commit", "1*panic->off").unwrap();
    let writer = {
        let cache = cache.clone();
        thread::spawn(move || cache.set("a", "never"))
    };
    assert!(writer.join().is_err());
    go_on();
    let version = cache.set("b", "1").unwrap().version;
    assert_eq!(watch.next().unwrap().unwrap().version, version);
    assert_eq!(cache.snapshot().unwrap().count().unwrap(), 1);
}
