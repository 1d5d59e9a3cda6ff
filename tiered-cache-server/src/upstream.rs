//! A client's own connection to the remote: commands go there as they are, and replies come back byte
//! by byte.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use redis_protocol::error::RedisProtocolError;
use redis_protocol::{resp2, resp3};
use tiered_cache::{RawConnection, RedisRemote};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes asked for at a time, at first.
const READ: usize = 16 << 10;

/// How long the remote is waited for when a connection is closed.
const HANG_UP: Duration = Duration::from_secs(2);

pub(crate) struct Upstream {
    connection: RawConnection,
    input: BytesMut,
    output: Vec<u8>,
    resp3: bool,
}

/// A reply of the remote, as it came.
pub(crate) struct Frame {
    pub(crate) bytes: BytesMut,
}

impl Frame {
    /// Whether it is a message that answers no command.
    pub(crate) fn is_push(&self) -> bool {
        self.bytes.first() == Some(&b'>')
    }

    pub(crate) fn is_error(&self) -> bool {
        self.bytes.first() == Some(&b'-')
    }

    /// What a message about subscriptions says of how many there are now; `None` for all other
    /// messages.
    pub(crate) fn subscriptions(&self) -> Option<usize> {
        let mut parts = self.bytes[..].split(|byte| *byte == b'\n');
        let head = parts.next()?;
        if !matches!(head, [b'*' | b'>', b'3', b'\r']) {
            return None;
        }
        let kind = parts.nth(1)?.strip_suffix(b"\r")?;
        if !kind.ends_with(b"subscribe") {
            return None;
        }
        // The number is the last line, whatever bytes the channel has.
        let body = self.bytes.strip_suffix(b"\r\n")?;
        let number = &body[memchr::memrchr(b':', body)? + 1..];
        std::str::from_utf8(number).ok()?.parse().ok()
    }
}

impl Upstream {
    pub(crate) async fn open(remote: &RedisRemote, resp3: bool) -> io::Result<Self> {
        let connection = remote.open_raw().await.map_err(io::Error::other)?;
        let mut upstream = Self {
            connection,
            input: BytesMut::new(),
            output: Vec::new(),
            resp3: false,
        };
        upstream.speak(resp3, &mut Vec::new()).await?;
        Ok(upstream)
    }

    /// Changes the version of the protocol, if it is another one. Messages that come before the reply
    /// are put into `messages`.
    pub(crate) async fn speak(&mut self, resp3: bool, messages: &mut Vec<u8>) -> io::Result<()> {
        if self.resp3 == resp3 {
            return Ok(());
        }
        let version: &[u8] = if resp3 { b"3" } else { b"2" };
        self.send([&b"HELLO"[..], version].into_iter(), 2).await?;
        // The reply comes in the new version already, and version 3 can read the other one.
        self.resp3 = true;
        let reply = loop {
            let frame = self.frame().await?;
            if !frame.is_push() {
                break frame;
            }
            messages.extend_from_slice(&frame.bytes);
        };
        self.resp3 = resp3;
        if reply.is_error() {
            return Err(io::Error::other(
                String::from_utf8_lossy(&reply.bytes).trim_end().to_owned(),
            ));
        }
        Ok(())
    }

    /// Whether the remote has closed it meanwhile, or sent what nobody asked for.
    pub(crate) async fn is_usable(&mut self) -> bool {
        if !self.input.is_empty() {
            return false;
        }
        self.input.reserve(1);
        let read = self.connection.read_buf(&mut self.input);
        // Only a look: nothing is there, as a rule.
        tokio::select! {
            biased;
            _ = read => false,
            () = std::future::ready(()) => true,
        }
    }

    /// Sends a command of `count` arguments.
    pub(crate) async fn send<'a>(
        &mut self,
        args: impl Iterator<Item = &'a [u8]>,
        count: usize,
    ) -> io::Result<()> {
        let mut number = itoa::Buffer::new();
        let mut head = |output: &mut Vec<u8>, kind: u8, length: usize| {
            output.push(kind);
            output.extend_from_slice(number.format(length).as_bytes());
            output.extend_from_slice(b"\r\n");
        };
        self.output.clear();
        head(&mut self.output, b'*', count);
        for argument in args {
            head(&mut self.output, b'$', argument.len());
            self.output.extend_from_slice(argument);
            self.output.extend_from_slice(b"\r\n");
        }
        self.connection.write_all(&self.output).await?;
        self.connection.flush().await?;
        if self.output.capacity() > 1 << 20 {
            self.output = Vec::new();
        }
        Ok(())
    }

    /// Closes it, and waits until the remote has: no command of it is done any more then.
    pub(crate) async fn hang_up(mut self) {
        let closed = async {
            self.connection.shutdown().await?;
            while self.connection.read_buf(&mut self.input).await? > 0 {
                self.input.clear();
            }
            Ok::<_, io::Error>(())
        };
        match tokio::time::timeout(HANG_UP, closed).await {
            Ok(Ok(())) => {}
            // It has ended in another way.
            Ok(Err(error)) => tracing::debug!(%error, "a connection to the remote has broken"),
            Err(_) => tracing::warn!("the remote does not close a connection that it was asked to"),
        }
    }

    /// The next reply or message.
    ///
    /// Cancel safe: what has come stays for the next call.
    pub(crate) async fn frame(&mut self) -> io::Result<Frame> {
        loop {
            if let Some(length) = self.length().map_err(io::Error::other)? {
                return Ok(Frame {
                    bytes: self.input.split_to(length),
                });
            }
            self.fill().await?;
        }
    }

    /// Waits for bytes, and takes all that are there: a long reply is not looked at for each piece.
    async fn fill(&mut self) -> io::Result<()> {
        let before = self.input.len();
        loop {
            let room = READ.max(self.input.len());
            self.input.reserve(room);
            let more = self.input.len() > before;
            let read = self.connection.read_buf(&mut self.input);
            let read = if !more {
                read.await?
            } else {
                tokio::select! {
                    biased;
                    read = read => read?,
                    () = std::future::ready(()) => return Ok(()),
                }
            };
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if self.input.len() >= 2 * before + READ {
                return Ok(());
            }
        }
    }

    fn length(&self) -> Result<Option<usize>, RedisProtocolError> {
        if self.input.is_empty() {
            return Ok(None);
        }
        if self.resp3 {
            let found = resp3::decode::complete::decode_range(&self.input)?;
            Ok(found.map(|(_, length)| length))
        } else {
            let found = resp2::decode::decode_range(&self.input)?;
            Ok(found.map(|(_, length)| length))
        }
    }
}
