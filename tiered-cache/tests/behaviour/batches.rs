//! A batch does what its writes would do one after the other, also where they are of one key.

use std::time::{Duration, SystemTime};

use tiered_cache::{Event, EventKind, TieredCache, Write};

use crate::common::{Stage, events, stage};

/// What can be told of a write without the number of its version.
type Told = (
    EventKind,
    Vec<u8>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<SystemTime>,
);

fn told(event: &Event) -> Told {
    let bytes = |bytes: &bytes::Bytes| bytes.to_vec();
    (
        event.kind,
        event.key.to_vec(),
        event.value.as_ref().map(bytes),
        event.previous.as_ref().map(bytes),
        event.expires_at,
    )
}

/// A write of one of five keys.
#[derive(Clone, Debug)]
struct Step {
    key: Vec<u8>,
    /// `None`: it goes.
    value: Option<Vec<u8>>,
    expires_at: Option<SystemTime>,
}

impl Step {
    fn random(random: &mut fastrand::Rng) -> Self {
        let now = SystemTime::now();
        // Whole milliseconds, as rows have them.
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(random.u64(1..9) + 4_000_000_000);
        Self {
            // Keys of zero bytes are stored as others.
            key: vec![0; random.usize(..5)],
            value: random.u8(..3).ne(&0).then(|| {
                let length = random.usize(..40);
                (0..length).map(|_| random.u8(..)).collect()
            }),
            expires_at: match random.u8(..6) {
                0 => Some(now - Duration::from_secs(1)),
                1 | 2 => Some(later),
                _ => None,
            },
        }
    }

    fn write(&self) -> Write<'_> {
        match &self.value {
            Some(value) => Write::set(&self.key, value, self.expires_at),
            None => Write::delete(&self.key),
        }
    }
}

/// Runs batches on one cache, and the same writes one by one on another one.
async fn compare(together: &TieredCache, apart: &TieredCache, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut watch_together = together.watch(together.version()).unwrap();
    let mut watch_apart = apart.watch(apart.version()).unwrap();
    for round in 0..60 {
        let count = random.usize(1..12);
        let steps: Vec<Step> = (0..count).map(|_| Step::random(&mut random)).collect();
        let writes: Vec<Write<'_>> = steps.iter().map(Step::write).collect();
        let written = together.apply(&writes).await.unwrap();
        let mut existed = Vec::new();
        for write in &writes {
            let one = apart.apply(std::slice::from_ref(write)).await.unwrap();
            existed.push(one[0].existed);
        }
        let there: Vec<_> = written.iter().map(|written| written.existed).collect();
        assert_eq!(there, existed, "seed {seed}, round {round}: {steps:#?}");
        assert!(written.is_sorted_by(|one, next| one.version <= next.version));
        for length in 0..5 {
            let key = vec![0; length];
            // What neither knows cannot be read while the remote is away.
            let values = (
                together.get(&key).await.map_err(|error| error.to_string()),
                apart.get(&key).await.map_err(|error| error.to_string()),
            );
            assert_eq!(values.0, values.1, "seed {seed}, round {round}: {steps:#?}");
        }
    }
    let together = events(together, &mut watch_together).await;
    let apart = events(apart, &mut watch_apart).await;
    assert!(together.is_sorted_by(|one, next| one.version < next.version));
    let (together, apart): (Vec<_>, Vec<_>) = (
        together.iter().map(told).collect(),
        apart.iter().map(told).collect(),
    );
    for (one, other) in together.iter().zip(&apart) {
        assert_eq!(one, other, "seed {seed}");
    }
    assert_eq!(together.len(), apart.len(), "seed {seed}");
}

#[tokio::test]
async fn it_is_as_if_they_came_one_by_one() {
    for seed in 0..4 {
        let (together, apart) = (stage().await, stage().await);
        // The remote is away, so that what is dirty does not depend on the time.
        together.remote.set_down(true);
        apart.remote.set_down(true);
        compare(&together.cache, &apart.cache, seed).await;
        same_at_the_remote(&together, &apart).await;
    }
}

async fn same_at_the_remote(together: &Stage, apart: &Stage) {
    for stage in [together, apart] {
        stage.remote.set_down(false);
        stage.flush().await;
    }
    for length in 0..5 {
        let key = vec![0; length];
        let values = (together.remote.get(&key), apart.remote.get(&key));
        assert_eq!(values.0, values.1, "{length}");
    }
}

#[tokio::test]
async fn also_without_a_remote() {
    for seed in 10..14 {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let open = |dir: &tempfile::TempDir| TieredCache::builder(dir.path()).local_only().open();
        let (together, apart) = (open(&dirs[0]).await.unwrap(), open(&dirs[1]).await.unwrap());
        compare(&together, &apart, seed).await;
        // And what is on disk is the last of it.
        let mut values = Vec::new();
        for (dir, cache) in dirs.iter().zip([together, apart]) {
            cache.close(Duration::ZERO).await.unwrap();
            let cache = open(dir).await.unwrap();
            for length in 0..5 {
                values.push(cache.get(vec![0; length]).await.unwrap());
            }
        }
        assert_eq!(values[..5], values[5..], "seed {seed}");
    }
}
