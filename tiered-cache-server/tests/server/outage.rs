//! Redis is killed under load, and comes back: no client notices on hits and writes, and everything is
//! there at the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{Client, RedisServer, Sidecar};

/// How long Redis is away, in seconds, if not 10.
const SECONDS: &str = "TIERED_CACHE_TEST_OUTAGE";

const WRITERS: u64 = 3;
const KEYS: u64 = 200;

/// What the threads share.
#[derive(Default)]
struct Load {
    over: AtomicBool,
    writes: AtomicU64,
    hits: AtomicU64,
}

/// Writes in all ways that need no answer of Redis, and answers with what the keys hold at the end.
fn write(port: u16, writer: u64, load: &Load) -> BTreeMap<String, Option<u64>> {
    let mut client = Client::connect(port);
    let mut expected = BTreeMap::new();
    let mut number = 0;
    while !load.over.load(Ordering::Relaxed) {
        number += 1;
        let key = format!("w{writer}:{}", number % KEYS);
        // Now and then a key that has never been there.
        let fresh = format!("w{writer}:new{number}");
        let (command, reply, held) = match number % 11 {
            0 => (
                format!("SETEX {key} 90000 {number}"),
                "+OK\r\n",
                Some(number),
            ),
            1 => (
                format!("MSET {key} {number} {fresh} {number}"),
                "+OK\r\n",
                Some(number),
            ),
            2 if expected.get(&key).copied().flatten().is_some() => {
                (format!("DEL {key}"), ":1\r\n", None)
            }
            3 => (
                format!("SET {key} {number} PX 90000000"),
                "+OK\r\n",
                Some(number),
            ),
            _ => (format!("SET {key} {number}"), "+OK\r\n", Some(number)),
        };
        assert_eq!(client.say(&command), reply, "{command}");
        if command.starts_with("MSET") {
            expected.insert(fresh, Some(number));
        }
        expected.insert(key, held);
        load.writes.fetch_add(1, Ordering::Relaxed);
    }
    expected
}

/// Reads keys that are here. (Those of the writers may be deleted; that is known here, too.)
fn read(port: u16, load: &Load) {
    let mut client = Client::connect(port);
    let mut random = fastrand::Rng::with_seed(7);
    while !load.over.load(Ordering::Relaxed) {
        let key = random.u64(..KEYS);
        assert_eq!(client.say(&format!("GET still:{key}")), "$5\r\nvalue\r\n");
        assert_eq!(client.say(&format!("EXISTS still:{key}")), ":1\r\n");
        let (a, b) = (random.u64(..KEYS), random.u64(..KEYS));
        let both = client.say(&format!("MGET still:{a} still:{b}"));
        assert_eq!(both, "*2\r\n$5\r\nvalue\r\n$5\r\nvalue\r\n");
        let written = client.say(&format!("GET w{}:{key}", key % WRITERS));
        assert!(written.starts_with('$'), "{written}");
        load.hits.fetch_add(4, Ordering::Relaxed);
    }
}

#[test]
fn redis_is_killed_under_load() {
    let seconds = std::env::var(SECONDS).map_or(10, |text| text.parse().unwrap());
    let mut redis = RedisServer::durable();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let mut client = sidecar.client();
    for key in 0..KEYS {
        client.say(&format!("SET still:{key} value"));
        for writer in 0..WRITERS {
            client.say(&format!("SET w{writer}:{key} 0"));
        }
    }
    assert_eq!(client.say("WAIT 1 20000"), ":1\r\n");
    let load = Arc::new(Load::default());
    let port = sidecar.port;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let load = Arc::clone(&load);
            thread::spawn(move || write(port, writer, &load))
        })
        .collect();
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let load = Arc::clone(&load);
            thread::spawn(move || read(port, &load))
        })
        .collect();
    let figures = || {
        let (writes, hits) = (&load.writes, &load.hits);
        (writes.load(Ordering::Relaxed), hits.load(Ordering::Relaxed))
    };
    thread::sleep(Duration::from_secs(1));
    redis.kill();
    let before = figures();
    thread::sleep(Duration::from_secs(seconds));
    let during = figures();
    redis.restart();
    thread::sleep(Duration::from_secs(1));
    load.over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
    let mut expected = BTreeMap::new();
    for writer in writers {
        expected.extend(writer.join().unwrap());
    }
    let (writes, hits) = (during.0 - before.0, during.1 - before.1);
    assert!(writes > 0 && hits > 0, "{writes} writes, {hits} hits");
    client.flush();
    let mut direct = Client::connect(redis.port);
    for (key, held) in &expected {
        let reply = match held {
            None => "$-1\r\n".to_owned(),
            Some(number) => format!("${}\r\n{number}\r\n", number.to_string().len()),
        };
        assert_eq!(direct.say(&format!("GET {key}")), reply, "{key} at Redis");
        assert_eq!(client.say(&format!("GET {key}")), reply, "{key} here");
    }
    println!(
        "Redis was away for {seconds} s: {writes} writes and {hits} hits meanwhile, {} keys compared",
        expected.len()
    );
}
