//! Following a cache: one writer, a watcher that keeps up, and one that does not.
//!
//! ```sh
//! cargo run --release -p tiered-cache --example watch
//! ```
//!
//! The window of the change feed is small here, so that the slow watcher falls out of it. It gets
//! `TooOld`, and starts over from a snapshot. At the end all three must say the same, or the example
//! fails.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use tiered_cache::blocking::TieredCache;
use tiered_cache::{Bytes, Error, Event, MemoryRemote};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Events that the window holds.
const WINDOW: usize = 1_000;
/// Changes that the writer makes, in bursts with pauses between them.
const BURSTS: u64 = 40;
const BURST: u64 = 500;
const PAUSE: Duration = Duration::from_millis(20);
/// Keys that are changed.
const KEYS: u64 = 200;
/// What the slow watcher does with each event takes so long.
const SLOW: Duration = Duration::from_micros(200);
/// The key that says that there is no more: the last one, of a snapshot as well.
const END: &str = "key:end";

/// What a watcher knows, and how it came to it.
#[derive(Default)]
struct Mirror {
    entries: BTreeMap<Bytes, Bytes>,
    events: u64,
    snapshots: u64,
    fell_out: u64,
}

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let cache = tiered_cache::TieredCache::builder(folder.path())
        .remote(MemoryRemote::new())
        .configure(|config| config.feed.window_events = WINDOW)
        .open_blocking()?
        .blocking();
    println!(
        "{} changes of {KEYS} keys; the window holds {WINDOW} events",
        BURSTS * BURST
    );
    for key in 0..KEYS / 2 {
        cache.set(name(key), "from before")?;
    }

    let fast = follow(&cache, "fast", Duration::ZERO);
    let slow = follow(&cache, "slow", SLOW);
    let writer = write(&cache)?;
    let (fast, slow) = (joined(fast)?, joined(slow)?);

    println!(
        "         {:>8} {:>10} {:>8} {:>8}",
        "events", "snapshots", "fell out", "entries"
    );
    for (who, mirror) in [("fast", &fast), ("slow", &slow)] {
        println!(
            "{who:<8} {:>8} {:>10} {:>8} {:>8}",
            mirror.events,
            mirror.snapshots,
            mirror.fell_out,
            mirror.entries.len()
        );
    }
    println!("{:<8} {:>37}", "writer", writer.len());
    // What the cache itself says, for good measure.
    let cached: BTreeMap<Bytes, Bytes> = cache
        .scan()
        .map(|entry| entry.map(|entry| (entry.key, entry.value)))
        .collect::<Result<_, _>>()?;
    for (who, entries) in [
        ("the fast watcher", &fast.entries),
        ("the slow watcher", &slow.entries),
        ("the cache", &cached),
    ] {
        if *entries != writer {
            return Err(format!("{who} does not agree with the writer").into());
        }
    }
    if slow.fell_out == 0 {
        return Err(
            "the slow watcher has kept up: the window is too large to show anything".into(),
        );
    }
    println!("all agree");
    cache.close(Duration::from_secs(10))?;
    Ok(())
}

/// Makes the changes. The answer is what is there in the end.
fn write(cache: &TieredCache) -> Outcome<BTreeMap<Bytes, Bytes>> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut entries: BTreeMap<Bytes, Bytes> = (0..KEYS / 2)
        .map(|key| (name(key).into(), "from before".into()))
        .collect();
    for burst in 0..BURSTS {
        for change in 0..BURST {
            let key = name(random.u64(..KEYS));
            if random.u8(..4) == 0 {
                cache.delete(&key)?;
                entries.remove(key.as_bytes());
            } else {
                let value = format!("{burst}.{change}");
                cache.set(&key, &value)?;
                entries.insert(key.into(), value.into());
            }
        }
        thread::sleep(PAUSE);
    }
    let written = cache.set(END, "")?;
    println!("writer: done at version {}", written.version);
    entries.insert(END.into(), Bytes::new());
    Ok(entries)
}

/// A thread that mirrors the cache until the end.
fn follow(
    cache: &TieredCache,
    who: &'static str,
    takes: Duration,
) -> thread::JoinHandle<Outcome<Mirror>> {
    let cache = cache.clone();
    thread::spawn(move || {
        let mut mirror = Mirror::default();
        loop {
            // Version 0: everything that is there, and then what happens.
            mirror.entries.clear();
            mirror.snapshots += 1;
            match mirror.until_the_end(&cache, takes) {
                Err(Error::TooOld { requested, oldest }) => {
                    if mirror.fell_out == 0 {
                        println!(
                            "{who}: after version {requested} the window goes back to {oldest} only: \
                             starting over from a snapshot"
                        );
                    }
                    mirror.fell_out += 1;
                }
                ended => return ended.map(|()| mirror).map_err(Into::into),
            }
        }
    })
}

impl Mirror {
    fn until_the_end(&mut self, cache: &TieredCache, takes: Duration) -> Result<(), Error> {
        for event in cache.watch(0)? {
            let event = event?;
            let ends = event.key == END;
            if !event.initial {
                self.events += 1;
                thread::sleep(takes);
            }
            self.apply(event);
            if ends {
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        match event.value {
            Some(value) => self.entries.insert(event.key, value),
            None => self.entries.remove(&event.key),
        };
    }
}

fn name(key: u64) -> String {
    format!("key:{key:03}")
}

fn joined(thread: thread::JoinHandle<Outcome<Mirror>>) -> Outcome<Mirror> {
    thread.join().map_err(|_| "a watcher panicked")?
}
