//! How a connection comes about.

use std::fmt;
use std::io;
use std::time::Duration;

use futures_util::future::select_ok;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::socket2::{SockRef, TcpKeepalive};
use redis::{
    AsyncConnectionConfig, ConnectionAddr, Pipeline, ProtocolVersion, RedisConnectionInfo, Value,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::AbortHandle;

use super::address::Address;
use super::classify;
use super::config::RedisConfig;
#[cfg(feature = "tls")]
use super::tls::Tls;
use crate::remote::{RemoteError, RemoteErrorKind};

/// How many requests may wait for the connection's task. It holds no memory while they do not.
const QUEUE: usize = 1 << 16;

/// How many bytes are gathered before the socket is asked to take them.
const WRITE_BUFFER: usize = 256 << 10;

/// Opens connections to one server.
pub(super) struct Connector {
    addr: ConnectionAddr,
    pub(super) login: RedisConnectionInfo,
    pub(super) connect_timeout: Duration,
    keepalive: Duration,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Connector {
    pub(super) fn new(config: &RedisConfig) -> Result<Self, RemoteError> {
        let Address { addr, tls, login } = Address::parse(config)?;
        if !tls && !config.tls.is_empty() {
            return Err(RemoteError::new(
                RemoteErrorKind::Protocol,
                "there are TLS files, and the URL is not a rediss:// one",
            ));
        }
        #[cfg(not(feature = "tls"))]
        if tls {
            return Err(RemoteError::new(
                RemoteErrorKind::Protocol,
                "rediss:// needs the crate's feature `tls`, which this build does not have",
            ));
        }
        Ok(Self {
            #[cfg(feature = "tls")]
            tls: match &addr {
                ConnectionAddr::Tcp(host, _) if tls => Some(Tls::new(&config.tls, host)?),
                _ => None,
            },
            addr,
            login: login
                .set_protocol(ProtocolVersion::RESP3)
                .set_lib_name("tiered-cache", env!("CARGO_PKG_VERSION")),
            connect_timeout: config.connect_timeout,
            keepalive: config.tcp_keepalive,
        })
    }

    /// Where the server is, for messages.
    pub(super) fn peer(&self) -> &ConnectionAddr {
        &self.addr
    }

    /// Opens a connection whose requests wait for their answers as long as `response_timeout`.
    pub(super) async fn open(
        &self,
        response_timeout: Option<Duration>,
    ) -> Result<Link, RemoteError> {
        match tokio::time::timeout(self.connect_timeout, self.try_open(response_timeout)).await {
            Ok(link) => link,
            Err(_) => Err(RemoteError::new(
                RemoteErrorKind::Timeout,
                format!("{}: no connection in {:?}", self.addr, self.connect_timeout),
            )),
        }
    }

    async fn try_open(&self, response_timeout: Option<Duration>) -> Result<Link, RemoteError> {
        let stream = self
            .stream()
            .await
            .map_err(|error| classify::io(&error, &self.addr))?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(response_timeout)
            .set_pipeline_buffer_size(QUEUE)
            .set_write_backpressure_boundary(WRITE_BUFFER);
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&self.login, stream, config)
                .await
                .map_err(|error| classify::connect(error, &self.addr))?;
        Ok(Link {
            connection,
            driver: Driver(tokio::spawn(driver).abort_handle()),
        })
    }

    pub(super) async fn stream(&self) -> io::Result<Box<dyn Stream>> {
        match &self.addr {
            ConnectionAddr::Tcp(host, port) => {
                let stream = connect_tcp(host, *port).await?;
                self.tune(&stream)?;
                #[cfg(feature = "tls")]
                if let Some(tls) = &self.tls {
                    return Ok(Box::new(tls.connect(stream).await?));
                }
                Ok(Box::new(stream))
            }
            ConnectionAddr::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
            other => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("no way to connect to {other}"),
            )),
        }
    }

    fn tune(&self, stream: &TcpStream) -> io::Result<()> {
        // Nagle's delay costs a pipeline of small batches about half its throughput.
        stream.set_nodelay(true)?;
        if !self.keepalive.is_zero() {
            let probes = TcpKeepalive::new()
                .with_time(self.keepalive)
                .with_interval((self.keepalive / 3).max(Duration::from_secs(1)));
            SockRef::from(stream).set_tcp_keepalive(&probes)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("addr", &self.addr.to_string())
            .finish_non_exhaustive()
    }
}

/// Tries all addresses of a host at once: one that nobody answers at does not use up the time.
async fn connect_tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let attempts: Vec<_> = tokio::net::lookup_host((host, port))
        .await?
        .map(|addr| Box::pin(TcpStream::connect(addr)))
        .collect();
    if attempts.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the host has no address",
        ));
    }
    Ok(select_ok(attempts).await?.0)
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// A connection. Dropping it closes it, also while requests wait for their answers.
pub(super) struct Link {
    connection: MultiplexedConnection,
    driver: Driver,
}

impl Link {
    pub(super) fn connection(&self) -> MultiplexedConnection {
        self.connection.clone()
    }

    /// Whether the server has not closed it yet.
    pub(super) fn is_open(&self) -> bool {
        !self.driver.0.is_finished()
    }

    /// The answers to `pipeline`, one a command, errors among them.
    pub(super) async fn ask(&self, pipeline: &Pipeline) -> redis::RedisResult<Vec<Value>> {
        self.connection()
            .send_packed_commands(pipeline, 0, pipeline.len())
            .await
    }
}

struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sockets_have_no_delay_and_are_kept_alive() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = RedisConfig {
            url: format!("redis://{}", server.local_addr().unwrap()),
            tcp_keepalive: Duration::from_secs(7),
            ..RedisConfig::default()
        };
        let connector = Connector::new(&config).unwrap();
        let stream = TcpStream::connect(server.local_addr().unwrap())
            .await
            .unwrap();
        assert!(!stream.nodelay().unwrap());
        connector.tune(&stream).unwrap();
        assert!(stream.nodelay().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(7));
    }
}
