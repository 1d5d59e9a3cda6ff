//! Commands as they come in: arrays of bulk strings, and lines typed by hand.
//!
//! It reads what Redis reads, and refuses the rest with Redis's own words. A command that arrives in
//! pieces is not read twice.

mod args;
mod inline;
#[cfg(test)]
mod tests;

pub(crate) use self::args::{Args, integer};
use self::inline::split;

/// The longest line.
const MAX_LINE: usize = 64 << 10;

/// The largest number of arguments; what they may take together is limited otherwise.
const MAX_ARGS: i64 = i32::MAX as i64;

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
    Wrong(Vec<u8>),
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
                        && memchr::memchr(b'\r', &input[self.at..input.len() - 1]).is_some()
                    {
                        return Err(End::Wrong(
                            [b"expected '$', got '", &[*byte][..], b"'"].concat(),
                        ));
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
                return Step::Wrong(b"too big inline request".to_vec());
            }
            return Step::Incomplete;
        };
        let line = input[..end].strip_suffix(b"\r").unwrap_or(&input[..end]);
        self.line.clear();
        self.ranges.clear();
        self.is_line = true;
        if !split(line, &mut self.line, &mut self.ranges) {
            return Step::Wrong(b"unbalanced quotes in request".to_vec());
        }
        if self.ranges.is_empty() {
            return Step::Nothing(end + 1);
        }
        Step::Command(end + 1)
    }
}

enum End {
    Wrong(Vec<u8>),
    Nothing,
}

fn wrong(why: &str) -> End {
    End::Wrong(why.into())
}
