//! A connection for a program that speaks the protocol itself, a proxy for example.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::connect::Stream;
use super::{RedisRemote, classify};
use crate::remote::{RemoteError, RemoteErrorKind};

/// The longest line of a reply to the login.
const LINE: usize = 64 << 10;

/// A connection to the server, logged in, that nothing else uses: bytes of RESP2 go in and come out.
/// Dropping it closes it.
pub struct RawConnection(Box<dyn Stream>);

impl fmt::Debug for RawConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawConnection").finish_non_exhaustive()
    }
}

impl RedisRemote {
    /// Opens a connection for bytes of the protocol, for commands that the cache has no call for. TLS,
    /// user, password and database are those of the settings. It needs a Tokio runtime.
    ///
    /// Whoever changes a key on it has to bring the key's last change there first
    /// ([`flush_key`](crate::TieredCache::flush_key)), and to forget what is here of it afterwards
    /// ([`evict_local`](crate::TieredCache::evict_local)).
    ///
    /// # Errors
    /// The server is not there, or does not accept the login.
    ///
    /// # Cancel safety
    /// Cancel safe: the connection is closed.
    pub async fn open_raw(&self) -> Result<RawConnection, RemoteError> {
        let limit = self.connector.connect_timeout;
        tokio::time::timeout(limit, self.log_in())
            .await
            .unwrap_or_else(|_| {
                Err(RemoteError::new(
                    RemoteErrorKind::Timeout,
                    format!("{}: no connection in {limit:?}", self.connector.peer()),
                ))
            })
    }

    async fn log_in(&self) -> Result<RawConnection, RemoteError> {
        let peer = self.connector.peer();
        let io = |error: io::Error| classify::io(&error, peer);
        let mut connection = RawConnection(self.connector.stream().await.map_err(io)?);
        let login = &self.connector.login;
        let mut words: Vec<Vec<&str>> = Vec::new();
        match (login.username(), login.password()) {
            (Some(user), Some(password)) => words.push(vec!["AUTH", user, password]),
            (None, Some(password)) => words.push(vec!["AUTH", password]),
            (_, None) => {}
        }
        let database = login.db().to_string();
        if login.db() != 0 {
            words.push(vec!["SELECT", &database]);
        }
        for command in words {
            let mut packed = redis::Cmd::new();
            for word in &command {
                packed.arg(*word);
            }
            let packed = packed.get_packed_command();
            connection.0.write_all(&packed).await.map_err(io)?;
            connection.0.flush().await.map_err(io)?;
            let line = connection.line().await.map_err(io)?;
            if line != "+OK" {
                return Err(RemoteError::new(
                    RemoteErrorKind::Credentials,
                    format!("{peer}: {}", line.trim_start_matches('-')),
                ));
            }
        }
        Ok(connection)
    }
}

impl RawConnection {
    async fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        // Byte by byte: nothing behind the line may be taken. It is a line or two a connection.
        while !line.ends_with(b"\r\n") {
            if line.len() == LINE {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "an endless line",
                ));
            }
            line.push(self.0.read_u8().await?);
        }
        line.truncate(line.len() - 2);
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

impl AsyncRead for RawConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for RawConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
