//! Every change of the local tier is an event, and tells what it was.

use std::time::Duration;

use futures_util::StreamExt;
use tiered_cache::{Event, EventKind, Fault, Origin, RemoteErrorKind, SetOptions};

use crate::common::{events, stage, stage_with, until};

/// Kind, key, value, value before, origin.
type Told<'a> = (EventKind, &'a str, Option<&'a str>, Option<&'a str>, Origin);

fn text(bytes: &Option<bytes::Bytes>) -> Option<&str> {
    bytes
        .as_ref()
        .map(|bytes| std::str::from_utf8(bytes).unwrap())
}

fn told(event: &Event) -> Told<'_> {
    (
        event.kind,
        std::str::from_utf8(&event.key).unwrap(),
        text(&event.value),
        text(&event.previous),
        event.origin,
    )
}

#[tokio::test]
async fn writes_of_this_node() {
    let stage = stage().await;
    let cache = &stage.cache;
    let mut watch = cache.watch(cache.version()).unwrap();
    cache.set("a", "1").await.unwrap();
    cache.set("a", "2").await.unwrap();
    cache.delete("a").await.unwrap();
    cache.delete("never").await.unwrap();
    let written = cache
        .set_many(&[("b", "1"), ("c", "2"), ("b", "3")], SetOptions::new())
        .await
        .unwrap();
    assert!(cache.expire("b", Duration::from_secs(1000)).await.unwrap());
    assert!(cache.expire("c", Duration::ZERO).await.unwrap());
    let events = events(cache, &mut watch).await;
    use EventKind::{Added, Deleted, Modified};
    let local = Origin::Local;
    let expected = [
        (Added, "a", Some("1"), None, local),
        (Modified, "a", Some("2"), Some("1"), local),
        (Deleted, "a", None, Some("2"), local),
        (Deleted, "never", None, None, local),
        (Added, "b", Some("1"), None, local),
        (Added, "c", Some("2"), None, local),
        (Modified, "b", Some("3"), Some("1"), local),
        (Modified, "b", Some("3"), Some("3"), local),
        (Deleted, "c", None, Some("2"), local),
    ];
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
    assert!(events.is_sorted_by(|one, next| one.version < next.version));
    let versions: Vec<_> = written.iter().map(|written| written.version).collect();
    let batch: Vec<_> = events[4..7].iter().map(|event| event.version).collect();
    assert_eq!(versions, batch);
    assert!(events[7].expires_at.is_some() && events[6].expires_at.is_none());
}

#[tokio::test]
async fn what_the_remote_brings_and_takes() {
    let stage = stage_with(|config| config.reads.negative_ttl = Duration::ZERO).await;
    let cache = &stage.cache;
    let mut watch = cache.watch(cache.version()).unwrap();
    stage.remote.set("a", "1", None);
    cache.get("a").await.unwrap();
    cache.refresh("a").await.unwrap();
    stage.remote.set("a", "2", None);
    cache.refresh("a").await.unwrap();
    cache.get("absent").await.unwrap();
    stage.remote.remove("a");
    cache.refresh("a").await.unwrap();
    let events = events(cache, &mut watch).await;
    let expected = [
        (EventKind::Added, "a", Some("1"), None, Origin::Fill),
        // The second read brought what was here.
        (EventKind::Modified, "a", Some("2"), Some("1"), Origin::Fill),
        (EventKind::Deleted, "a", None, Some("2"), Origin::Fill),
    ];
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
}

/// With remembered absences the row does not go, but its value does.
#[tokio::test]
async fn a_remembered_absence_is_told_where_there_was_a_value() {
    let stage = stage_with(|config| config.reads.negative_ttl = Duration::from_secs(60)).await;
    let cache = &stage.cache;
    stage.remote.set("a", "1", None);
    cache.get("a").await.unwrap();
    let mut watch = cache.watch(cache.version()).unwrap();
    stage.remote.remove("a");
    cache.refresh("a").await.unwrap();
    cache.refresh("a").await.unwrap();
    cache.get("b").await.unwrap();
    let events = events(cache, &mut watch).await;
    let expected = [(EventKind::Deleted, "a", None, Some("1"), Origin::Fill)];
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_is_removed_here() {
    let stage = stage_with(|config| config.local.sweep_every = Duration::from_millis(1)).await;
    let cache = &stage.cache;
    for key in ["evicted", "decided", "pinned"] {
        cache.set(key, "1").await.unwrap();
    }
    let soon = SetOptions::new().expires_in(Duration::from_millis(20));
    cache.set_with("short", "1", soon).await.unwrap();
    stage.flush().await;
    let mut watch = cache.watch(cache.version()).unwrap();
    assert!(cache.pin("pinned").await.unwrap());
    assert!(cache.unpin("pinned").unwrap());
    assert!(cache.evict_local("evicted").unwrap());
    assert!(cache.evict_local("evicted").unwrap(), "and no second event");
    assert_eq!(cache.append("decided", "2").await.unwrap(), 2);
    // Deletes are swept, too, and are no event a second time.
    until("the sweep", || cache.stats().expired > 0).await;
    let events = events(cache, &mut watch).await;
    let mut told: Vec<_> = events.iter().map(told).collect();
    told.sort_by_key(|told| told.1);
    let local = Origin::Local;
    let expected = [
        (EventKind::Invalidated, "decided", None, Some("1"), local),
        (EventKind::Evicted, "evicted", None, Some("1"), local),
        (EventKind::Expired, "short", None, Some("1"), local),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_discarded_dead_letter() {
    let stage = stage_with(|config| config.flush.key_attempts = 1).await;
    let cache = &stage.cache;
    stage
        .remote
        .fail_key("bad", RemoteErrorKind::Key, "WRONGTYPE");
    cache.set("bad", "1").await.unwrap();
    until("a dead letter", || cache.stats().dead_letters == 1).await;
    let mut watch = cache.watch(cache.version()).unwrap();
    assert!(cache.dead_letters().discard("bad").unwrap());
    let events = events(cache, &mut watch).await;
    let expected = [(
        EventKind::Invalidated,
        "bad",
        None,
        Some("1"),
        Origin::Local,
    )];
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
}

/// A write that is refused has a version, perhaps, and no event.
#[tokio::test]
async fn nothing_is_told_of_what_was_not_written() {
    let stage = stage_with(|config| {
        config.writes.max_dirty_keys = 1;
        config.writes.wait_for_room = Duration::from_millis(500);
    })
    .await;
    let cache = &stage.cache;
    stage.remote.set_down(true);
    cache.set("a", "1").await.unwrap();
    let mut watch = cache.watch(cache.version()).unwrap();
    cache.set("b", "1").await.unwrap_err();
    cache
        .set_many(&[("a", "2"), ("b", "2")], SetOptions::new())
        .await
        .unwrap_err();
    stage.remote.set_down(false);
    stage
        .remote
        .script(Fault::Delayed(Duration::from_millis(1)));
    stage.flush().await;
    let events = events(cache, &mut watch).await;
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), []);
    // And nothing of it is in flight for ever.
    let version = cache.set("c", "1").await.unwrap().version;
    assert!(cache.wait_until_fresh(version, None).await.unwrap() >= version);
}

#[tokio::test]
async fn only_keys_of_the_prefix_are_told() {
    let stage = stage().await;
    let cache = &stage.cache;
    cache.set("a:0", "").await.unwrap();
    cache.set("b:0", "").await.unwrap();
    for initial in [true, false] {
        let since = if initial { 0 } else { cache.version() };
        let mut watch = cache.watch(since).unwrap().with_prefix("a:");
        if initial {
            assert_eq!(watch.next().await.unwrap().unwrap().key, "a:0");
        }
        let mut keys = Vec::new();
        // Many that nobody wants, in between.
        for number in 0..3000 {
            cache.set("b:1", number.to_string()).await.unwrap();
        }
        cache.set("a:1", "").await.unwrap();
        cache.set("b:2", "").await.unwrap();
        let last = cache.set("a:2", "").await.unwrap().version;
        loop {
            let event = watch.next().await.unwrap().unwrap();
            keys.push(event.key);
            if event.version == last {
                break;
            }
        }
        assert_eq!(keys, ["a:1", "a:2"]);
        // The snapshot of the next watch from 0 must not have them.
        cache.delete_many(&["a:1", "a:2"]).await.unwrap();
        assert!(watch.position() >= last);
    }
}
