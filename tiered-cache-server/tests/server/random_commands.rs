//! Random commands of strings, keys, expiry and the connection: right ones, and wrong in all ways.

use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) type Words = Vec<Vec<u8>>;

/// Makes them, the same ones for the same seed; but times are of now.
pub(crate) struct Commands {
    pub(crate) random: fastrand::Rng,
    now: u64,
    /// Times given that count from now.
    relative: u64,
    /// What comes next, whatever chance says.
    next: Vec<Words>,
}

/// Of the connection, and of the server: both have to say the same, to the letter.
const FIXED: &str = include_str!("clients/fixed_commands.txt");

/// Numbers to the processor, at the limits of its long format, and texts that are none.
const FLOATS: &str = "0.5|-0.25|3.0e3|1|-7|0.1|x||1e2|inf|-INF|nan|-nan(1)|Infinity|infinit|1e4932|9e4932|\
                      -1e4932|1e-4951|1e99999999999999999999|0e99999999999999999999|1e-99999999999999999999|.5|\
                      5.|.|-.|+1.5| 1.5|1.5 |1.5\0|1,5|0x|0x.8|0X1P+4|0xg|1e|1e+|1e+2|--1|-0|-0.0|\
                      0.00000000000000001|-0.000000000000000004|123456789012345678901234567890|\
                      0.1234567890123456789012345678901234567890|9223372036854775807|18446744073709551616";

impl Commands {
    pub(crate) fn new(seed: u64) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        Self {
            random: fastrand::Rng::with_seed(seed),
            now,
            relative: 0,
            next: Vec::new(),
        }
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.usize(..from.len())]
    }

    /// One of the texts between bars.
    fn one_of<'a>(&mut self, texts: &'a str) -> &'a str {
        let texts: Vec<&str> = texts.split('|').collect();
        self.pick(&texts)
    }

    /// A word in whatever case.
    fn word(&mut self, from: &[&str]) -> Vec<u8> {
        let mut word: Vec<u8> = self.pick(from).into();
        match self.random.u8(..8) {
            0 => word.make_ascii_lowercase(),
            1 => {
                for byte in word.iter_mut().filter(|_| self.random.bool()) {
                    *byte = byte.to_ascii_lowercase();
                }
            }
            _ => {}
        }
        word
    }

    pub(crate) fn key(&mut self) -> Vec<u8> {
        self.one_of("a|b|c|d|e||\0|k\r\n").into()
    }

    fn keys(&mut self, most: usize) -> Words {
        (0..self.random.usize(..=most))
            .map(|_| self.key())
            .collect()
    }

    fn value(&mut self) -> Vec<u8> {
        match self.random.u8(..9) {
            0 => (0..self.random.usize(..20))
                .map(|_| self.random.u8(..))
                .collect(),
            1 => Vec::new(),
            2 => vec![b'x'; self.random.usize(..300)],
            3 => self.float(),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Vec<u8> {
        self.one_of(
            "0|1|-1|7|10|123|-45|9223372036854775806|9223372036854775807|-9223372036854775807|\
             -9223372036854775808|9223372036854775808|-9223372036854775809|1.5|abc|| 1|1 |+1|01|-0|\
             0x10|1\0",
        )
        .into()
    }

    /// A place in a value. At the last one, a byte makes the value too large.
    fn place(&mut self) -> Vec<u8> {
        self.one_of(
            "0|1|-1|2|5|-3|100|-100|x|1000||9223372036854775807|-9223372036854775808|\
             99999999999999999999|536870912",
        )
        .into()
    }

    fn float(&mut self) -> Vec<u8> {
        let random = &mut self.random;
        match random.u8(..8) {
            0 => format!("{:.*}", random.usize(..25), random.f64() * 1e6 - 5e5).into(),
            1 => format!("{}e{}", random.i64(..), random.i32(-25..25)).into(),
            2 => format!(
                "0x{:x}.{:x}p{}",
                random.u32(..),
                random.u32(..),
                random.i32(-90..40)
            )
            .into(),
            3 => format!("{}e{}", random.u8(..), random.i32(-4960..4940)).into(),
            4 => random.f64().to_string().into(),
            _ => self.one_of(FLOATS).into(),
        }
    }

    /// A time that counts from now, in seconds: none is near another one that is given, so that
    /// which of two is later does not hang on the moments at which they are given.
    fn relative(&mut self) -> u64 {
        self.relative += 1;
        10_000 + self.relative * 7919 % 10_007 * 1000
    }

    /// A unit with a time: from now, exact, or wrong.
    fn expiry(&mut self) -> [Vec<u8>; 2] {
        let at = self.now + self.random.u64(1000..2000);
        let unit = self.word(&["EX", "PX", "EXAT", "PXAT"]);
        let time = match self.random.u8(..4) {
            0 => self
                .one_of("0|-5|x||1.5|9223372036854775807|9223372036854775|-9223372036854775808")
                .to_owned(),
            _ => match unit.to_ascii_uppercase().as_slice() {
                b"EX" => self.relative().to_string(),
                b"PX" => format!("{}789", self.relative()),
                // Over long ago, now and then.
                _ if self.random.u8(..8) == 0 => "1".to_owned(),
                b"EXAT" => at.to_string(),
                _ => format!("{at}123"),
            },
        };
        [unit, time.into()]
    }

    fn set(&mut self) -> Words {
        let mut words = vec![self.word(&["SET"]), self.key(), self.value()];
        while self.random.bool() {
            if self.random.u8(..3) == 0 {
                words.extend(self.expiry());
            } else {
                let options = [
                    "NX", "XX", "GET", "KEEPTTL", "EX", "PERSIST", "IFEQ", "?", "",
                ];
                words.push(self.word(&options));
            }
        }
        words
    }

    fn expire(&mut self) -> Words {
        let command = self.word(&["EXPIREAT", "PEXPIREAT", "EXPIRE", "PEXPIRE"]);
        let at = self.now + self.random.u64(1000..2000);
        let time = match self.random.u8(..6) {
            0 => self
                .one_of("0|-1|-100|x|9223372036854775807|9223372036854775|-9223372036854775808")
                .to_owned(),
            _ => match command.to_ascii_uppercase().as_slice() {
                b"EXPIREAT" => at.to_string(),
                b"PEXPIREAT" => format!("{at}456"),
                b"EXPIRE" => self.relative().to_string(),
                _ => format!("{}321", self.relative()),
            },
        };
        let mut words = vec![command, self.key(), time.into_bytes()];
        while self.random.u8(..3) == 0 {
            words.push(self.word(&["NX", "XX", "GT", "LT", "??", "", "\u{e4}", "a\0b", "a\nb"]));
        }
        words
    }

    fn getex(&mut self) -> Words {
        let mut words = vec![self.word(&["GETEX"]), self.key()];
        if self.random.bool() {
            words.extend(self.expiry());
        }
        if self.random.u8(..4) == 0 {
            words.push(self.word(&["PERSIST", "KEEPTTL", "NX", "EX"]));
        }
        words
    }

    fn setex(&mut self) -> Words {
        let command = self.word(&["SETEX", "PSETEX"]);
        let time = match self.random.u8(..3) {
            0 => self
                .pick(&["0", "-1", "x", "9223372036854775807", "9223372036854775"])
                .into(),
            _ if command.len() == 5 => self.relative().to_string().into(),
            _ => format!("{}654", self.relative()).into(),
        };
        vec![command, self.key(), time, self.value()]
    }

    fn unknown(&mut self) -> Words {
        let mut words = vec![self.word(&["GETT", "NO\0SUCH", "\u{e4}", "A\r\nB", ""])];
        if self.random.u8(..4) == 0 {
            words[0] = vec![b'x'; self.random.usize(100..200)];
        }
        for _ in 0..self.random.u8(..5) {
            words.push(match self.random.u8(..3) {
                0 => self.key(),
                1 => self.value(),
                _ => vec![b'y'; self.random.usize(..150)],
            });
        }
        words
    }

    /// Of all keys: there are few, so that one step of a scan is enough.
    fn keyspace(&mut self) -> Words {
        let pattern = self.one_of("*|?|a*|[a-c]|[^a]|k\\\r*||nosuch");
        match self.random.u8(..12) {
            0..=2 => vec![self.word(&["KEYS"]), pattern.into()],
            // Redis counts keys whose time is over until it comes across them.
            3..=4 => {
                self.next.push(vec![b"DBSIZE".to_vec()]);
                line("SCAN 0 COUNT 1000")
            }
            5..=6 => {
                let mut words = line("SCAN 0 COUNT 1000 MATCH");
                words.push(pattern.into());
                let kinds = [
                    "TYPE string",
                    "TYPE hash",
                    "COUNT",
                    "COUNT 0",
                    "COUNT x",
                    "FOO 1",
                ];
                if self.random.bool() {
                    words.extend(line(self.pick(&kinds)));
                }
                words
            }
            7 => line(self.pick(&[
                "SCAN x",
                "SCAN 1x",
                "SCAN -",
                "SCAN 99999999999999999999",
                "SCAN",
            ])),
            8 => line(self.pick(&["FLUSHALL x", "FLUSHDB SYNC ASYNC", "DBSIZE x"])),
            9 => line(self.pick(&["FLUSHALL", "FLUSHDB", "FLUSHALL SYNC", "flushdb async"])),
            _ => line(self.pick(&["SCAN", "KEYS", "KEYS a b", "SCAN 0 MATCH"])),
        }
    }

    pub(crate) fn next(&mut self) -> Words {
        if let Some(words) = self.next.pop() {
            return words;
        }
        let mut words: Words = match self.random.u8(..28) {
            0..=3 => self.set(),
            4..=5 => vec![self.word(&["GET"]), self.key()],
            6 => [vec![self.word(&["MGET"])], self.keys(4)].concat(),
            7 => {
                let command = self.word(&["MSET", "MSETNX"]);
                let pairs = (0..self.random.usize(1..4)).flat_map(|_| [self.key(), self.value()]);
                [vec![command], pairs.collect()].concat()
            }
            8 => [vec![self.word(&["DEL", "UNLINK"])], self.keys(3)].concat(),
            9 => [vec![self.word(&["EXISTS", "TOUCH"])], self.keys(4)].concat(),
            10 => vec![
                self.word(&["TYPE", "STRLEN", "PERSIST", "GETDEL"]),
                self.key(),
            ],
            11 => vec![self.word(&["INCR", "DECR"]), self.key()],
            12 => vec![self.word(&["INCRBY", "DECRBY"]), self.key(), self.number()],
            13..=14 => vec![self.word(&["INCRBYFLOAT"]), self.key(), self.float()],
            15 => vec![
                self.word(&["APPEND", "SETNX", "GETSET"]),
                self.key(),
                self.value(),
            ],
            16 => vec![
                self.word(&["SETRANGE"]),
                self.key(),
                self.place(),
                self.value(),
            ],
            17 => vec![
                self.word(&["GETRANGE", "SUBSTR"]),
                self.key(),
                self.place(),
                self.place(),
            ],
            18..=19 => vec![
                self.word(&["EXPIRETIME", "PEXPIRETIME", "TTL", "PTTL"]),
                self.key(),
            ],
            20..=22 => self.expire(),
            23 => self.getex(),
            24 => self.setex(),
            25 => match self.random.u8(..3) {
                0 => self.unknown(),
                _ => vec![self.word(&["PING", "ECHO"]), self.value()],
            },
            26 => self.keyspace(),
            _ => {
                let lines: Vec<&str> = FIXED.lines().collect();
                return line(self.pick(&lines));
            }
        };
        // Now and then the wrong number of arguments.
        match self.random.u8(..40) {
            0 => words.truncate(1),
            1 => words.push(b"more".to_vec()),
            2 if words.len() > 1 => words.truncate(words.len() - 1),
            _ => {}
        }
        words
    }
}

pub(crate) fn line(words: &str) -> Words {
    words.split(' ').map(Into::into).collect()
}

/// How a reply has to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Same {
    ByteForByte,
    /// It is a time, which may have begun a little later.
    Nearly,
    /// Keys, in whatever order.
    InAnyOrder,
}

/// How the replies to a command are compared.
pub(crate) fn comparison(words: &Words) -> Same {
    match words[0].to_ascii_lowercase().as_slice() {
        b"ttl" | b"pttl" | b"expiretime" | b"pexpiretime" => Same::Nearly,
        b"keys" | b"scan" => Same::InAnyOrder,
        _ => Same::ByteForByte,
    }
}
