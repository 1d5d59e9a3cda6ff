//! Figures go to the `metrics` facade, and work shows as `tracing` spans.

#![allow(
    clippy::unwrap_used,
    reason = "what does not work here is a failed test"
)]

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tiered_cache::{MemoryRemote, TieredCache};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Collects the names of spans.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<HashSet<&'static str>>>);

impl<S: tracing::Subscriber> Layer<S> for Names {
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        _: &tracing::span::Id,
        _: Context<'_, S>,
    ) {
        self.0.lock().unwrap().insert(attributes.metadata().name());
    }
}

fn published(snapshotter: &Snapshotter) -> HashMap<String, DebugValue> {
    snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| (key.key().name().to_owned(), value))
        .collect()
}

#[test]
fn figures_and_spans_are_there_for_others_to_see() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();
    let names = Names::default();
    let subscriber = tracing_subscriber::registry().with(names.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let dir = tempfile::tempdir().unwrap();
    let remote = MemoryRemote::new();
    let cache = TieredCache::builder(dir.path())
        .remote(remote.clone())
        .open_blocking()
        .unwrap()
        .blocking();
    cache.set("k", "v").unwrap();
    cache.get("k").unwrap();
    cache.get("absent").unwrap();
    assert!(cache.flush(Duration::from_secs(10)).unwrap().complete);
    remote.set_hanging(true);
    cache.set("dirty", "12345").unwrap();
    let snapshot = cache.snapshot().unwrap();

    // They are published once a second.
    let mut figures = HashMap::new();
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(100));
        figures.extend(published(&snapshotter));
        if figures.get("tiered_cache_dirty_bytes") == Some(&DebugValue::Gauge(10.0.into())) {
            break;
        }
    }
    for (name, value) in [
        ("tiered_cache_hits_total", DebugValue::Counter(1)),
        ("tiered_cache_misses_total", DebugValue::Counter(1)),
        ("tiered_cache_sets_total", DebugValue::Counter(2)),
        ("tiered_cache_flushed_total", DebugValue::Counter(1)),
        ("tiered_cache_dirty_keys", DebugValue::Gauge(1.0.into())),
        ("tiered_cache_dirty_bytes", DebugValue::Gauge(10.0.into())),
        ("tiered_cache_snapshots", DebugValue::Gauge(1.0.into())),
    ] {
        assert_eq!(figures.get(name), Some(&value), "{name}");
    }
    for name in [
        "tiered_cache_flush_seconds",
        "tiered_cache_remote_read_seconds",
    ] {
        assert!(
            matches!(figures.get(name), Some(DebugValue::Histogram(_))),
            "{name}"
        );
    }
    let names = names.0.lock().unwrap();
    for name in ["open", "fill", "flush"] {
        assert!(names.contains(name), "no span {name}");
    }
    remote.set_hanging(false);
    drop(snapshot);
}
