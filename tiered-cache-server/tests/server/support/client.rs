//! A client that sees bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use redis_protocol::{resp2, resp3};

const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that sends commands and takes replies as they are.
pub struct Client {
    stream: TcpStream,
    input: Vec<u8>,
    pub resp3: bool,
}

impl Client {
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            input: Vec::new(),
            resp3: false,
        }
    }

    /// The same with version 3 of the protocol.
    pub fn connect3(port: u16) -> Self {
        let mut client = Self::connect(port);
        client.write(&packed(&[b"HELLO", b"3"]));
        client.resp3 = true;
        let hello = client.reply();
        assert!(hello.starts_with(b"%"), "{}", hello.escape_ascii());
        client
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Writes what the other side takes; false when it has gone.
    pub fn try_write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// The bytes of the next reply.
    pub fn reply(&mut self) -> Vec<u8> {
        loop {
            if let Some(length) = self.complete() {
                return self.input.drain(..length).collect();
            }
            let mut buffer = [0; 1 << 16];
            let read = self.stream.read(&mut buffer).unwrap();
            let so_far = self.input.escape_ascii();
            assert!(read > 0, "the server hung up; so far: {so_far}");
            self.input.extend_from_slice(&buffer[..read]);
        }
    }

    fn complete(&self) -> Option<usize> {
        if self.input.is_empty() {
            return None;
        }
        if self.resp3 {
            let frame = resp3::decode::complete::decode_range(&self.input).unwrap();
            frame.map(|(_, length)| length)
        } else {
            let frame = resp2::decode::decode_range(&self.input).unwrap();
            frame.map(|(_, length)| length)
        }
    }

    /// Whether exactly this comes next.
    pub fn took(&mut self, reply: &[u8]) -> bool {
        let mut bytes = vec![0; reply.len()];
        self.stream.read_exact(&mut bytes).is_ok() && bytes == reply
    }

    /// Sends a command and takes its reply.
    pub fn call(&mut self, command: &[&[u8]]) -> Vec<u8> {
        self.write(&packed(command));
        self.reply()
    }

    /// The same for words, and for a reply that is text.
    pub fn say(&mut self, line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        String::from_utf8(self.call(&words)).unwrap()
    }

    /// Waits until the remote has everything.
    pub fn flush(&mut self) {
        let report = self.say("TIERED.FLUSH 60000");
        assert!(report.contains("complete\r\n:1\r\n"), "{report}");
    }

    /// All that comes until the server hangs up.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.input);
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the server does not hang up: {error}"),
        }
        rest
    }

    /// Says that nothing more will come.
    pub fn finish(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }
}

/// A command as bytes.
pub fn packed(command: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", command.len()).into_bytes();
    for word in command {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
