//! How it starts, and what it tells of itself.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::status::get;
use crate::support::{Client, RedisOptions, RedisServer, Sidecar};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tiered-cache-server");

/// Ends a process that a failed test leaves behind.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // There is nobody to report a failure to.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// With no arguments it is a durable local store in the folder where it is started, and says so; as
/// JSON, if it is to.
#[test]
fn with_no_arguments() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let process = Command::new(PROGRAM)
        .current_dir(dir.path())
        // Another one may have the usual port.
        .env("TIERED_CACHE_LISTEN", "127.0.0.1:0")
        .env("TIERED_CACHE_LOG_FORMAT", "json")
        .stdout(Stdio::null())
        .stderr(File::create(&log).unwrap())
        .spawn();
    let mut running = Running(process.unwrap());
    let text = loop {
        let text = fs::read_to_string(&log).unwrap();
        if text.contains("a durable local store") && text.ends_with('\n') {
            break text;
        }
        let ended = running.0.try_wait().unwrap();
        assert!(ended.is_none(), "it ended with {ended:?}:\n{text}");
        thread::sleep(Duration::from_millis(5));
    };
    assert!(dir.path().join("tiered-cache-data").is_dir());
    let listen = text.lines().find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        Some(line["fields"]["listen"].as_str()?.to_owned())
    });
    let port = listen.unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
    let mut client = Client::connect(port);
    assert_eq!(client.say("SET a 1"), "+OK\r\n");
    let defaults = Command::new(PROGRAM).arg("--print-config").output();
    let defaults = String::from_utf8(defaults.unwrap().stdout).unwrap();
    assert!(
        defaults.contains("listen = \"127.0.0.1:6380\""),
        "{defaults}"
    );
    assert!(defaults.contains("remote = \"none\""), "{defaults}");
}

/// No password shows, at whatever level it logs.
#[test]
fn secrets_stay_secret() {
    let redis = RedisServer::start_with(RedisOptions {
        password: Some("sesame".to_owned()),
        ..RedisOptions::default()
    });
    let args = ["--requirepass", "horse", "--user", "app", "--log", "trace"];
    let sidecar = Sidecar::before(&redis.url(), &args);
    let mut client = sidecar.client();
    assert!(client.say("AUTH almost-horse").starts_with("-WRONGPASS"));
    assert_eq!(client.say("AUTH app horse"), "+OK\r\n");
    assert!(client.say("HELLO 2 AUTH app horse").starts_with("*14"));
    client.say("SET a 1");
    client.say("HSET h f v");
    assert_eq!(client.say("WAIT 1 20000"), ":1\r\n");
    let mut told = sidecar.log();
    for command in [
        "INFO",
        "CONFIG GET *",
        "CLIENT LIST",
        "TIERED.STATS",
        "COMMAND DOCS",
    ] {
        told.push_str(&client.say(command));
    }
    for page in ["/metrics", "/samples", "/", "/ready"] {
        told.push_str(&get(sidecar.metrics, page).1);
    }
    for secret in ["sesame", "horse"] {
        let place = told
            .find(secret)
            .map(|at| &told[at.saturating_sub(200)..at]);
        assert_eq!(place, None, "{secret}");
    }
}

/// The system asks a silent client whether it is still there.
#[test]
fn sockets_are_kept_alive() {
    let sidecar = Sidecar::start(&["--tcp-keepalive", "60s"]);
    let mut client = sidecar.client();
    let config = client.say("CONFIG GET tcp-keepalive");
    assert!(config.ends_with("$2\r\n60\r\n"), "{config}");
    let port = format!(":{:04X}", sidecar.port);
    for _ in 0..500 {
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        let mut sockets = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        // Its side of the connection: established, and its timer the one that keeps it alive.
        let found = sockets
            .find(|socket| socket[1].ends_with(&port) && socket[3] == "01")
            .unwrap();
        // Another timer may run just now: for an acknowledgement.
        if found[5].starts_with("02:") {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("no timer keeps the socket alive");
}
