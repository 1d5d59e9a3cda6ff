//! Thousands of random commands, given to this server and to a real Redis: every reply is the same,
//! byte by byte.

use std::time::Instant;

use crate::random_commands::{Commands, Same, Words, comparison, line};
use crate::support::{Client, RedisServer, Sidecar, packed};

/// How far two times may lie apart, in milliseconds: the two servers get a command at different
/// moments. Times that are given lie farther apart, and so do seconds from milliseconds.
const NEAR: i64 = 300_000;

/// A reply as it has to be the same.
fn shown(reply: &[u8], same: Same) -> String {
    let text = reply.escape_ascii().to_string();
    if same != Same::InAnyOrder {
        return text;
    }
    // Keys have no line ends but one, and a scan of few keys ends with its first step.
    let text = text.strip_suffix("\\r\\n").unwrap_or(&text);
    let mut parts: Vec<&str> = text.split("\\r\\n$").collect();
    parts.sort_unstable();
    parts.join(" ")
}

fn compare(our: &[u8], their: &[u8], words: &Words, number: usize) {
    let same = comparison(words);
    let time = |reply: &[u8]| -> Option<i64> {
        std::str::from_utf8(reply.strip_prefix(b":")?)
            .ok()?
            .trim_end()
            .parse()
            .ok()
    };
    if same == Same::Nearly
        && let (Some(our), Some(their)) = (time(our), time(their))
        && our.min(their) > 0
    {
        let factor = if words[0].to_ascii_lowercase().starts_with(b"p") {
            1
        } else {
            1000
        };
        assert!(
            (our - their).abs() * factor < NEAR,
            "command {number}: {our} and {their}"
        );
        return;
    }
    assert_eq!(
        shown(our, same),
        shown(their, same),
        "command {number}: {}",
        words.join(&b' ').escape_ascii()
    );
}

fn both(ours: &mut Client, theirs: &mut Client, words: &Words, number: usize) {
    let given: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let (our, their) = (ours.call(&given), theirs.call(&given));
    compare(&our, &their, words, number);
}

fn run(
    sidecar: &Sidecar,
    redis: &RedisServer,
    count: usize,
    seed: u64,
    extra: impl Fn(&mut Commands) -> Option<Words>,
) {
    for resp3 in [false, true] {
        let connect = if resp3 {
            Client::connect3
        } else {
            Client::connect
        };
        let (mut ours, mut theirs) = (connect(sidecar.port), connect(redis.port));
        let mut commands = Commands::new(seed + u64::from(resp3));
        for number in 0..count {
            let words = extra(&mut commands).unwrap_or_else(|| commands.next());
            both(&mut ours, &mut theirs, &words, number);
        }
    }
}

#[test]
fn without_a_remote() {
    let sidecar = Sidecar::start(&[]);
    let redis = RedisServer::start();
    run(&sidecar, &redis, 8000, 1, |_| None);
}

#[test]
fn before_a_redis_that_decides() {
    let behind = RedisServer::start();
    let sidecar = Sidecar::before(&behind.url(), &[]);
    let redis = RedisServer::start();
    run(&sidecar, &redis, 4000, 2, other_types);
    // And what is about the connection.
    run(&sidecar, &redis, 2000, 4, |_| None);
}

#[test]
fn before_a_redis_and_deciding_here() {
    let behind = RedisServer::start();
    let sidecar = Sidecar::before(&behind.url(), &["--rmw", "local"]);
    let redis = RedisServer::start();
    run(&sidecar, &redis, 4000, 3, other_types);
}

fn is_about_keys(words: &Words) -> bool {
    // In the reply of a transaction, all is compared byte for byte.
    if comparison(words) != Same::ByteForByte {
        return false;
    }
    let others = [
        "dbsize", "select", "auth", "hello", "client", "config", "command", "acl", "cluster",
    ];
    !others
        .iter()
        .any(|name| words[0].eq_ignore_ascii_case(name.as_bytes()))
}

/// Commands of other types, of keys that are strings as well, and transactions.
fn other_types(commands: &mut Commands) -> Option<Words> {
    if commands.random.bool() {
        // Not inside a transaction: what is about the connection is refused there.
        return std::iter::repeat_with(|| commands.next()).find(is_about_keys);
    }
    let line = commands.pick(&[
        "HSET KEY f v",
        "HGETALL KEY",
        "LPUSH KEY x y",
        "LRANGE KEY 0 -1",
        "SADD KEY m",
        "SMEMBERS KEY",
        "ZADD KEY 1.5 m",
        "ZRANGE KEY 0 -1 WITHSCORES",
        "ZSCORE KEY m",
        "RENAME KEY a",
        "COPY KEY b REPLACE",
        "MULTI",
        "EXEC",
        "DISCARD",
        "WATCH KEY",
        "UNWATCH",
        "LPOP KEY",
        "BLPOP KEY 0.01",
        "SETBIT KEY 3 1",
        "BITCOUNT KEY",
        "LCS a b",
        "EVAL return{redis.call('get',KEYS[1]),1} 1 KEY",
        "HGET KEY",
        "DEL KEY",
        "DEL a b c d e",
        "PFADD KEY x",
        "GETBIT KEY 3",
        "SORT KEY ALPHA",
        "XADD KEY 1-1 f v",
        "XRANGE KEY - +",
    ]);
    let key = commands.key();
    let words = line.split(' ').map(|word| match word {
        "KEY" => key.clone(),
        word => word.into(),
    });
    Some(words.collect())
}

/// Together, in one piece: the replies are in order, and as for one at a time.
#[test]
fn pipelines() {
    in_one_piece(&Sidecar::start(&[]), 9, |commands| commands.next());
}

/// What is done here and what the remote does, in turns: it comes in order, too.
#[test]
fn pipelines_before_a_redis() {
    let behind = RedisServer::start();
    for rmw in ["local", "remote"] {
        let sidecar = Sidecar::before(&behind.url(), &["--rmw", rmw]);
        in_one_piece(&sidecar, 10, |commands| {
            other_types(commands).unwrap_or_else(|| line("PING"))
        });
        sidecar.client().say("FLUSHALL");
    }
}

fn in_one_piece(sidecar: &Sidecar, seed: u64, next: impl Fn(&mut Commands) -> Words) {
    let redis = RedisServer::start();
    let (mut ours, mut theirs) = (sidecar.client(), Client::connect(redis.port));
    let mut commands = Commands::new(seed);
    for round in 0..60 {
        let batch: Vec<Words> = (0..100).map(|_| next(&mut commands)).collect();
        for client in [&mut ours, &mut theirs] {
            let bytes: Vec<u8> = batch
                .iter()
                .flat_map(|words| {
                    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
                    packed(&words)
                })
                .collect();
            client.write(&bytes);
        }
        for words in &batch {
            compare(&ours.reply(), &theirs.reply(), words, round);
        }
    }
}

/// Times that count from now are right to what passes meanwhile.
#[test]
fn relative_expiries() {
    let sidecar = Sidecar::start(&[]);
    let mut client = sidecar.client();
    let number = |reply: String| {
        reply
            .trim_start_matches(':')
            .trim_end()
            .parse::<i64>()
            .unwrap()
    };
    for (set, ms) in [
        ("SET k v EX 100", 100_000),
        ("SET k v PX 100500", 100_500),
        ("SETEX k 200 v", 200_000),
        ("PSETEX k 50000 v", 50_000),
        ("EXPIRE k 300", 300_000),
        ("PEXPIRE k 700000 GT", 700_000),
        ("GETEX k EX 50", 50_000),
    ] {
        if set.starts_with("PEXPIRE") {
            client.say("PERSIST k");
            assert_eq!(client.say(set), ":0\r\n", "never is later than any time");
            client.say("SET k v PX 600000");
        }
        let begun = Instant::now();
        client.say(set);
        let left = number(client.say("PTTL k"));
        let seconds = number(client.say("TTL k"));
        let passed = i64::try_from(begun.elapsed().as_millis()).unwrap() + 1;
        assert!((ms - passed..=ms).contains(&left), "{set}: {left}");
        let near = left - passed - 500..=left + 500;
        assert!(
            near.contains(&(seconds * 1000)),
            "{set}: {seconds} and {left}"
        );
    }
    client.say("SET gone v PX 1");
    while client.say("GET gone") != "$-1\r\n" {}
    assert_eq!(client.say("EXISTS gone"), ":0\r\n");
    assert_eq!(client.say("TTL gone"), ":-2\r\n");
}

/// Whatever bytes come: the replies, and the end, are Redis's.
#[test]
fn bytes_of_any_kind() {
    let sidecar = Sidecar::start(&[]);
    let redis = RedisServer::start();
    let pieces = [
        "*1\r\n",
        "*2\r\n",
        "*3\r\n",
        "*0\r\n",
        "*-1\r\n",
        "*-5\r\n",
        "*",
        "*x\r\n",
        "*2147483647\r\n",
        "*2147483648\r\n",
        "*+1\r\n",
        "* 1\r\n",
        "*01\r\n",
        "*1 \r\n",
        "*99999999999999999999\r\n",
        "$0\r\n\r\n",
        "$1\r\na\r\n",
        "$3\r\nGET\r\n",
        "$3\r\nSET\r\n",
        "$4\r\nPING\r\n",
        "$4\r\nECHO\r\n",
        "$-1\r\n",
        "$x\r\n",
        "$+1\r\na\r\n",
        "$536870913\r\n",
        "$99999999999999999999\r\n",
        "$2\r\nabcd",
        "$1\r\nab\n",
        ":1\r\n",
        "+OK\r\n",
        "\r\n",
        "\n",
        "\r",
        " ",
        "PING\r\n",
        "ping\n",
        "GET a\r\n",
        "get  'a'\r\n",
        "ECHO \"a\\x41\\n\\t\\\\ \\q\"\r\n",
        "ECHO 'it\\'s'\r\n",
        "ECHO \"a\"b\r\n",
        "ECHO \"a\r\n",
        "ECHO 'a\n",
        "ECHO \"\\x4\"\r\n",
        "ECHO a\u{b}b\r\n",
        "SET a b\r\n",
        "ECHO ''\r\n",
        "''\r\n",
        "\u{ff}\r\n",
        "QUIT\r\n",
        "ECHO \"\\\"\r\n",
        "ECHO \"a\" \"b\"\r\n",
    ];
    for seed in 0..1500 {
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes: String = (0..random.usize(1..7))
            .map(|_| pieces[random.usize(..pieces.len())])
            .collect();
        let said = [sidecar.port, redis.port].map(|port| {
            let mut client = Client::connect(port);
            client.write(bytes.as_bytes());
            client.finish();
            client.rest().escape_ascii().to_string()
        });
        assert_eq!(said[0], said[1], "{seed}: {}", bytes.escape_debug());
    }
}
