//! Scans give what is there, in order, from either end.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use proptest::prelude::*;
use tiered_cache::{ByteSize, Error, MemoryRemote, Scan, SetOptions, TieredCache, blocking};

use crate::common::{SOON, builder, quick, stage, stage_with};

async fn keys(scan: Scan) -> Vec<Bytes> {
    scan.map_ok(|entry| entry.key).try_collect().await.unwrap()
}

/// Keys of few bytes, of which some have to be escaped, and some are prefixes of others.
fn any_key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0u8), Just(1), Just(b'a'), Just(254), Just(255)];
    prop::collection::vec(byte, 0..4)
}

fn any_bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![
        any_key().prop_map(Bound::Included),
        any_key().prop_map(Bound::Excluded),
        Just(Bound::Unbounded),
    ]
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn check(
    scanned: impl Iterator<Item = tiered_cache::Result<tiered_cache::Entry>>,
    expected: Vec<(&Vec<u8>, &Vec<u8>)>,
) -> Result<(), TestCaseError> {
    let scanned: Vec<_> = scanned
        .map(|entry| entry.map(|entry| (entry.key.to_vec(), entry.value.to_vec())))
        .collect::<Result<_, _>>()
        .unwrap();
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    prop_assert_eq!(scanned, expected);
    Ok(())
}

/// `BTreeMap::range` panics where a scan finds nothing.
fn in_range<'a>(
    model: &'a Model,
    range: &(Bound<Vec<u8>>, Bound<Vec<u8>>),
) -> Vec<(&'a Vec<u8>, &'a Vec<u8>)> {
    use std::ops::RangeBounds;
    model
        .iter()
        .filter(|(key, _)| range.contains(*key))
        .collect()
}

fn compare(
    cache: &blocking::TieredCache,
    model: &Model,
    prefix: &[u8],
    range: &(Bound<Vec<u8>>, Bound<Vec<u8>>),
) -> Result<(), TestCaseError> {
    let reversed = |mut entries: Vec<_>| {
        entries.reverse();
        entries
    };
    let all = || model.iter().collect::<Vec<_>>();
    let with_prefix = || {
        let has_prefix = |(key, _): &(&Vec<u8>, &Vec<u8>)| key.starts_with(prefix);
        model.iter().filter(has_prefix).collect::<Vec<_>>()
    };
    check(cache.scan(), all())?;
    check(cache.scan().rev(), reversed(all()))?;
    check(cache.scan_prefix(prefix), with_prefix())?;
    check(cache.scan_prefix(prefix).rev(), reversed(with_prefix()))?;
    check(cache.scan_range(range.clone()), in_range(model, range))?;
    let backwards = cache.scan_range(range.clone()).rev();
    check(backwards, reversed(in_range(model, range)))?;
    prop_assert_eq!(cache.count().unwrap(), model.len() as u64);
    prop_assert_eq!(
        cache.count_prefix(prefix).unwrap(),
        with_prefix().len() as u64
    );
    let snapshot = cache.snapshot().unwrap();
    check(snapshot.scan(), all())?;
    check(snapshot.scan_prefix(prefix).rev(), reversed(with_prefix()))?;
    check(snapshot.scan_range(range.clone()), in_range(model, range))?;
    prop_assert_eq!(snapshot.count().unwrap(), model.len() as u64);
    prop_assert_eq!(
        snapshot.count_prefix(prefix).unwrap(),
        with_prefix().len() as u64
    );
    for key in model.keys() {
        let value = snapshot.get(key).unwrap();
        prop_assert_eq!(value.as_deref(), model.get(key).map(Vec::as_slice));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn they_agree_with_a_simple_map(
        steps in prop::collection::vec((any_key(), any::<Option<u8>>()), 0..60),
        looks in prop::collection::vec((any_key(), (any_bound(), any_bound())), 1..6),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let cache = builder(&dir, &MemoryRemote::new()).open_blocking().unwrap().blocking();
        let mut model = Model::new();
        for (key, value) in steps {
            match value {
                Some(value) => {
                    cache.set(&key, [value]).unwrap();
                    model.insert(key, vec![value]);
                }
                None => {
                    cache.delete(&key).unwrap();
                    model.remove(&key);
                }
            }
        }
        for (prefix, range) in looks {
            compare(&cache, &model, &prefix, &range)?;
        }
    }
}

#[tokio::test]
async fn only_what_a_read_would_show() {
    let stage = stage_with(|config| config.reads.negative_ttl = SOON).await;
    let cache = &stage.cache;
    cache.set("alive", "1").await.unwrap();
    cache.set("deleted", "1").await.unwrap();
    cache.delete("deleted").await.unwrap();
    let ttl = SetOptions::new().expires_in(Duration::from_millis(1));
    cache.set_with("expired", "1", ttl).await.unwrap();
    stage.remote.set("only there", "1", None);
    stage.remote.set("filled", "1", None);
    cache.get("filled").await.unwrap();
    cache.get("absent").await.unwrap();
    tokio::time::sleep(Duration::from_millis(3)).await;
    assert_eq!(keys(cache.scan()).await, ["alive", "filled"]);
    assert_eq!(cache.count().await.unwrap(), 2);
    let snapshot = cache.snapshot().await.unwrap();
    assert_eq!(keys(snapshot.scan()).await, ["alive", "filled"]);
    assert_eq!(snapshot.get("expired").unwrap(), None);
    assert_eq!(snapshot.get("deleted").unwrap(), None);
    assert_eq!(snapshot.get("only there").unwrap(), None);
}

/// Chunks end after so many rows, and after so many bytes; what lies on both sides is given once.
#[tokio::test]
async fn chunks_leave_no_seam() {
    let stage = stage().await;
    let cache = &stage.cache;
    let mut expected = Vec::new();
    // 256 rows are a chunk: ends of chunks fall on all kinds of rows.
    for number in 0..1500 {
        let key = format!("k{number:05}");
        // Some are larger than a chunk by themselves.
        let length = if number % 97 == 0 { 70_000 } else { 10 };
        cache.set(&key, vec![1; length]).await.unwrap();
        if number % 5 == 0 {
            cache.delete(&key).await.unwrap();
        } else {
            expected.push(Bytes::from(key));
        }
    }
    assert_eq!(keys(cache.scan()).await, expected);
    let snapshot = cache.snapshot().await.unwrap();
    assert_eq!(keys(snapshot.scan()).await, expected);
    assert_eq!(cache.count().await.unwrap(), expected.len() as u64);
    let here: Vec<_> = cache.blocking().scan().map(|it| it.unwrap().key).collect();
    assert_eq!(here, expected);
    expected.reverse();
    assert_eq!(keys(cache.scan().rev()).await, expected);
    assert_eq!(keys(snapshot.scan().rev()).await, expected);
}

/// An entry that is there all the time is given once, whatever else comes and goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_scan_that_re_anchors_gives_what_stays_once() {
    let stage = stage().await;
    let cache = &stage.cache;
    for number in 0..2000 {
        cache.set(format!("k{number:05}-stays"), "v").await.unwrap();
    }
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let writer = {
        let (cache, stop) = (cache.blocking(), stop.clone());
        std::thread::spawn(move || {
            let mut random = fastrand::Rng::with_seed(7);
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let number = random.u32(..2000);
                let key = format!("k{number:05}-{}", random.u8(..3));
                cache.set(&key, "w").unwrap();
                cache.set(format!("k{number:05}-stays"), "w").unwrap();
                cache.delete(&key).unwrap();
            }
        })
    };
    for round in 0..10 {
        let scan = cache.scan();
        assert_eq!(scan.version(), None);
        let scan = if round % 2 == 0 { scan } else { scan.rev() };
        let mut found = keys(scan).await;
        if round % 2 == 1 {
            found.reverse();
        }
        assert!(found.is_sorted_by(|one, next| one < next), "no key twice");
        let stays = found.iter().filter(|key| key.ends_with(b"-stays"));
        assert_eq!(stays.count(), 2000);
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().unwrap();
}

#[tokio::test]
async fn turning_round_too_late_changes_nothing() {
    let stage = stage().await;
    for key in ["a", "b", "c"] {
        stage.cache.set(key, "v").await.unwrap();
    }
    let mut scan = stage.cache.scan();
    assert_eq!(scan.next().await.unwrap().unwrap().key, "a");
    assert_eq!(keys(scan.rev()).await, ["b", "c"]);
}

#[tokio::test]
async fn closing_ends_a_scan() {
    let stage = stage().await;
    let cache: &TieredCache = &stage.cache;
    for number in 0..600 {
        cache.set(format!("k{number:05}"), "v").await.unwrap();
    }
    let mut scan = cache.scan();
    assert!(scan.next().await.unwrap().is_ok());
    cache.close(SOON).await.unwrap();
    let rest: Vec<_> = scan.collect().await;
    let (last, read) = rest.split_last().unwrap();
    assert!(matches!(last, Err(Error::Closed)), "{last:?}");
    assert!(read.len() < 599 && read.iter().all(Result::is_ok));
}

/// What a scan keeps in memory is a chunk, not what it has passed: a history that nobody pins is
/// thrown away. One snapshot, held over the same writes, keeps all of it.
#[tokio::test]
async fn only_a_snapshot_pins_the_history() {
    let history = |pinned: bool| async move {
        let stage = stage_with(|config| {
            quick(config);
            config.local.cache_size = ByteSize::mib(8);
            config.local.checkpoint_every = Duration::from_secs(1);
            config.feed.window_events = 0;
        })
        .await;
        let cache = &stage.cache;
        for number in 0..600 {
            cache.set(format!("k{number:05}"), [0; 1000]).await.unwrap();
        }
        let snapshot = cache.snapshot().await.unwrap();
        let mut scan = if pinned {
            snapshot.scan()
        } else {
            cache.scan()
        };
        drop(snapshot);
        assert!(scan.next().await.unwrap().is_ok());
        for round in 0..60 {
            for number in 0..600 {
                let value = [round; 1000];
                cache.set(format!("k{number:05}"), value).await.unwrap();
            }
        }
        let file = stage.dir.path().join("home/WiredTigerHS.wt");
        let length = std::fs::metadata(file).unwrap().len();
        let last: Vec<_> = scan.try_collect().await.unwrap();
        let shown = last.last().unwrap().value[0];
        assert_eq!(shown, if pinned { 0 } else { 59 });
        length
    };
    let (pinned, free) = (history(true).await, history(false).await);
    assert!(pinned > 8 << 20, "{pinned}");
    assert!(free < pinned / 4, "{free} beside {pinned}");
}
