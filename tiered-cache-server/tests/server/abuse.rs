//! What no client should send, and what the others notice of it: nothing.

use std::time::Duration;

use crate::support::{Client, Sidecar, packed};

#[test]
fn malformed_input_is_answered_as_redis_does() {
    let sidecar = Sidecar::start(&["--writes-max-value-size", "1 MiB"]);
    let mut bystander = sidecar.client();
    for (input, says) in [
        (&b"*x\r\n"[..], "invalid multibulk length"),
        (b"*1\r\n:1\r\n", "expected '$', got ':'"),
        (
            b"*2\r\n$3\r\nGET\r\n$99999999999\r\n",
            "invalid bulk length",
        ),
        (b"*1\r\n$-5\r\n", "invalid bulk length"),
        (b"*2000000000\r\n", "invalid multibulk length"),
        (b"set \"a\r\n", "unbalanced quotes in request"),
        (&[b'a'; 70_000], "too big inline request"),
    ] {
        let mut client = sidecar.client();
        // Commands before it are still done.
        client.write(&packed(&[b"PING"]));
        client.try_write(input);
        let said = client.rest();
        let expected = format!("+PONG\r\n-ERR Protocol error: {says}\r\n");
        assert_eq!(
            said.escape_ascii().to_string(),
            expected.as_bytes().escape_ascii().to_string()
        );
        assert_eq!(bystander.say("PING"), "+PONG\r\n");
    }
}

#[test]
fn noise_ends_with_its_client() {
    let sidecar = Sidecar::start(&[]);
    let mut bystander = sidecar.client();
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut client = sidecar.client();
        let alphabet = b"*$:+-0123456789\r\n\r\n \"'GETSETPING\0\xff";
        let noise: Vec<u8> = (0..random.usize(1..400))
            .map(|_| alphabet[random.usize(..alphabet.len())])
            .collect();
        client.try_write(&noise);
        if random.bool() {
            client.finish();
            client.rest();
        }
        assert_eq!(bystander.say("PING"), "+PONG\r\n", "seed {seed}");
    }
}

/// A client that vanishes in the middle of a command leaves nothing behind.
#[test]
fn half_a_command_is_not_done() {
    let sidecar = Sidecar::start(&[]);
    let whole = packed(&[b"SET", b"half", b"value"]);
    for end in 1..whole.len() {
        let mut client = sidecar.client();
        client.write(&whole[..end]);
        client.finish();
        assert_eq!(client.rest(), b"");
    }
    assert_eq!(sidecar.client().say("EXISTS half"), ":0\r\n");
}

/// A client that sends and does not read is not served beyond what fits, and holds nobody up.
#[test]
fn slow_readers_wait_for_themselves() {
    let sidecar = Sidecar::start(&["--write-timeout", "1s"]);
    let mut client = sidecar.client();
    let value = vec![b'x'; 1 << 20];
    client.call(&[b"SET", b"large", &value]);
    let mut greedy = Client::connect(sidecar.port);
    let get = packed(&[b"GET", b"large"]);
    for _ in 0..300 {
        if !greedy.try_write(&get) {
            break;
        }
    }
    // 300 MB of replies: none of them waits in memory.
    for _ in 0..200 {
        assert_eq!(client.say("PING"), "+PONG\r\n");
    }
    let memory = sidecar.resident();
    assert!(memory < 400 << 20, "{memory} bytes are resident");
    // It is disconnected in the end.
    while client.say("CLIENT LIST").matches("id=").count() > 1 {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn limits() {
    let sidecar = Sidecar::start(&[
        "--maxclients",
        "2",
        "--query-buffer-limit",
        "1 MiB",
        "--timeout",
        "300ms",
    ]);
    let mut first = sidecar.client();
    assert_eq!(first.say("PING"), "+PONG\r\n");
    let mut second = sidecar.client();
    assert_eq!(second.say("PING"), "+PONG\r\n");
    let mut third = sidecar.client();
    let said = third.rest();
    assert_eq!(said, b"-ERR max number of clients reached\r\n");
    // Too much for the buffer: disconnected, without a word, as in Redis.
    let large = vec![b'x'; 3 << 20];
    second.try_write(&packed(&[b"SET", b"k", &large]));
    assert_eq!(second.rest(), b"");
    // And one that says nothing.
    assert_eq!(first.rest(), b"");
    let mut again = sidecar.client();
    assert_eq!(again.say("EXISTS k"), ":0\r\n");
}

#[test]
fn passwords() {
    let sidecar = Sidecar::start(&["--requirepass", "right horse", "--user", "app"]);
    let mut client = sidecar.client();
    assert_eq!(client.say("GET a"), "-NOAUTH Authentication required.\r\n");
    let wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
    assert_eq!(client.say("AUTH wrong"), wrong);
    assert_eq!(
        client.call(&[b"AUTH", b"other", b"right horse"]),
        wrong.as_bytes()
    );
    assert!(client.say("HELLO 3").starts_with("-NOAUTH HELLO"));
    assert_eq!(client.call(&[b"AUTH", b"right horse"]), b"+OK\r\n");
    assert_eq!(client.say("GET a"), "$-1\r\n");
    assert_eq!(client.say("RESET"), "+RESET\r\n");
    assert!(client.say("GET a").starts_with("-NOAUTH"));
    let hello = client.call(&[
        b"HELLO",
        b"2",
        b"AUTH",
        b"app",
        b"right horse",
        b"SETNAME",
        b"me",
    ]);
    assert!(hello.starts_with(b"*14\r\n"), "{}", hello.escape_ascii());
    assert_eq!(client.say("CLIENT GETNAME"), "$2\r\nme\r\n");
    // Nobody is told the password.
    for command in ["INFO", "CONFIG GET *", "CLIENT LIST"] {
        assert!(!client.say(command).contains("horse"), "{command}");
    }
    assert!(!sidecar.log().contains("horse"), "{}", sidecar.log());
    // Before the login, nothing large is taken.
    let mut stranger = sidecar.client();
    stranger.write(b"*1\r\n$20000\r\n");
    let said = stranger.rest();
    assert_eq!(
        said,
        b"-ERR Protocol error: unauthenticated bulk length\r\n"
    );
}

#[test]
fn other_addresses_need_a_password() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tiered-cache-server"))
        .args(["--home"])
        .arg(tempfile::tempdir().unwrap().path().join("home"))
        .args(["--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("not a loopback address"), "{said}");
}
