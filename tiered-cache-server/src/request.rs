//! Commands as they come in: arrays of bulk strings, and lines typed by hand.
//!
//! It reads what Redis reads, and refuses the rest with Redis's own words. A command that arrives in
//! pieces is not read twice.

use std::ops::Index;

/// The longest line.
const MAX_LINE: usize = 64 << 10;

/// The largest number of arguments.
const MAX_ARGS: i64 = 1 << 20;

/// What may come in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The largest argument.
    pub(crate) bulk: usize,
    /// Whether the client has said who it is: before, it may only say that.
    pub(crate) trusted: bool,
}

/// What the reader found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A command, of so many bytes; its arguments are there.
    Command(usize),
    /// So many bytes that mean nothing.
    Nothing(usize),
    /// The rest of it has not come yet.
    Incomplete,
    /// Not the protocol: the client is told, and disconnected.
    Wrong(String),
}

/// Reads one command after the other.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    ranges: Vec<(usize, usize)>,
    /// Arguments that have not come yet; `None`: no command has begun.
    left: Option<i64>,
    /// The length of the argument that has begun.
    bulk: Option<usize>,
    /// How far the command has been read.
    at: usize,
    /// The arguments of a line, without quotes.
    line: Vec<u8>,
    is_line: bool,
}

/// The arguments of a command, its name included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args<'a> {
    data: &'a [u8],
    ranges: &'a [(usize, usize)],
}

impl Index<usize> for Args<'_> {
    type Output = [u8];

    fn index(&self, index: usize) -> &[u8] {
        let (from, to) = self.ranges[index];
        &self.data[from..to]
    }
}

impl<'a> Args<'a> {
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&'a [u8]> {
        let (from, to) = *self.ranges.get(index)?;
        self.data.get(from..to)
    }

    /// The arguments from `first` on.
    pub(crate) fn from(&self, first: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let data = self.data;
        let ranges = self.ranges.get(first..).unwrap_or_default();
        ranges.iter().map(move |&(from, to)| &data[from..to])
    }

    /// Whether an argument is this word, in whatever case.
    pub(crate) fn is(&self, index: usize, word: &str) -> bool {
        self.get(index)
            .is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()))
    }
}

impl Reader {
    /// Reads on in `input`, which begins with the command that was begun.
    pub(crate) fn read(&mut self, input: &[u8], limits: Limits) -> Step {
        let Some(first) = input.first() else {
            return Step::Incomplete;
        };
        if self.left.is_none() && *first != b'*' {
            return self.read_line(input);
        }
        match self.read_array(input, limits) {
            Ok(true) => Step::Command(self.at),
            Ok(false) => Step::Incomplete,
            Err(End::Wrong(why)) => Step::Wrong(why),
            Err(End::Nothing) => Step::Nothing(self.at),
        }
    }

    /// The arguments of the command that was read from `input`.
    pub(crate) fn args<'a>(&'a self, input: &'a [u8]) -> Args<'a> {
        Args {
            data: if self.is_line { &self.line } else { input },
            ranges: &self.ranges,
        }
    }

    /// Makes ready for the next command.
    pub(crate) fn next(&mut self) {
        self.ranges.clear();
        self.left = None;
        self.bulk = None;
        self.at = 0;
        self.is_line = false;
        if self.line.capacity() > MAX_LINE {
            self.line = Vec::new();
        }
        if self.ranges.capacity() > 4096 {
            self.ranges = Vec::new();
        }
    }

    /// How many more bytes the argument that has begun has: the buffer can be made large enough.
    pub(crate) fn wanted(&self, present: usize) -> usize {
        self.bulk
            .map_or(0, |length| (self.at + length + 2).saturating_sub(present))
    }

    fn read_array(&mut self, input: &[u8], limits: Limits) -> Result<bool, End> {
        let mut left = match self.left {
            Some(left) => left,
            None => {
                let Some(line) = self.head(input, "mbulk")? else {
                    return Ok(false);
                };
                let count = integer(line).filter(|count| *count <= MAX_ARGS);
                let count = count.ok_or_else(|| wrong("invalid multibulk length"))?;
                if count > 10 && !limits.trusted {
                    return Err(wrong("unauthenticated multibulk length"));
                }
                if count <= 0 {
                    return Err(End::Nothing);
                }
                self.left = Some(count);
                count
            }
        };
        while left > 0 {
            let length = match self.bulk {
                Some(length) => length,
                None => {
                    if let Some(byte) = input.get(self.at)
                        && *byte != b'$'
                        && memchr::memchr(b'\r', &input[self.at..]).is_some()
                    {
                        let byte = char::from(*byte);
                        return Err(wrong(&format!("expected '$', got '{byte}'")));
                    }
                    let Some(line) = self.head(input, "bulk")? else {
                        return Ok(false);
                    };
                    let length = integer(line)
                        .and_then(|length| usize::try_from(length).ok())
                        .filter(|length| *length <= limits.bulk)
                        .ok_or_else(|| wrong("invalid bulk length"))?;
                    if length > 16384 && !limits.trusted {
                        return Err(wrong("unauthenticated bulk length"));
                    }
                    self.bulk = Some(length);
                    length
                }
            };
            if input.len() < self.at + length + 2 {
                return Ok(false);
            }
            self.ranges.push((self.at, self.at + length));
            self.at += length + 2;
            self.bulk = None;
            left -= 1;
            self.left = Some(left);
        }
        Ok(true)
    }

    /// The line of a length, without its first byte; the reader is behind it then.
    fn head<'a>(&mut self, input: &'a [u8], what: &str) -> Result<Option<&'a [u8]>, End> {
        let rest = &input[self.at..];
        let Some(end) = memchr::memchr(b'\r', &rest[..rest.len().min(MAX_LINE + 1)]) else {
            if rest.len() > MAX_LINE {
                return Err(wrong(&format!("too big {what} count string")));
            }
            return Ok(None);
        };
        if rest.len() < end + 2 {
            return Ok(None);
        }
        self.at += end + 2;
        Ok(Some(&rest[1.min(end)..end]))
    }

    fn read_line(&mut self, input: &[u8]) -> Step {
        let Some(end) = memchr::memchr(b'\n', &input[..input.len().min(MAX_LINE + 2)]) else {
            if input.len() > MAX_LINE {
                return Step::Wrong("too big inline request".to_owned());
            }
            return Step::Incomplete;
        };
        let line = input[..end].strip_suffix(b"\r").unwrap_or(&input[..end]);
        self.line.clear();
        self.ranges.clear();
        self.is_line = true;
        if !split(line, &mut self.line, &mut self.ranges) {
            return Step::Wrong("unbalanced quotes in request".to_owned());
        }
        if self.ranges.is_empty() {
            return Step::Nothing(end + 1);
        }
        Step::Command(end + 1)
    }
}

enum End {
    Wrong(String),
    Nothing,
}

fn wrong(why: &str) -> End {
    End::Wrong(why.to_owned())
}

/// A whole number as Redis reads one: no plus, no leading zeros, no spaces.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let strict = match digits {
        [b'0'] => text.len() == 1,
        [b'1'..=b'9', ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !strict {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Splits a line into arguments, with quotes and escapes as redis-cli has them. False: a quote is
/// open.
fn split(line: &[u8], data: &mut Vec<u8>, ranges: &mut Vec<(usize, usize)>) -> bool {
    let is_space = |byte: u8| byte.is_ascii_whitespace() || byte == 0x0b;
    let mut at = 0;
    loop {
        while line.get(at).copied().is_some_and(is_space) {
            at += 1;
        }
        if at == line.len() || line[at] == 0 {
            return true;
        }
        let from = data.len();
        let mut quote = None;
        loop {
            let byte = line.get(at).copied();
            match (quote, byte) {
                (None, None | Some(0)) => break,
                (None, Some(byte)) if is_space(byte) => break,
                (None, Some(byte @ (b'"' | b'\''))) => quote = Some(byte),
                (None, Some(byte)) => data.push(byte),
                (Some(_), None) => return false,
                (Some(open), Some(byte)) if byte == open => {
                    // Behind a quote comes a space, or nothing.
                    if line.get(at + 1).is_some_and(|next| !is_space(*next)) {
                        return false;
                    }
                    at += 1;
                    break;
                }
                (Some(b'"'), Some(b'\\')) => at += escape(&line[at..], data),
                (Some(_), Some(b'\\')) if line.get(at + 1) == Some(&b'\'') => {
                    data.push(b'\'');
                    at += 1;
                }
                (Some(_), Some(byte)) => data.push(byte),
            }
            at += 1;
        }
        ranges.push((from, data.len()));
    }
}

/// What a backslash in double quotes means; the answer is how many bytes it takes besides itself.
fn escape(text: &[u8], data: &mut Vec<u8>) -> usize {
    let hex = |byte: u8| char::from(byte).to_digit(16);
    if let [_, b'x', high, low, ..] = text
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        // Two hexadecimal digits are a byte.
        data.push(u8::try_from(high * 16 + low).unwrap_or(0));
        return 3;
    }
    let Some(byte) = text.get(1) else {
        data.push(b'\\');
        return 0;
    };
    data.push(match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => *other,
    });
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        bulk: 1000,
        trusted: true,
    };

    fn all(mut input: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut reader = Reader::default();
        let mut commands = Vec::new();
        loop {
            match reader.read(input, LIMITS) {
                Step::Command(length) => {
                    commands.push(reader.args(input).from(0).map(<[u8]>::to_vec).collect());
                    input = &input[length..];
                    reader.next();
                }
                Step::Nothing(length) => {
                    input = &input[length..];
                    reader.next();
                }
                Step::Incomplete => return commands,
                Step::Wrong(why) => panic!("{why}"),
            }
        }
    }

    #[test]
    fn commands_of_both_forms() {
        let input = b"*2\r\n$3\r\nGET\r\n$4\r\n\0\r\n\xff\r\n\r\n*0\r\nset a \"x y\\x41\\n\" 'it\\'s'\r\nping\n";
        let commands = all(input);
        let expected: [&[&[u8]]; 3] = [
            &[b"GET", b"\0\r\n\xff"],
            &[b"set", b"a", b"x yA\n", b"it's"],
            &[b"ping"],
        ];
        assert_eq!(commands, expected);
    }

    /// Wherever a command is cut, it is the same command.
    #[test]
    fn commands_in_pieces() {
        let input = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nva\r\nl\r\n";
        let mut reader = Reader::default();
        for end in 0..input.len() {
            assert_eq!(
                reader.read(&input[..end], LIMITS),
                Step::Incomplete,
                "{end}"
            );
        }
        assert_eq!(reader.read(input, LIMITS), Step::Command(input.len()));
        assert_eq!(&reader.args(input)[2], b"va\r\nl");
    }

    #[test]
    fn what_is_not_the_protocol_is_named() {
        let endless = [b"*".as_slice(), &[b'1'; 70_000]].concat();
        let line = vec![b'x'; 70_000];
        for (input, says) in [
            (&b"*x\r\n"[..], "invalid multibulk length"),
            (b"*99999999999999999999\r\n", "invalid multibulk length"),
            (b"*2000000\r\n", "invalid multibulk length"),
            (b"*1\r\n:5\r\n", "expected '$', got ':'"),
            (b"*1\r\n$-1\r\n", "invalid bulk length"),
            (b"*1\r\n$1001\r\n", "invalid bulk length"),
            (b"*1\r\n$+5\r\n", "invalid bulk length"),
            (b"get \"x\r\n", "unbalanced quotes in request"),
            (b"get 'x'y\r\n", "unbalanced quotes in request"),
            (&endless, "too big mbulk count string"),
            (&line, "too big inline request"),
        ] {
            let step = Reader::default().read(input, LIMITS);
            assert_eq!(step, Step::Wrong(says.to_owned()));
        }
        let stranger = Limits {
            trusted: false,
            ..LIMITS
        };
        let step = Reader::default().read(b"*11\r\n", stranger);
        assert_eq!(
            step,
            Step::Wrong("unauthenticated multibulk length".to_owned())
        );
    }

    /// Whatever comes, and however it is cut, there is no panic and no endless loop.
    #[test]
    fn noise() {
        let alphabet = b"*$:+-0123456789\r\n \"'\\xabGET\0\xff";
        for seed in 0..20_000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let length = random.usize(..60);
            let input: Vec<u8> = (0..length)
                .map(|_| alphabet[random.usize(..alphabet.len())])
                .collect();
            let mut reader = Reader::default();
            let mut input = &input[..];
            while let Step::Command(length) | Step::Nothing(length) = reader.read(input, LIMITS) {
                assert!(length > 0 && length <= input.len(), "seed {seed}");
                input = &input[length..];
                reader.next();
            }
        }
    }

    #[test]
    fn integers_are_strict() {
        for good in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
            assert_eq!(integer(good.as_bytes()), good.parse().ok());
        }
        for bad in [
            "",
            "-",
            "+1",
            "01",
            "-0",
            " 1",
            "1 ",
            "9223372036854775808",
            "1.0",
        ] {
            assert_eq!(integer(bad.as_bytes()), None, "{bad}");
        }
    }
}
