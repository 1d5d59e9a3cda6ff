//! Time to live: absolute, exact on read, and a deletion for what expires while it is dirty.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tiered_cache::{RemoteWrite, SetOptions, Ttl};

use crate::common::{stage, stage_with, until};

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_millis().try_into().unwrap()
}

#[tokio::test]
async fn a_fill_keeps_the_remotes_remaining_life() {
    let stage = stage().await;
    let at = now_ms() + 2000;
    stage.remote.set("k", "v", Some(at));
    assert_eq!(stage.value("k").await.unwrap(), b"v");
    let expected = UNIX_EPOCH + Duration::from_millis(at);
    assert_eq!(stage.cache.ttl("k").await.unwrap(), Ttl::At(expected));
    assert_eq!(stage.remote.reads(), 1);
    until("its time is over", || now_ms() > at).await;
    assert_eq!(stage.value("k").await, None, "it is exact on read");
}

#[tokio::test]
async fn a_time_to_live_is_counted_in_milliseconds() {
    let stage = stage().await;
    let ttl = Duration::from_millis(7_700);
    let before = now_ms();
    let options = SetOptions::new().expires_in(ttl);
    stage.cache.set_with("set", "v", options).await.unwrap();
    stage.cache.set("changed", "v").await.unwrap();
    assert!(stage.cache.expire("changed", ttl).await.unwrap());
    let after = now_ms();
    stage.flush().await;
    for key in ["set", "changed"] {
        let at = stage.remote.get(key).unwrap().expires_at.unwrap();
        assert!(
            (before + 7_700..=after + 7_700).contains(&at),
            "{key}: {at}"
        );
        let expected = UNIX_EPOCH + Duration::from_millis(at);
        assert_eq!(stage.cache.ttl(key).await.unwrap(), Ttl::At(expected));
    }
}

#[tokio::test]
async fn what_expires_while_it_is_dirty_is_deleted_at_the_remote() {
    let stage = stage().await;
    stage.remote.set("k", "old and long-lived", None);
    stage.remote.set_down(true);
    let soon = SetOptions::new().expires_in(Duration::from_millis(50));
    stage.cache.set_with("k", "new", soon).await.unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(stage.value("k").await, None, "without asking");
    stage.remote.set_down(false);
    stage.flush().await;
    assert_eq!(
        stage.at_remote("k"),
        None,
        "the old value must not come back"
    );
    // By a deletion, which does not depend on the remote's clock.
    let last = stage.remote.applied().pop().unwrap();
    assert_eq!(last.write, RemoteWrite::Delete { key: "k".into() });
    assert_eq!(stage.value("k").await, None);
}

#[tokio::test]
async fn a_sweep_gives_the_space_back_and_leaves_what_is_dirty() {
    let stage = stage_with(|config| {
        config.local.sweep_every = Duration::from_millis(1);
        config.reads.negative_ttl = Duration::from_millis(1);
    })
    .await;
    let soon = SetOptions::new().expires_in(Duration::from_millis(300));
    // More rows that stay than one step looks at lie in front.
    let stay: Vec<(String, &str)> = (0..1000)
        .map(|number| (format!("a{number}"), "v"))
        .collect();
    let never = SetOptions::new();
    stage.cache.set_many(&stay, never).await.unwrap();
    for number in 0..3000 {
        let key = format!("k{number}");
        stage.cache.set_with(&key, "v", soon).await.unwrap();
    }
    stage.cache.set("stays", "v").await.unwrap();
    stage.cache.delete("deleted").await.unwrap();
    stage.flush().await;
    stage.remote.set_down(true);
    stage.cache.set_with("dirty", "v", soon).await.unwrap();
    stage.cache.delete("tombstone").await.unwrap();
    // 3000 values and one deletion that the remote has.
    until("the sweep", || stage.cache.stats().expired >= 3001).await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(stage.cache.stats().expired, 3001);
    assert_eq!(stage.cache.stats().dirty_keys, 2);
    stage.remote.set_down(false);
    stage.flush().await;
    assert_eq!(stage.value("stays").await.unwrap(), b"v");
}
