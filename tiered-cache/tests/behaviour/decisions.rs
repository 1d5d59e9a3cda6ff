//! Read-modify-write and conditional commands: decided by the remote, after the key's own change;
//! or here, where a setting says so.

use std::time::Duration;

use tiered_cache::{
    Condition, Error, Expiry, Fault, ReadModifyWrite, RemoteErrorKind, SetOptions, Ttl,
};

use crate::common::{SOON, Stage, stage_with, until};

const MODES: [ReadModifyWrite; 2] = [ReadModifyWrite::Remote, ReadModifyWrite::Local];

async fn stage(mode: ReadModifyWrite) -> Stage {
    stage_with(|config| {
        config.writes.read_modify_write = mode;
        config.writes.remote_timeout = Duration::from_secs(3);
    })
    .await
}

#[tokio::test]
async fn both_ways_answer_alike() {
    for mode in MODES {
        let stage = stage(mode).await;
        let (cache, none) = (&stage.cache, SetOptions::new());
        assert_eq!(cache.incr_by("n", 5).await.unwrap(), 5);
        cache.set("n", "7").await.unwrap();
        assert_eq!(cache.incr_by("n", -10).await.unwrap(), -3, "{mode:?}");
        assert_eq!(stage.value("n").await.unwrap(), b"-3");
        stage.remote.set("there", "41", None);
        assert_eq!(cache.incr_by("there", 1).await.unwrap(), 42);
        assert_eq!(cache.append("a", "x").await.unwrap(), 1);
        assert_eq!(cache.append("a", "yz").await.unwrap(), 3);

        let set_if = |value, condition| cache.set_if("lock", value, condition, none);
        assert!(!set_if("x", Condition::Present).await.unwrap());
        assert!(set_if("mine", Condition::Absent).await.unwrap());
        assert!(!set_if("theirs", Condition::Absent).await.unwrap());
        assert_eq!(stage.value("lock").await.unwrap(), b"mine");
        assert!(set_if("renewed", Condition::Present).await.unwrap());
        let before = cache.get_and_set("lock", "other", none).await.unwrap();
        assert_eq!(before.as_deref(), Some(&b"renewed"[..]));
        let before = cache.get_and_delete("lock").await.unwrap();
        assert_eq!(before.as_deref(), Some(&b"other"[..]));
        assert_eq!(cache.get_and_delete("lock").await.unwrap(), None);
        assert_eq!(stage.value("lock").await, None);

        for (value, by) in [("text", 1), ("9223372036854775807", 1)] {
            cache.set("bad", value).await.unwrap();
            let error = cache.incr_by("bad", by).await.unwrap_err();
            assert!(
                matches!(&error, Error::Remote(why) if why.code() == Some("ERR")),
                "{error:?}"
            );
            assert_eq!(stage.value("bad").await.unwrap(), value.as_bytes());
        }
        stage.flush().await;
        for (key, value) in [("n", "-3"), ("there", "42"), ("a", "xyz")] {
            assert_eq!(stage.at_remote(key).unwrap(), value.as_bytes(), "{mode:?}");
        }
        assert_eq!(stage.at_remote("lock"), None);
    }
}

#[tokio::test]
async fn an_increment_keeps_the_expiry() {
    for mode in MODES {
        let stage = stage(mode).await;
        let at = std::time::UNIX_EPOCH + Duration::from_millis(4_000_000_000_123);
        let options = SetOptions::new().expiry(Expiry::At(at));
        stage.cache.set_with("n", "1", options).await.unwrap();
        stage.cache.incr_by("n", 1).await.unwrap();
        assert_eq!(stage.cache.ttl("n").await.unwrap(), Ttl::At(at), "{mode:?}");
        assert!(
            stage
                .cache
                .set_if("t", "v", Condition::Absent, options)
                .await
                .unwrap()
        );
        assert_eq!(stage.cache.ttl("t").await.unwrap(), Ttl::At(at), "{mode:?}");
    }
}

/// Two nodes on one remote: no increment is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_remote_decides_for_all_nodes() {
    let one = stage(ReadModifyWrite::Remote).await;
    let dir = tempfile::tempdir().unwrap();
    let other = crate::common::builder(&dir, &one.remote)
        .open()
        .await
        .unwrap();
    one.cache.set("n", "100").await.unwrap();
    one.flush().await;
    let mut tasks = Vec::new();
    for cache in [one.cache.clone(), other, one.cache.clone()] {
        tasks.push(tokio::spawn(async move {
            for _ in 0..100 {
                cache.incr_by("n", 1).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(one.value("n").await.unwrap(), b"400");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn local_decisions_lose_nothing_either() {
    let stage = stage_with(|config| {
        config.writes.read_modify_write = ReadModifyWrite::Local;
        // Rows are old at once, are evicted, and come back from the remote.
        config.reads.max_age = Duration::ZERO;
        config.reads.negative_ttl = Duration::ZERO;
    })
    .await;
    stage.remote.set_latency(Duration::from_micros(200));
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let cache = stage.cache.clone();
        tasks.push(tokio::spawn(async move {
            for number in 0..100 {
                cache.incr_by("n", 1).await.unwrap();
                if number % 10 == 0 {
                    cache.evict_local("n").unwrap();
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(stage.value("n").await.unwrap(), b"400");
    stage.flush().await;
    assert_eq!(stage.at_remote("n").unwrap(), b"400");
}

#[tokio::test]
async fn while_the_remote_is_away_only_local_decisions_are_made() {
    let stage = stage(ReadModifyWrite::Remote).await;
    stage.remote.set_down(true);
    stage.cache.set("n", "1").await.unwrap();
    let refused = stage.cache.incr_by("n", 1).await;
    assert!(
        matches!(refused, Err(Error::RemoteUnavailable(_))),
        "{refused:?}"
    );
    assert_eq!(stage.value("n").await.unwrap(), b"1", "nothing was decided");
    let stage = stage
        .reopen(|config| config.writes.read_modify_write = ReadModifyWrite::Local)
        .await;
    assert_eq!(stage.cache.incr_by("n", 1).await.unwrap(), 2);
    stage.remote.set_down(false);
    stage.flush().await;
    assert_eq!(stage.at_remote("n").unwrap(), b"2");
}

#[tokio::test]
async fn a_dead_letter_is_not_passed_over() {
    let stage = stage(ReadModifyWrite::Remote).await;
    stage.remote.fail_key("n", RemoteErrorKind::Key, "NOPERM");
    stage.cache.set("n", "1").await.unwrap();
    until("the key is a dead letter", || {
        stage.cache.stats().dead_letters == 1
    })
    .await;
    let refused = stage.cache.incr_by("n", 1).await;
    assert!(
        matches!(refused, Err(Error::DeadLettered { .. })),
        "{refused:?}"
    );
    stage.cache.close(SOON).await.unwrap();
}

/// A read was asked before the remote decided, and its answer arrives afterwards: it must not be
/// kept as what the key is now.
#[tokio::test]
async fn a_read_from_before_a_decision_comes_too_late() {
    let stage = stage(ReadModifyWrite::Remote).await;
    stage.remote.set("n", "1", None);
    stage
        .remote
        .script_read(Fault::Delayed(Duration::from_millis(150)));
    let read = {
        let cache = stage.cache.clone();
        tokio::spawn(async move { cache.get("n").await })
    };
    until("the question is asked", || stage.remote.reads() > 0).await;
    assert_eq!(stage.cache.incr_by("n", 1).await.unwrap(), 2);
    assert_eq!(read.await.unwrap().unwrap().unwrap(), "1");
    assert_eq!(stage.value("n").await.unwrap(), b"2");
}

/// A local decision about a key that is not here goes by what the remote said; a write of this node
/// that has come and gone meanwhile is not passed over.
#[tokio::test]
async fn a_local_decision_sees_a_write_that_is_gone_again() {
    let stage = stage_with(|config| {
        config.writes.read_modify_write = ReadModifyWrite::Local;
        config.reads.negative_ttl = Duration::ZERO;
    })
    .await;
    stage
        .remote
        .script_read(Fault::Delayed(Duration::from_millis(150)));
    let sum = {
        let cache = stage.cache.clone();
        tokio::spawn(async move { cache.incr_by("n", 1).await })
    };
    until("the question is asked", || stage.remote.reads() > 0).await;
    stage.cache.set("n", "5").await.unwrap();
    stage.flush().await;
    assert!(stage.cache.evict_local("n").unwrap());
    assert_eq!(sum.await.unwrap().unwrap(), 6);
    assert_eq!(stage.value("n").await.unwrap(), b"6");
}
