//! Thousands of random commands, given to this server and to a real Redis: every reply is the same,
//! byte by byte.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::{Client, RedisServer, Sidecar};

type Words = Vec<Vec<u8>>;

/// Random commands of strings and expiry.
struct Commands {
    random: fastrand::Rng,
    now: u64,
}

impl Commands {
    fn new(seed: u64) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        Self {
            random: fastrand::Rng::with_seed(seed),
            now,
        }
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.usize(..from.len())]
    }

    fn key(&mut self) -> Vec<u8> {
        self.pick(&["a", "b", "c", "d", "e", "", "\0", "k\r\n"])
            .into()
    }

    fn value(&mut self) -> Vec<u8> {
        match self.random.u8(..8) {
            0 => (0..self.random.usize(..20))
                .map(|_| self.random.u8(..))
                .collect(),
            1 => Vec::new(),
            2 => vec![b'x'; self.random.usize(..300)],
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Vec<u8> {
        self.pick(&[
            "0",
            "1",
            "-1",
            "7",
            "10",
            "123",
            "-45",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "1.5",
            "abc",
            "",
            " 1",
            "+1",
            "01",
            "-0",
        ])
        .into()
    }

    fn small(&mut self) -> Vec<u8> {
        self.pick(&["0", "1", "-1", "2", "5", "-3", "100", "-100", "x", "1000"])
            .into()
    }

    fn float(&mut self) -> Vec<u8> {
        self.pick(&[
            "0.5", "-0.25", "3.0e3", "1", "-7", "0.1", "x", "", "1e2", "inf", "nan",
        ])
        .into()
    }

    /// A unit with a time that is exact, or wrong.
    fn expiry(&mut self) -> [Vec<u8>; 2] {
        let at = self.now + self.random.u64(1000..2000);
        let (unit, time) = match self.random.u8(..8) {
            0 => ("EX", "0".to_owned()),
            1 => ("PX", "-5".to_owned()),
            2 => ("ex", "9223372036854775807".to_owned()),
            3 => ("EXAT", "x".to_owned()),
            4 => ("PXAT", "1".to_owned()),
            5 => ("exat", at.to_string()),
            _ => ("PXAT", format!("{at}123")),
        };
        [unit.into(), time.into()]
    }

    fn set(&mut self) -> Words {
        let mut words = vec![b"SET".to_vec(), self.key(), self.value()];
        while self.random.bool() {
            if self.random.u8(..3) == 0 {
                words.extend(self.expiry());
            } else {
                let option = self.pick(&["NX", "XX", "GET", "KEEPTTL", "nx", "EX", "PERSIST", "?"]);
                words.push(option.into());
            }
        }
        words
    }

    fn expire(&mut self) -> Words {
        let command = self.pick(&["EXPIREAT", "PEXPIREAT", "EXPIRE", "PEXPIRE"]);
        let seconds = self.now + self.random.u64(1000..2000);
        let time = match (command, self.random.u8(..6)) {
            (_, 0) => self
                .pick(&[
                    "0",
                    "-1",
                    "x",
                    "9223372036854775807",
                    "-9223372036854775808",
                ])
                .to_owned(),
            ("EXPIREAT", _) => seconds.to_string(),
            ("PEXPIREAT", _) => format!("{seconds}456"),
            // Relative times differ by the moment: only those that are over already.
            _ => "-100".to_owned(),
        };
        let mut words = vec![command.into(), self.key(), time.into_bytes()];
        while self.random.u8(..3) == 0 {
            words.push(self.pick(&["NX", "XX", "GT", "LT", "gt", "??"]).into());
        }
        words
    }

    fn next(&mut self) -> Words {
        let keys = |commands: &mut Self, most: usize| {
            (0..commands.random.usize(..=most))
                .map(|_| commands.key())
                .collect::<Words>()
        };
        let mut words: Words = match self.random.u8(..26) {
            0..=3 => self.set(),
            4..=5 => vec![b"GET".to_vec(), self.key()],
            6 => [vec![b"MGET".to_vec()], keys(self, 4)].concat(),
            7 => {
                let command = self.pick(&["MSET", "MSETNX", "msetnx"]);
                let pairs = (0..self.random.usize(1..4)).flat_map(|_| [self.key(), self.value()]);
                [vec![command.into()], pairs.collect()].concat()
            }
            8 => [vec![self.pick(&["DEL", "UNLINK"]).into()], keys(self, 3)].concat(),
            9 => [vec![self.pick(&["EXISTS", "TOUCH"]).into()], keys(self, 4)].concat(),
            10 => vec![
                self.pick(&["TYPE", "STRLEN", "PERSIST", "GETDEL"]).into(),
                self.key(),
            ],
            11 => vec![self.pick(&["INCR", "DECR"]).into(), self.key()],
            12 => vec![
                self.pick(&["INCRBY", "DECRBY"]).into(),
                self.key(),
                self.number(),
            ],
            13 => vec![b"INCRBYFLOAT".to_vec(), self.key(), self.float()],
            14 => vec![
                self.pick(&["APPEND", "SETNX", "GETSET"]).into(),
                self.key(),
                self.value(),
            ],
            15 => vec![b"SETRANGE".to_vec(), self.key(), self.small(), self.value()],
            16 => vec![
                self.pick(&["GETRANGE", "SUBSTR"]).into(),
                self.key(),
                self.small(),
                self.small(),
            ],
            17 => vec![self.pick(&["EXPIRETIME", "PEXPIRETIME"]).into(), self.key()],
            18..=20 => self.expire(),
            21 => {
                let mut words = vec![b"GETEX".to_vec(), self.key()];
                if self.random.bool() {
                    words.extend(self.expiry());
                }
                if self.random.u8(..4) == 0 {
                    words.push(self.pick(&["PERSIST", "KEEPTTL", "NX"]).into());
                }
                words
            }
            22 => {
                let command = self.pick(&["SETEX", "PSETEX"]);
                let time = self.pick(&["0", "-1", "x", "9223372036854775807"]).into();
                vec![command.into(), self.key(), time, self.value()]
            }
            23 => vec![self.pick(&["PING", "ECHO"]).into(), self.value()],
            24 => vec![
                self.pick(&["GETT", "NOSUCH"]).into(),
                self.key(),
                self.value(),
            ],
            _ => vec![
                b"SELECT".to_vec(),
                self.pick(&["0", "99", "x", "-1"]).into(),
            ],
        };
        // Now and then the wrong number of arguments.
        match self.random.u8(..40) {
            0 => words.truncate(1),
            1 => words.push(b"more".to_vec()),
            _ => {}
        }
        words
    }
}

fn compare(ours: &mut Client, theirs: &mut Client, words: &Words, number: usize) {
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let (our, their) = (ours.call(&words), theirs.call(&words));
    assert_eq!(
        our.escape_ascii().to_string(),
        their.escape_ascii().to_string(),
        "command {number}: {}",
        words.join(&b' ').escape_ascii()
    );
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
            compare(&mut ours, &mut theirs, &words, number);
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
}

#[test]
fn before_a_redis_and_deciding_here() {
    let behind = RedisServer::start();
    let sidecar = Sidecar::before(&behind.url(), &["--rmw", "local"]);
    let redis = RedisServer::start();
    run(&sidecar, &redis, 4000, 3, other_types);
}

/// Commands of other types, of keys that are strings as well, and transactions. (Not `DBSIZE`: Redis
/// counts keys whose time is over until it comes across them.)
fn other_types(commands: &mut Commands) -> Option<Words> {
    if commands.random.bool() {
        // Not inside a transaction: there is one database.
        return std::iter::repeat_with(|| commands.next()).find(|words| words[0] != b"SELECT");
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
    let sidecar = Sidecar::start(&[]);
    let redis = RedisServer::start();
    let (mut ours, mut theirs) = (sidecar.client(), Client::connect(redis.port));
    let mut commands = Commands::new(9);
    for round in 0..60 {
        let batch: Vec<Words> = (0..100).map(|_| commands.next()).collect();
        for client in [&mut ours, &mut theirs] {
            let bytes: Vec<u8> = batch
                .iter()
                .flat_map(|words| {
                    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
                    crate::support::packed(&words)
                })
                .collect();
            client.write(&bytes);
        }
        for words in &batch {
            let (our, their) = (ours.reply(), theirs.reply());
            assert_eq!(
                our.escape_ascii().to_string(),
                their.escape_ascii().to_string(),
                "round {round}: {}",
                words.join(&b' ').escape_ascii()
            );
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
        ("PSETEX k 5000 v", 5_000),
        ("EXPIRE k 300", 300_000),
        ("PEXPIRE k 7000 GT", 7_000),
        ("GETEX k EX 50", 50_000),
    ] {
        if set.starts_with("PEXPIRE") {
            client.say("PERSIST k");
            assert_eq!(client.say(set), ":0\r\n", "never is later than any time");
            client.say("SET k v PX 1000");
        }
        client.say(set);
        let left = number(client.say("PTTL k"));
        assert!((ms - 4000..=ms).contains(&left), "{set}: {left}");
        let seconds = number(client.say("TTL k"));
        assert!(
            (seconds * 1000 - left).abs() <= 4600,
            "{set}: {seconds} and {left}"
        );
    }
    client.say("SET gone v PX 1");
    while client.say("GET gone") != "$-1\r\n" {}
    assert_eq!(client.say("EXISTS gone"), ":0\r\n");
    assert_eq!(client.say("TTL gone"), ":-2\r\n");
}
