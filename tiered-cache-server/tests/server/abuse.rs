//! What no client should send, and what the others notice of it: nothing.

use std::time::Duration;

use crate::start::Running;
use crate::support::{Client, RedisServer, Sidecar, packed};

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
        (b"*2147483648\r\n", "invalid multibulk length"),
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

/// The largest value is taken, and one byte more is refused, in Redis's words, by whatever command.
#[test]
fn values_have_a_limit() {
    let sidecar = Sidecar::start(&["--writes-max-value-size", "1 MiB"]);
    let mut client = sidecar.client();
    let largest = vec![b'x'; 1 << 20];
    assert_eq!(client.call(&[b"SET", b"k", &largest]), b"+OK\r\n");
    assert_eq!(client.call(&[b"GET", b"k"]).len(), (1 << 20) + 12);
    let too_long = b"-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
    assert_eq!(client.call(&[b"APPEND", b"k", b"y"]), too_long);
    assert_eq!(
        client.call(&[b"SETRANGE", b"k", b"1048576", b"y"]),
        too_long
    );
    assert_eq!(
        client.call(&[b"SETRANGE", b"k", b"1048575", b"y"]),
        b":1048576\r\n"
    );
    client.try_write(&packed(&[b"SET", b"k", &[&largest[..], b"y"].concat()]));
    let said = client.rest();
    assert_eq!(said, b"-ERR Protocol error: invalid bulk length\r\n");
    assert_eq!(sidecar.client().say("STRLEN k"), ":1048576\r\n");
}

#[test]
fn limits() {
    let sidecar = Sidecar::start(&["--maxclients", "2", "--query-buffer-limit", "1 MiB"]);
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
    assert_eq!(first.say("EXISTS k"), ":0\r\n");
    // There is room again.
    while first.say("CLIENT LIST").matches("id=").count() > 1 {}
    assert_eq!(sidecar.client().say("PING"), "+PONG\r\n");
}

/// Who says nothing for too long goes; who waits for something does not.
#[test]
fn idle_clients_are_disconnected() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &["--timeout", "1s"]);
    let mut idle = sidecar.client();
    let (mut subscriber, mut blocked) = (sidecar.client(), sidecar.client());
    subscriber.write(&packed(&[b"SUBSCRIBE", b"ch"]));
    blocked.write(&packed(&[b"BLPOP", b"list", b"0"]));
    subscriber.reply();
    assert_eq!(idle.rest(), b"");
    // Longer than the others could be idle.
    std::thread::sleep(Duration::from_secs(2));
    let mut direct = Client::connect(redis.port);
    assert_eq!(direct.say("PUBLISH ch hi"), ":1\r\n");
    assert_eq!(direct.say("RPUSH list x"), ":1\r\n");
    assert_eq!(
        subscriber.reply(),
        b"*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$2\r\nhi\r\n"
    );
    assert_eq!(blocked.reply(), b"*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
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
    // With a password, or when it is forced to, it serves there.
    for (flag, value) in [("--force", "true"), ("--requirepass", "horse")] {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let process = std::process::Command::new(env!("CARGO_BIN_EXE_tiered-cache-server"))
            .arg("--home")
            .arg(dir.path().join("home"))
            .args(["--listen", "0.0.0.0:0", flag, value])
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn();
        let mut running = Running(process.unwrap());
        while !std::fs::read_to_string(&log)
            .unwrap()
            .contains("ready for clients")
        {
            assert_eq!(running.0.try_wait().unwrap(), None);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
