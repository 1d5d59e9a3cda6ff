//! The arguments of a command.

use std::ops::Index;

/// The arguments of a command, its name included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args<'a> {
    pub(super) data: &'a [u8],
    pub(super) ranges: &'a [(usize, usize)],
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

    /// The command that begins at `first`.
    pub(crate) fn tail(&self, first: usize) -> Self {
        Self {
            data: self.data,
            ranges: self.ranges.get(first..).unwrap_or_default(),
        }
    }

    /// The arguments from `first` on.
    pub(crate) fn from(&self, first: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let Self { data, ranges } = self.tail(first);
        ranges.iter().map(move |&(from, to)| &data[from..to])
    }

    /// Whether an argument is this word, in whatever case.
    pub(crate) fn is(&self, index: usize, word: &str) -> bool {
        self.get(index)
            .is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()))
    }
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
