//! Flushing and closing tell the truth; opening costs in proportion to what is dirty.

use std::time::Duration;

use tiered_cache::{Durability, Error, RemoteErrorKind, SetOptions, TieredCache};

use crate::common::{SOON, builder, stage, stage_with};

#[tokio::test]
async fn a_flush_that_runs_out_of_time_says_what_is_left() {
    let stage = stage().await;
    stage.remote.set_down(true);
    for number in 0..10 {
        stage.cache.set(format!("k{number}"), "v").await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let report = stage.cache.flush(Duration::from_millis(20)).await.unwrap();
    assert!(!report.complete);
    assert_eq!((report.remaining, report.flushed), (10, 0));
    assert!(report.oldest.unwrap() >= Duration::from_millis(50));
    stage.remote.set_down(false);
    let report = stage.cache.flush(SOON).await.unwrap();
    assert!(report.complete && report.oldest.is_none());
    assert_eq!((report.remaining, report.flushed), (0, 10));
}

/// The barrier is the call: writers that go on do not keep it from ending.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_ends_while_others_write() {
    let stage = stage().await;
    stage.cache.set("before", "v").await.unwrap();
    let writer = {
        let cache = stage.cache.clone();
        tokio::spawn(async move {
            for number in 0.. {
                cache.set("hot", number.to_string()).await.unwrap();
                cache.set(format!("k{}", number % 1000), "v").await.unwrap();
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
        })
    };
    for _ in 0..5 {
        let report = stage.cache.flush(SOON).await.unwrap();
        assert!(report.complete, "{report:?}");
        assert_eq!(stage.at_remote("before").unwrap(), b"v");
    }
    writer.abort();
}

/// The same, whatever becomes of what is written later.
#[tokio::test]
async fn a_flush_does_not_wait_for_later_writes() {
    let stage = stage_with(|config| config.flush.key_attempts = u32::MAX).await;
    stage
        .remote
        .fail_key("later", RemoteErrorKind::Key, "NOPERM");
    stage.remote.set_hanging(true);
    stage.cache.set("before", "v").await.unwrap();
    let flush = stage.cache.flush(SOON);
    tokio::pin!(flush);
    let begun = tokio::time::timeout(Duration::ZERO, &mut flush).await;
    assert!(begun.is_err(), "{begun:?}");
    stage.cache.set("later", "v").await.unwrap();
    stage.remote.set_hanging(false);
    let report = flush.await.unwrap();
    assert_eq!((report.complete, report.remaining), (true, 1), "{report:?}");
    assert_eq!(stage.at_remote("before").unwrap(), b"v");
}

#[tokio::test]
async fn what_remains_at_a_close_goes_on_at_the_next_opening() {
    let stage = stage().await;
    stage.remote.set_down(true);
    let levels = [Durability::Buffered, Durability::Process, Durability::Disk];
    for (number, level) in levels.into_iter().enumerate() {
        let options = SetOptions::new().durability(level);
        let written = stage
            .cache
            .set_with(number.to_string(), "v", options)
            .await
            .unwrap();
        assert_eq!(written.durability, level);
    }
    let report = stage.cache.close(Duration::from_millis(10)).await.unwrap();
    assert_eq!((report.complete, report.remaining), (false, 3));
    let cache = builder(&stage.dir, &stage.remote).open().await.unwrap();
    // The flush begins before the remote is back: it counts all of them.
    let (report, ()) = tokio::join!(cache.flush(SOON), async { stage.remote.set_down(false) });
    let report = report.unwrap();
    assert_eq!((report.complete, report.flushed), (true, 3));
    assert_eq!(stage.remote.len(), 3);
}

#[tokio::test]
async fn versions_grow_over_openings() {
    let mut stage = stage().await;
    let mut last = 0;
    for _ in 0..3 {
        for _ in 0..3 {
            let version = stage.cache.set("k", "v").await.unwrap().version;
            assert!(version > last);
            last = version;
        }
        stage = stage.reopen(|_| {}).await;
    }
}

/// A home with many clean rows opens without looking at them: its remote records no work, and the
/// journal is empty.
#[tokio::test]
async fn an_opening_looks_at_dirty_rows_only() {
    let stage = stage().await;
    let entries: Vec<(String, &str)> = (0..20_000).map(|n| (format!("k{n}"), "v")).collect();
    for entries in entries.chunks(1000) {
        stage
            .cache
            .set_many(entries, SetOptions::new())
            .await
            .unwrap();
    }
    stage.flush().await;
    stage.remote.set_down(true);
    stage.cache.set("dirty", "v").await.unwrap();
    let stage = stage.reopen(|_| {}).await;
    assert_eq!(stage.cache.stats().dirty_keys, 1);
}

#[tokio::test]
async fn a_home_in_use_is_a_clear_error() {
    let stage = stage().await;
    let second = builder(&stage.dir, &stage.remote).open().await.unwrap_err();
    assert!(matches!(second, Error::HomeInUse { .. }), "{second}");
    assert!(second.to_string().contains("in use"), "{second}");
}

/// Also when the other cache is another process's.
#[tokio::test]
async fn a_home_in_use_by_another_process_is_a_clear_error() {
    const NAME: &str = "closing::a_home_in_use_by_another_process_is_a_clear_error";
    let open = async |home: &std::path::Path| {
        TieredCache::builder(home)
            .remote(tiered_cache::MemoryRemote::new())
            .open()
            .await
    };
    if let Some(home) = std::env::var_os("IN_USE_HOME") {
        let error = open(home.as_ref()).await.unwrap_err();
        assert!(matches!(error, Error::HomeInUse { .. }), "{error}");
        println!("\nrefused");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path()).await.unwrap();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([NAME, "--exact", "--nocapture"])
        .env("IN_USE_HOME", dir.path())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && out.contains("\nrefused"), "{out}");
    cache.close(SOON).await.unwrap();
}

#[tokio::test]
async fn bad_settings_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let none = TieredCache::builder(dir.path()).open().await.unwrap_err();
    assert!(none.to_string().contains("remote"), "{none}");
    let lanes = TieredCache::builder(dir.path())
        .remote(tiered_cache::MemoryRemote::new())
        .configure(|config| config.flush.lanes = 0)
        .open()
        .await
        .unwrap_err();
    assert!(
        matches!(&lanes, Error::Config(why) if why.contains("lanes")),
        "{lanes}"
    );
    let unknown = toml::from_str::<tiered_cache::Config>("[flush]\nlane = 3").unwrap_err();
    assert!(unknown.to_string().contains("lane"), "{unknown}");
    let all = tiered_cache::Config::default();
    let text = toml::to_string(&all).unwrap();
    assert_eq!(
        toml::from_str::<tiered_cache::Config>(&text).unwrap(),
        all,
        "{text}"
    );
}

/// A file of the home is damaged: an error, and not a word of wrong data.
#[tokio::test]
async fn a_damaged_home_is_a_clear_error() {
    let stage = stage().await;
    for number in 0..2000 {
        stage
            .cache
            .set(format!("k{number}"), [7; 100])
            .await
            .unwrap();
    }
    stage.flush().await;
    stage.cache.close(SOON).await.unwrap();
    let file = stage.dir.path().join("home/entries.wt");
    let mut bytes = std::fs::read(&file).unwrap();
    // Everything but the first block, which describes the file.
    for byte in &mut bytes[4096..] {
        *byte ^= 0x5a;
    }
    std::fs::write(&file, bytes).unwrap();
    match builder(&stage.dir, &stage.remote).open().await {
        Err(Error::Local(error)) => assert!(error.is_fatal(), "{error}"),
        other => panic!("{other:?}"),
    }
}
