//! The text of a dump that is read, with the number of the line for the messages.

use std::io::BufRead;

use super::LOAD;
use crate::error::{Error, ErrorKind};

pub(super) struct Source<'r> {
    pub(super) input: &'r mut dyn BufRead,
    pub(super) line: u64,
}

impl<'r> Source<'r> {
    pub(super) fn new(input: &'r mut dyn BufRead) -> Self {
        Self { input, line: 0 }
    }

    #[cold]
    pub(super) fn wrong(&self, why: &str) -> Error {
        let text = format!("line {}: {why}", self.line);
        Error::new(ErrorKind::Decode, LOAD, text)
    }

    #[cold]
    pub(super) fn unreadable(&self, why: &std::io::Error) -> Error {
        Error::io(LOAD, format!("line {}", self.line), why)
    }

    /// The error of an entry, with its line. What is no error of the text keeps its kind.
    #[cold]
    pub(super) fn locate(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Encode | ErrorKind::Decode => self.wrong(error.message()),
            _ => error.because(&format!("line {}", self.line)),
        }
    }
}
