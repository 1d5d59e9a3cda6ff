//! The programs that come with Redis.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::support::{RedisServer, Sidecar};

fn cli(port: u16, args: &[&str], input: &str) -> String {
    let mut process = Command::new("redis-cli")
        .args(["-p", &port.to_string()])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("redis-cli: {error} (in Debian: `redis-tools`)"));
    process
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn redis_cli_works() {
    let behind = RedisServer::start();
    for sidecar in [Sidecar::start(&[]), Sidecar::before(&behind.url(), &[])] {
        let port = sidecar.port;
        let answers = cli(
            port,
            &[],
            "set greeting \"hello world\"\nget greeting\nincr n\nttl n\n",
        );
        assert_eq!(answers, "OK\nhello world\n1\n-1\n");
        assert_eq!(
            cli(port, &["-3", "mget", "greeting", "none"], ""),
            "hello world\n\n"
        );
        // Mass insertion, as the documentation of Redis has it.
        let commands: String = (0..2000)
            .map(|n| format!("*3\r\n$3\r\nSET\r\n$5\r\nm{n:04}\r\n$1\r\nv\r\n"))
            .collect();
        let said = cli(port, &["--pipe"], &commands);
        assert!(said.contains("errors: 0, replies: 2000"), "{said}");
        let scanned: BTreeSet<String> = cli(port, &["--scan", "--pattern", "m*"], "")
            .lines()
            .map(str::to_owned)
            .collect();
        assert_eq!(scanned.len(), 2000);
        assert_eq!(cli(port, &["dbsize"], ""), "2002\n");
        assert_eq!(cli(port, &["flushall"], ""), "OK\n");
        assert_eq!(cli(port, &["dbsize"], ""), "0\n");
        assert_eq!(cli(port, &["get", "m0000"], ""), "\n");
    }
}

/// With a terminal, redis-cli asks for the documentation of commands at its start.
#[test]
fn redis_cli_at_a_terminal() {
    let sidecar = Sidecar::start(&[]);
    // Without a width, it asks the terminal for one.
    let session = format!("stty cols 80 rows 24; redis-cli -p {}", sidecar.port);
    let mut process = Command::new("script")
        .args(["-qec", &session, "/dev/null"])
        .env("TERM", "dumb")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("script: {error} (in Debian: `bsdutils`)"));
    let mut input = process.stdin.take().unwrap();
    let mut output = process.stdout.take().unwrap();
    let mut said = Vec::new();
    for line in ["set a 5\n", "incr a\n", "quit\n"] {
        // It forgets what was typed before its prompt.
        let before = said.len();
        while !said[before..].ends_with(b"> ") {
            let mut byte = [0];
            output.read_exact(&mut byte).unwrap();
            said.push(byte[0]);
        }
        input.write_all(line.as_bytes()).unwrap();
    }
    output.read_to_end(&mut said).unwrap();
    assert!(process.wait().unwrap().success());
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("(integer) 6"), "{said}");
}

#[test]
fn redis_benchmark_works() {
    let behind = RedisServer::start();
    for sidecar in [Sidecar::start(&[]), Sidecar::before(&behind.url(), &[])] {
        let output = Command::new("redis-benchmark")
            .args(["-p", &sidecar.port.to_string(), "-t", "set,get,mset,incr"])
            .args(["-n", "5000", "-r", "500", "-P", "8", "--csv"])
            .output()
            .unwrap_or_else(|error| panic!("redis-benchmark: {error} (in Debian: `redis-tools`)"));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        for test in ["SET", "GET", "MSET (10 keys)", "INCR"] {
            assert!(text.contains(&format!("\"{test}\",")), "{test}: {text}");
        }
        assert!(!text.contains("rror"), "{text}");
    }
}
