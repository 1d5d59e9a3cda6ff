//! Replies, in the version of the protocol that the client speaks.

/// The replies of one client, as bytes that wait to be sent.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    /// The client has asked for version 3.
    pub(crate) resp3: bool,
}

impl Reply {
    pub(crate) fn ok(&mut self) {
        self.bytes.extend_from_slice(b"+OK\r\n");
    }

    pub(crate) fn status(&mut self, status: &str) {
        self.line(b'+', status.as_bytes());
    }

    /// An array of lines, as `HELP` subcommands answer.
    pub(crate) fn statuses(&mut self, lines: &[&str]) {
        self.array(lines.len());
        for line in lines {
            self.status(line);
        }
    }

    /// An error: its code and message. Line ends in it become spaces.
    pub(crate) fn error(&mut self, message: &str) {
        self.error_bytes(message.as_bytes());
    }

    /// The same for a message of bytes.
    pub(crate) fn error_bytes(&mut self, message: &[u8]) {
        self.bytes.push(b'-');
        let clean = message.iter().map(|&byte| {
            if matches!(byte, b'\r' | b'\n') {
                b' '
            } else {
                byte
            }
        });
        self.bytes.extend(clean);
        self.end();
    }

    pub(crate) fn integer(&mut self, number: i64) {
        let mut text = itoa::Buffer::new();
        self.line(b':', text.format(number).as_bytes());
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.integer(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A version of the local tier.
    pub(crate) fn version(&mut self, version: u64) {
        self.integer(i64::try_from(version).unwrap_or(i64::MAX));
    }

    pub(crate) fn bulk(&mut self, bytes: &[u8]) {
        self.head(b'$', bytes.len());
        self.bytes.extend_from_slice(bytes);
        self.end();
    }

    /// A text for people: verbatim in version 3.
    pub(crate) fn verbatim(&mut self, text: &str) {
        if !self.resp3 {
            return self.bulk(text.as_bytes());
        }
        self.head(b'=', text.len() + 4);
        self.bytes.extend_from_slice(b"txt:");
        self.bytes.extend_from_slice(text.as_bytes());
        self.end();
    }

    pub(crate) fn null(&mut self) {
        let null: &[u8] = if self.resp3 { b"_\r\n" } else { b"$-1\r\n" };
        self.bytes.extend_from_slice(null);
    }

    pub(crate) fn bulk_or_null(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bulk(bytes),
            None => self.null(),
        }
    }

    /// The head of an array; its parts follow.
    pub(crate) fn array(&mut self, parts: usize) {
        self.head(b'*', parts);
    }

    /// The head of a message that answers no command; version 3 only.
    pub(crate) fn push(&mut self, parts: usize) {
        self.head(b'>', parts);
    }

    /// True or false; version 3 only.
    pub(crate) fn boolean(&mut self, is: bool) {
        let text: &[u8] = if is { b"#t\r\n" } else { b"#f\r\n" };
        self.bytes.extend_from_slice(text);
    }

    /// The head of a map of so many pairs; an array in version 2.
    pub(crate) fn map(&mut self, pairs: usize) {
        if self.resp3 {
            self.head(b'%', pairs);
        } else {
            self.head(b'*', pairs * 2);
        }
    }

    /// The head of a set; an array in version 2.
    pub(crate) fn set(&mut self, parts: usize) {
        self.head(if self.resp3 { b'~' } else { b'*' }, parts);
    }

    fn head(&mut self, kind: u8, number: usize) {
        let mut text = itoa::Buffer::new();
        self.line(kind, text.format(number).as_bytes());
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(text);
        self.end();
    }

    fn end(&mut self) {
        self.bytes.extend_from_slice(b"\r\n");
    }
}
