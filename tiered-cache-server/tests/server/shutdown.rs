//! The end, on a signal.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Client, RedisServer, Sidecar};

#[test]
fn a_signal_ends_it_with_everything_at_the_remote() {
    let redis = RedisServer::start();
    for signal in [Signal::TERM, Signal::INT] {
        let mut sidecar = Sidecar::before(&redis.url(), &["--flush-linger", "300ms"]);
        let mut client = sidecar.client();
        for number in 0..200 {
            client.say(&format!("SET k{number} {}", signal.as_raw()));
        }
        let mut blocked = sidecar.client();
        blocked.write(b"BLPOP nothing 0\r\n");
        sidecar.signal(signal);
        assert_eq!(client.rest(), b"");
        assert!(sidecar.wait().success());
        assert_eq!(blocked.rest(), b"");
        assert_eq!(redis.get("k199"), Some(signal.as_raw().to_string()));
        assert!(
            sidecar.log().contains("the remote has everything"),
            "{}",
            sidecar.log()
        );
    }
}

/// What cannot be drained is told, and is there after the next start.
#[test]
fn what_is_left_is_told_and_kept() {
    let mut redis = RedisServer::start();
    let mut sidecar = Sidecar::before(&redis.url(), &["--drain-timeout", "200ms"]);
    redis.kill();
    let mut client = sidecar.client();
    for number in 0..50 {
        assert_eq!(client.say(&format!("SET k{number} v")), "+OK\r\n");
    }
    sidecar.signal(Signal::TERM);
    assert!(sidecar.wait().success(), "nothing is lost");
    assert!(sidecar.log().contains("remaining=50"), "{}", sidecar.log());
    redis.restart();
    sidecar.launch();
    let mut client = sidecar.client();
    client.flush();
    assert_eq!(redis.get("k49").as_deref(), Some("v"));
}

/// Who does not want to wait for the remote says so again.
#[test]
fn a_second_signal_ends_the_wait() {
    let mut redis = RedisServer::start();
    let mut sidecar = Sidecar::before(&redis.url(), &["--drain-timeout", "1h"]);
    redis.kill();
    let mut client = sidecar.client();
    assert_eq!(client.say("SET k v"), "+OK\r\n");
    sidecar.signal(Signal::TERM);
    while !sidecar.log().contains("SIGTERM: ending") {
        thread::sleep(Duration::from_millis(5));
    }
    sidecar.signal(Signal::INT);
    assert!(sidecar.wait().success(), "nothing is lost");
    assert!(sidecar.log().contains("remaining=1"), "{}", sidecar.log());
    sidecar.launch();
    assert_eq!(sidecar.client().say("GET k"), "$1\r\nv\r\n");
}

/// Commands that have arrived are done, and their replies are sent.
#[test]
fn what_has_arrived_is_answered() {
    let mut sidecar = Sidecar::start(&[]);
    let port = sidecar.port;
    let busy: Vec<_> = (0..4)
        .map(|writer| {
            thread::spawn(move || {
                let mut client = Client::connect(port);
                let mut sent: u64 = 0;
                loop {
                    let command = format!("SET w{writer} {sent}\r\n");
                    if !client.try_write(command.as_bytes()) || !client.took(b"+OK\r\n") {
                        return sent;
                    }
                    sent += 1;
                }
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(200));
    sidecar.signal(Signal::TERM);
    assert!(sidecar.wait().success());
    let counts: Vec<u64> = busy.into_iter().map(|one| one.join().unwrap()).collect();
    sidecar.launch();
    let mut client = sidecar.client();
    for (writer, count) in counts.into_iter().enumerate() {
        let reply = client.say(&format!("GET w{writer}"));
        let found: u64 = reply.lines().nth(1).unwrap().parse().unwrap();
        assert!(
            found + 1 >= count,
            "{found} after {count} acknowledged writes"
        );
    }
}

#[test]
fn a_unix_socket_comes_and_goes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sock");
    let path = path.to_str().unwrap();
    let mut sidecar = Sidecar::start(&["--unixsocket", path]);
    let said = |args: &[&str]| {
        let output = std::process::Command::new("redis-cli")
            .args(["-s", path])
            .args(args)
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert_eq!(said(&["set", "a", "1"]), "OK\n");
    assert_eq!(said(&["get", "a"]), "1\n");
    // What a killed process leaves behind is in nobody's way.
    sidecar.kill();
    assert!(std::fs::exists(path).unwrap());
    sidecar.launch();
    assert_eq!(said(&["get", "a"]), "1\n");
    sidecar.signal(Signal::TERM);
    assert!(sidecar.wait().success());
    assert!(!std::fs::exists(path).unwrap());
}
