//! `kill -9` under load, again and again: every write that was acknowledged is there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{Client, RedisServer, Sidecar};

const WRITERS: u64 = 4;
const KEYS: u64 = 40;

/// What a writer knows: the last acknowledged number of each key, and the one under way.
#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<String, u64>,
    under_way: Option<(String, u64)>,
}

/// Writes until the server is gone. Keys belong to one writer.
fn write(port: u16, writer: u64, from: u64, total: &AtomicU64) -> Known {
    use std::io::{Read, Write};
    let mut known = Known::default();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    for number in from.. {
        let key = format!("w{writer}:{}", number % KEYS);
        let value = number.to_string();
        let command = match number % 3 {
            0 => format!(
                "*4\r\n$5\r\nSETEX\r\n${}\r\n{key}\r\n$4\r\n9000\r\n${}\r\n{value}\r\n",
                key.len(),
                value.len()
            ),
            _ => format!(
                "*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n${}\r\n{value}\r\n",
                key.len(),
                value.len()
            ),
        };
        known.under_way = Some((key.clone(), number));
        let mut reply = [0; 5];
        if stream.write_all(command.as_bytes()).is_err() || stream.read_exact(&mut reply).is_err() {
            return known;
        }
        assert_eq!(&reply, b"+OK\r\n");
        known.acknowledged.insert(key, number);
        total.fetch_add(1, Ordering::Relaxed);
    }
    known
}

fn rounds(sidecar: &mut Sidecar, check: impl Fn(&Sidecar, &BTreeMap<String, (u64, Option<u64>)>)) {
    let mut expected: BTreeMap<String, (u64, Option<u64>)> = BTreeMap::new();
    for round in 1..=5u64 {
        let total = Arc::new(AtomicU64::new(0));
        let port = sidecar.port;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let total = Arc::clone(&total);
                thread::spawn(move || write(port, writer, round * 1_000_000, &total))
            })
            .collect();
        while total.load(Ordering::Relaxed) < 300 + 150 * round {
            thread::sleep(Duration::from_millis(1));
        }
        sidecar.kill();
        for writer in writers {
            let known = writer.join().unwrap();
            for (key, number) in known.acknowledged {
                expected.insert(key, (number, None));
            }
            // It may have been written, too.
            if let Some((key, number)) = known.under_way {
                expected.entry(key).or_default().1 = Some(number);
            }
        }
        sidecar.launch();
        check(sidecar, &expected);
    }
    assert!(expected.len() as u64 >= WRITERS * KEYS);
}

fn value(client: &mut Client, key: &str) -> Option<u64> {
    let reply = client.say(&format!("GET {key}"));
    let mut lines = reply.lines();
    match lines.next() {
        Some("$-1") => None,
        _ => Some(lines.next().unwrap().parse().unwrap()),
    }
}

fn assert_is(found: Option<u64>, (acknowledged, under_way): (u64, Option<u64>), key: &str) {
    let is = found.unwrap_or(0) == acknowledged || found == under_way && found.is_some();
    assert!(
        is,
        "{key}: {found:?}, acknowledged {acknowledged}, under way {under_way:?}"
    );
}

#[test]
fn without_a_remote() {
    let mut sidecar = Sidecar::start(&[]);
    rounds(&mut sidecar, |sidecar, expected| {
        let mut client = sidecar.client();
        for (key, expected) in expected {
            assert_is(value(&mut client, key), *expected, key);
        }
    });
}

#[test]
fn before_a_redis() {
    let redis = RedisServer::start();
    let mut sidecar = Sidecar::before(&redis.url(), &[]);
    rounds(&mut sidecar, |sidecar, expected| {
        let mut client = sidecar.client();
        for (key, expected) in expected {
            assert_is(value(&mut client, key), *expected, key);
        }
        client.flush();
        let mut remote = Client::connect(redis.port);
        for key in expected.keys() {
            assert_eq!(value(&mut remote, key), value(&mut client, key), "{key}");
        }
    });
}

/// The remote is killed under load and comes back: no error on hits and writes, and all arrives.
#[test]
fn the_remote_is_away() {
    let mut redis = RedisServer::durable();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let mut client = sidecar.client();
    for number in 0..500 {
        assert_eq!(client.say(&format!("SET k{number} before")), "+OK\r\n");
    }
    assert_eq!(client.say("WAIT 1 20000"), ":1\r\n");
    redis.kill();
    for number in 2..500 {
        assert_eq!(client.say(&format!("GET k{number}")), "$6\r\nbefore\r\n");
        assert_eq!(client.say(&format!("SET k{number} during")), "+OK\r\n");
        assert_eq!(
            client.say(&format!("DEL k{}", number / 2)),
            if number % 2 == 0 { ":1\r\n" } else { ":0\r\n" }
        );
        assert_eq!(client.say(&format!("SET k{number} during")), "+OK\r\n");
    }
    assert!(
        client
            .say("HGETALL h")
            .starts_with("-ERR the remote did not answer")
    );
    assert!(
        client
            .say("GET unknown")
            .starts_with("-ERR the remote cannot be asked")
    );
    assert_eq!(client.say("WAIT 1 10"), ":0\r\n");
    redis.restart();
    assert_eq!(client.say("WAIT 1 20000"), ":1\r\n");
    for number in 250..500 {
        assert_eq!(redis.get(&format!("k{number}")).as_deref(), Some("during"));
    }
}
