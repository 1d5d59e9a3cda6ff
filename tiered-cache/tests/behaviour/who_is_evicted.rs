//! What goes is what may go, and what the user's rules and score say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tiered_cache::eviction::{Candidate, DefaultScore, EvictionScore};
use tiered_cache::{Error, Limit, MemoryRemote, Source};

use crate::common::{SOON, builder, here, key, stage_with, until, until_written};

#[tokio::test]
async fn what_is_pinned_stays_and_answers_are_not_kept_without_room() {
    let stage = stage_with(|config| {
        config.local.max_entries = Some(1000);
        config.writes.wait_for_room = Duration::from_secs(1);
    })
    .await;
    for number in 0..900 {
        stage.cache.set(key(number), "pinned").await.unwrap();
        assert!(stage.cache.pin(key(number)).await.unwrap());
    }
    stage.flush().await;
    for number in 900..4000 {
        until_written(&stage, number).await;
    }
    stage.flush().await;
    until("room is made", || stage.cache.stats().evicted >= 2900).await;
    assert_eq!(here(&stage.cache, 0..900).await, 900);
    // What comes is pinned, too, until there is nothing to evict and nothing fits in.
    for number in 4000.. {
        assert!(number < 6000, "it is never full");
        match stage.cache.set(key(number), "pinned").await {
            Ok(_) => assert!(stage.cache.pin(key(number)).await.unwrap()),
            Err(Error::Backpressure { .. }) => break,
            Err(error) => panic!("{error:?}"),
        }
        stage.flush().await;
    }
    until("it is full", || stage.cache.stats().local_tier_full).await;
    stage.remote.set("there", "value", None);
    let answer = stage
        .cache
        .get_with("there", tiered_cache::ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(
        (answer.value.unwrap(), answer.source),
        ("value".into(), Source::Remote)
    );
    assert_eq!(stage.cache.stats().fills_refused, 1);
    assert!(matches!(
        stage.cache.set("new", "v").await,
        Err(Error::Backpressure {
            limit: Limit::LocalTier,
            ..
        })
    ));
    for number in 0..300 {
        stage.cache.unpin(key(number)).unwrap();
    }
    until("there is room again", || {
        !stage.cache.stats().local_tier_full
    })
    .await;
    stage.cache.set("new", "v").await.unwrap();
}

#[tokio::test]
async fn entries_are_bounded_within_a_sixteenth() {
    let stage = stage_with(|config| {
        config.local.max_entries = Some(2000);
        config.writes.wait_for_room = SOON;
    })
    .await;
    for number in 0..20_000 {
        stage.cache.set(key(number), "v").await.unwrap();
        if number % 1000 == 0 {
            let kept = here(&stage.cache, 0..=number).await;
            assert!(kept <= 2000 + 2000 / 16, "{kept}");
        }
    }
    stage.flush().await;
    let kept = here(&stage.cache, 0..20_000).await;
    assert!((1000..=2125).contains(&kept), "{kept}");
    // They are counted again when the cache is opened.
    let stage = stage
        .reopen(|config| config.local.max_entries = Some(500))
        .await;
    until("the rest goes", || {
        stage.cache.stats().evicted >= kept as u64 - 530
    })
    .await;
    let kept = here(&stage.cache, 0..20_000).await;
    assert!((400..=531).contains(&kept), "{kept}");
}

#[tokio::test]
async fn rules_and_scores_of_the_user_are_asked() {
    let dir = tempfile::tempdir().unwrap();
    let remote = MemoryRemote::new();
    let cache = builder(&dir, &remote)
        .configure(|config| {
            config.local.max_entries = Some(500);
            config.writes.wait_for_room = SOON;
        })
        .keep_local(|entry: &Candidate<'_>| !entry.key.starts_with(b"keep:"))
        .eviction_score(|entry: &Candidate<'_>| {
            let first = if entry.key.ends_with(b":first") {
                50.0
            } else {
                0.0
            };
            DefaultScore::default().score(entry) + first
        })
        .open()
        .await
        .unwrap();
    for number in 0..100 {
        cache.set(format!("keep:{number}"), "v").await.unwrap();
        cache
            .set(format!("{}:first", key(number)), "v")
            .await
            .unwrap();
    }
    for number in 0..3000 {
        cache.set(key(number), "v").await.unwrap();
    }
    assert!(cache.flush(SOON).await.unwrap().complete);
    until("room is made", || cache.stats().evicted > 2600).await;
    let is_here = |key: String| cache.sync_state(key).unwrap() != tiered_cache::SyncState::Unknown;
    assert!((0..100).all(|number| is_here(format!("keep:{number}"))));
    let first = (0..100)
        .filter(|number| is_here(format!("{}:first", key(*number))))
        .count();
    assert!(first <= 5, "{first}");
}

#[tokio::test]
async fn a_rule_that_panics_stops_evictions_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let broken = Arc::new(AtomicU64::new(1));
    let rule = Arc::clone(&broken);
    let cache = builder(&dir, &MemoryRemote::new())
        .configure(|config| {
            config.local.max_entries = Some(200);
            config.writes.wait_for_room = Duration::from_millis(20);
        })
        .keep_local(move |_: &Candidate<'_>| {
            assert_eq!(rule.load(Ordering::Relaxed), 0, "a rule that is broken");
            true
        })
        .open()
        .await
        .unwrap();
    let mut number = 0;
    while cache.set(key(number), "v").await.is_ok() {
        number += 1;
        assert!(number < 1000);
    }
    assert!(cache.get(key(0)).await.unwrap().is_some());
    assert_eq!(cache.stats().evicted, 0);
    broken.store(0, Ordering::Relaxed);
    until("it goes on", || cache.stats().evicted > 0).await;
    cache.close(SOON).await.unwrap();
}

/// A server reads by `peek`, and several at a time by `peeks`: these are uses, too.
#[tokio::test]
async fn what_is_peeked_at_is_wanted() {
    let stage = stage_with(|config| {
        config.local.max_entries = Some(1000);
        config.writes.wait_for_room = SOON;
    })
    .await;
    for number in 0..100 {
        stage.cache.set(key(number), "v").await.unwrap();
    }
    for number in 100..10_000 {
        stage.cache.set(key(number), "v").await.unwrap();
        let hot = number % 100;
        if hot < 50 {
            stage.cache.peek(key(hot), |_, _| ()).unwrap();
        } else {
            let mut peeks = stage.cache.peeks().unwrap();
            peeks.peek(key(hot), |_, _| ()).unwrap();
        }
    }
    stage.flush().await;
    let stats = stage.cache.stats();
    assert!(stats.evicted > 8000, "{stats:?}");
    let hot = here(&stage.cache, 0..100).await;
    assert!(hot >= 95, "{hot} of 100: {stats:?}");
}
