//! Metrics, health and the status page.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::client_libraries::{python_packages, script};
use crate::support::{Client, RedisServer, Sidecar};

pub(crate) fn get(port: u16, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

#[test]
fn figures_are_published() {
    let sidecar = Sidecar::start(&[]);
    let mut client = sidecar.client();
    for _ in 0..20 {
        client.say("SET a 1");
        client.say("GET a");
    }
    let port = sidecar.metrics;
    let has = |text: &str, line: &str| text.lines().any(|one| one == line);
    loop {
        let (status, metrics) = get(port, "/metrics");
        assert_eq!(status, 200);
        if has(&metrics, "tiered_cache_sets_total 20")
            && has(&metrics, "tiered_cache_hits_total 20")
            && has(&metrics, "tiered_cache_server_commands_total 40")
        {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(get(port, "/health"), (200, "ok\n".to_owned()));
    assert_eq!(get(port, "/ready"), (200, "ready\n".to_owned()));
    let (_, samples) = get(port, "/samples");
    assert!(samples.contains("\"hits\":20"), "{samples}");
    let (_, metrics) = get(port, "/metrics");
    for (command, count) in [("get", 20), ("set", 20)] {
        let name = "tiered_cache_server_command_seconds";
        let line = format!("{name}_count{{command=\"{command}\"}} {count}");
        assert!(has(&metrics, &line), "{line}: {metrics}");
        let line = format!("{name}_bucket{{command=\"{command}\",le=\"+Inf\"}} {count}");
        assert!(has(&metrics, &line), "{line}: {metrics}");
    }
    let (status, page) = get(port, "/");
    assert_eq!(status, 200);
    // Nothing of it comes from elsewhere.
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn it_is_not_ready_while_the_remote_is_away() {
    let mut redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    assert_eq!(get(sidecar.metrics, "/ready").0, 200);
    redis.kill();
    let mut client = sidecar.client();
    // Now and then it is asked again, and the state is another one for that moment.
    let mut number = 0;
    while number < 20 || get(sidecar.metrics, "/ready").0 != 503 {
        let said = client.say(&format!("GET k{number}"));
        assert!(
            said.starts_with("-ERR the remote cannot be asked"),
            "{said}"
        );
        number += 1;
        assert!(number < 10_000, "it is ready all the time");
    }
    assert_eq!(get(sidecar.metrics, "/health").0, 200);
}

/// The page itself, in a headless Chromium, while commands run. With `TIERED_CACHE_TEST_SCREENSHOT`,
/// the path of a PNG file, it keeps what it saw.
#[test]
fn the_page_shows_what_happens() {
    let packages = python_packages("browser");
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let over = AtomicBool::new(false);
    let said = thread::scope(|scope| {
        scope.spawn(|| load(sidecar.port, &over));
        let mut python = Command::new("python3");
        python
            .env("PYTHONPATH", &packages)
            .arg(script("page.py"))
            .arg(format!("http://127.0.0.1:{}/", sidecar.metrics));
        if let Ok(path) = std::env::var("TIERED_CACHE_TEST_SCREENSHOT") {
            python.arg(path);
        }
        let said = python.output();
        over.store(true, Ordering::Relaxed);
        said
    });
    let said = said.unwrap();
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success() && text == "all is well\n", "{said:?}");
}

/// Hits, misses, writes, and commands for the remote.
fn load(port: u16, over: &AtomicBool) {
    let mut client = Client::connect(port);
    let mut random = fastrand::Rng::with_seed(1);
    while !over.load(Ordering::Relaxed) {
        for _ in 0..20 {
            let key = random.u32(..500);
            client.say(&format!("GET k{key}"));
            client.say(&format!("SET k{} v", random.u32(..500)));
            client.say(&format!("MGET k{key} k1 none{}", random.u32(..5000)));
        }
        client.say("INCR counter");
        client.say("HSET h f v");
        thread::sleep(Duration::from_millis(random.u64(..30)));
    }
}
