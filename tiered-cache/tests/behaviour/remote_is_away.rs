//! The remote is away: the cache opens, serves, takes writes up to a bound, and drains afterwards.

use std::time::{Duration, Instant};

use tiered_cache::{
    ByteSize, Durability, Error, Fault, LaneState, Limit, MemoryRemote, ReadOptions,
    RemoteErrorKind, SetOptions, SyncState,
};

use crate::common::{SOON, builder, stage, stage_with, until};

#[tokio::test]
async fn it_opens_and_serves_without_a_remote() {
    let dir = tempfile::tempdir().unwrap();
    let remote = MemoryRemote::new();
    remote.set_down(true);
    let cache = builder(&dir, &remote).open().await.unwrap();
    cache.set("k", "v").await.unwrap();
    assert_eq!(cache.get("k").await.unwrap().unwrap(), "v");
    let miss = cache.get("other").await;
    assert!(
        matches!(miss, Err(Error::RemoteUnavailable(_))),
        "never \"not found\": {miss:?}"
    );
    let report = cache.close(Duration::from_millis(50)).await.unwrap();
    assert!(
        !report.complete && report.remaining == 1 && report.oldest.is_some(),
        "{report:?}"
    );
}

#[tokio::test]
async fn misses_fail_at_once_while_the_breaker_is_open() {
    let stage = stage_with(|config| {
        config.reads.timeout = Duration::from_millis(30);
        config.reads.breaker_failures = 3;
        config.reads.breaker_pause = Duration::from_secs(3600);
        config.reads.breaker_pause_max = Duration::from_secs(3600);
    })
    .await;
    stage.remote.set_hanging(true);
    // The caller's patience is longer than the question's: it sees what the breaker sees.
    let options = ReadOptions::new().timeout(SOON);
    for number in 0..20 {
        let answer = stage.cache.get_with(format!("k{number}"), options).await;
        assert!(matches!(answer, Err(Error::RemoteUnavailable(_))));
    }
    assert_eq!(stage.cache.stats().remote_reads, 3);
    assert!(stage.cache.stats().breaker_open);
    stage.remote.set_hanging(false);
}

#[tokio::test]
async fn the_breaker_closes_when_the_remote_is_back() {
    let stage = stage_with(|config| config.reads.breaker_failures = 1).await;
    stage.remote.set("k", "v", None);
    stage.remote.set_down(true);
    assert!(stage.cache.get("k").await.is_err());
    stage.remote.set_down(false);
    let since = Instant::now();
    while stage.cache.get("k").await.is_err() {
        assert!(since.elapsed() < SOON, "it never closes");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!stage.cache.stats().breaker_open);
}

#[tokio::test]
async fn dirty_keys_are_bounded_and_dirty_ones_can_still_be_written() {
    let stage = stage_with(|config| {
        config.writes.max_dirty_keys = 10;
        config.writes.wait_for_room = Duration::from_millis(30);
    })
    .await;
    stage.remote.set_down(true);
    for number in 0..10 {
        stage.cache.set(format!("k{number}"), "1").await.unwrap();
    }
    let refused = stage.cache.set("one too many", "1").await.unwrap_err();
    let Error::Backpressure { limit, waited } = refused else {
        panic!("{refused}");
    };
    assert_eq!(limit, Limit::Keys);
    assert!(waited >= Duration::from_millis(30));
    assert!(stage.cache.delete("another").await.is_err());
    stage.cache.set("k0", "2").await.unwrap();
    stage.cache.delete("k1").await.unwrap();
    assert!(stage.cache.stats().backpressure_rejections >= 2);

    // A writer that waits goes on as soon as there is room.
    stage.remote.set_down(false);
    let ten = async {
        for number in 0..10 {
            stage.cache.set(format!("n{number}"), "1").await?;
        }
        Ok::<_, Error>(())
    };
    let mut done = ten.await;
    let since = Instant::now();
    while done.is_err() && since.elapsed() < SOON {
        done = stage.cache.set("n", "1").await.map(|_| ());
    }
    done.unwrap();
    stage.flush().await;
    assert_eq!(stage.at_remote("k0").unwrap(), b"2");
    assert_eq!(stage.at_remote("one too many"), None);
}

#[tokio::test]
async fn dirty_bytes_are_bounded() {
    let stage = stage_with(|config| {
        config.writes.max_dirty_bytes = ByteSize::b(1000);
        config.writes.wait_for_room = Duration::ZERO;
    })
    .await;
    stage.remote.set_down(true);
    stage.cache.set("a", [0; 600]).await.unwrap();
    stage.cache.set("b", [0; 600]).await.unwrap();
    let refused = stage.cache.set("c", "x").await;
    assert!(
        matches!(
            refused,
            Err(Error::Backpressure {
                limit: Limit::Bytes,
                ..
            })
        ),
        "{refused:?}"
    );
    stage.cache.set("b", "small").await.unwrap();
    assert_eq!(stage.cache.stats().dirty_bytes, 601 + 6);
    stage.cache.set("c", "x").await.unwrap();
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_holds_new_dirty_keys_back() {
    let stage = stage_with(|config| {
        config.writes.min_free_disk = ByteSize::tib(1_000_000);
        config.writes.wait_for_room = Duration::ZERO;
    })
    .await;
    let refused = stage.cache.set("k", "v").await;
    assert!(
        matches!(
            refused,
            Err(Error::Backpressure {
                limit: Limit::FreeDisk,
                ..
            })
        ),
        "{refused:?}"
    );
    stage.remote.set("there", "v", None);
    assert_eq!(stage.value("there").await.unwrap(), b"v");
}

#[tokio::test]
async fn the_lag_falls_monotonically_when_the_remote_is_back() {
    let stage = stage_with(|config| config.flush.lanes = 1).await;
    stage.remote.set_down(true);
    for number in 0..5000 {
        stage.cache.set(format!("k{number}"), "v").await.unwrap();
    }
    stage.remote.set_latency(Duration::from_millis(2));
    stage.remote.set_down(false);
    let mut before = stage.cache.stats().dirty_keys;
    let since = Instant::now();
    while before > 0 {
        assert!(since.elapsed() < SOON, "{before} keys are left");
        let now = stage.cache.stats().dirty_keys;
        assert!(now <= before, "{before} keys, then {now}");
        before = now;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // Full batches alone would be ten.
    let batches = stage.remote.batches();
    assert!(batches > 12, "it ramps up, batch by batch: {batches}");
}

/// After trouble the first batch is small, however large they were before.
#[tokio::test]
async fn it_ramps_up_anew_after_each_failure() {
    let stage = stage_with(|config| {
        config.flush.lanes = 1;
        config.flush.batches_in_flight = 1;
        config.flush.timeout = Duration::from_secs(3600);
    })
    .await;
    let entries: Vec<(String, &str)> = (0..600).map(|number| (format!("k{number}"), "v")).collect();
    for _ in 0..10 {
        stage
            .cache
            .set_many(&entries, SetOptions::new())
            .await
            .unwrap();
        stage.flush().await;
    }
    let (batches, writes) = (stage.remote.batches(), stage.remote.writes());
    // A large one is refused, the next one is applied, and the one after that is held.
    for fault in [Fault::Refuse("OOM"), Fault::LostReply, Fault::Hang] {
        stage.remote.script(fault);
    }
    stage
        .cache
        .set_many(&entries, SetOptions::new())
        .await
        .unwrap();
    until("the third batch", || stage.remote.batches() == batches + 3).await;
    let applied = stage.remote.writes() - writes;
    assert!((1..=16).contains(&applied), "{applied} writes at once");
    stage.remote.set_down(true);
    stage.remote.set_down(false);
    stage.flush().await;
}

#[tokio::test]
async fn batches_are_bounded_in_bytes() {
    let stage = stage_with(|config| {
        config.flush.lanes = 1;
        config.flush.batches_in_flight = 1;
        config.flush.batch_bytes = ByteSize::b(1000);
    })
    .await;
    // The first batch is applied, and the one after that is held.
    stage.remote.script(Fault::LostReply);
    stage.remote.script(Fault::Hang);
    let entries: Vec<(String, [u8; 600])> = (0..10)
        .map(|number| (format!("k{number}"), [7; 600]))
        .collect();
    let written = stage.cache.set_many(&entries, SetOptions::new()).await;
    assert_eq!(written.unwrap().len(), 10);
    until("the second batch", || stage.remote.batches() == 2).await;
    assert_eq!(stage.remote.writes(), 2);
    stage.flush().await;
    assert_eq!(stage.remote.len(), 10);
}

/// While reads wait for the remote, batches are small: a question is not behind a large one.
#[tokio::test]
async fn reads_keep_priority_while_it_drains() {
    let stage = stage_with(|config| {
        config.flush.lanes = 1;
        config.flush.batch_commands_beside_reads = 10;
        config.flush.batches_in_flight = 1;
    })
    .await;
    stage.remote.set_down(true);
    for number in 0..2000 {
        stage.cache.set(format!("k{number}"), "v").await.unwrap();
    }
    stage.remote.set_latency(Duration::from_millis(5));
    stage.remote.set_down(false);
    // One waits all the time, whatever becomes of the others.
    stage.remote.script_read(Fault::Hang);
    let waiting = {
        let cache = stage.cache.clone();
        tokio::spawn(async move { cache.get("waiting").await })
    };
    until("it is asked", || stage.remote.reads() > 0).await;
    let readers: Vec<_> = (0..8)
        .map(|reader| {
            let cache = stage.cache.clone();
            tokio::spawn(async move {
                for number in 0.. {
                    let _ = cache.get(format!("absent{reader}-{number}")).await;
                }
            })
        })
        .collect();
    until("the drain has begun", || stage.remote.writes() > 100).await;
    let (batches, writes) = (stage.remote.batches(), stage.remote.writes());
    until("it goes on", || stage.remote.batches() > batches + 10).await;
    let sizes = (stage.remote.writes() - writes) / (stage.remote.batches() - batches);
    assert!(sizes <= 32, "batches of {sizes} beside reads");
    assert!(!waiting.is_finished());
    waiting.abort();
    for reader in readers {
        reader.abort();
    }
    stage.flush().await;
}

#[tokio::test]
async fn a_panic_in_the_flusher_restarts_it() {
    let stage = stage().await;
    stage.remote.script(Fault::Panic);
    stage.cache.set("k", "v").await.unwrap();
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"v");
    let stats = stage.cache.stats();
    assert_eq!(stats.flusher_restarts, 1);
    assert!(stats.lanes.iter().all(|lane| lane.last_progress < SOON));
}

#[tokio::test]
async fn the_age_of_the_last_progress_shows_a_lane_that_is_stuck() {
    let stage = stage().await;
    stage.remote.fail_key("k", RemoteErrorKind::Refusing, "OOM");
    stage.cache.set("k", "v").await.unwrap();
    let long = Duration::from_millis(250);
    // Between two pauses it is connected.
    until("the lane is seen as stuck", || {
        stage.cache.stats().lanes.iter().any(|lane| {
            matches!(lane.state, LaneState::Paused { .. }) && lane.last_progress >= long
        })
    })
    .await;
    // The key is dirty since a little later than the lane stands still.
    until("the change is as old", || {
        let oldest = stage.cache.stats().oldest_dirty;
        oldest.is_some_and(|oldest| oldest >= long)
    })
    .await;
}

#[tokio::test]
async fn durability_remote_waits_for_the_acknowledgement() {
    let stage = stage_with(|config| {
        config.writes.remote_timeout = Duration::from_secs(1);
        config.flush.linger = Duration::from_secs(3600);
    })
    .await;
    let remote = SetOptions::new().durability(Durability::Remote);
    stage.cache.set_with("k", "1", remote).await.unwrap();
    assert_eq!(
        stage.at_remote("k").unwrap(),
        b"1",
        "and batches do not linger"
    );
    stage.remote.set_down(true);
    let late = stage.cache.set_with("k", "2", remote).await;
    assert!(
        matches!(late, Err(Error::NotAcknowledged { .. })),
        "{late:?}"
    );
    assert_eq!(
        stage.value("k").await.unwrap(),
        b"2",
        "it is written locally"
    );
    stage.remote.set_down(false);
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"2");

    // Neither is it enough that an older version is on its way.
    stage.remote.set_hanging(true);
    stage.cache.set("k", "3").await.unwrap();
    while !matches!(
        stage.cache.sync_state("k").unwrap(),
        SyncState::InFlight { .. }
    ) {
        // Batches do not linger meanwhile.
        let hurried = stage.cache.flush(Duration::from_millis(10)).await.unwrap();
        assert!(!hurried.complete);
    }
    let late = stage.cache.set_with("k", "4", remote).await;
    assert!(
        matches!(late, Err(Error::NotAcknowledged { .. })),
        "{late:?}"
    );
    stage.remote.set_hanging(false);
    stage.cache.set_with("k", "5", remote).await.unwrap();
    assert_eq!(stage.at_remote("k").unwrap(), b"5");
}
