//! A Redis server as the second level.

mod address;
mod classify;
mod config;
mod connect;
mod execute;
mod fence;
mod lane;
mod raw;
mod read;
#[cfg(feature = "tls")]
mod tls;
mod transaction;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

pub use self::config::{Password, RedisConfig, RedisTls};
use self::connect::Connector;
use self::lane::RedisLane;
pub use self::raw::RawConnection;
use self::read::Reader;
use super::{ConnectRequest, RemoteAnswers, RemoteError, RemoteLane, RemoteReply, RemoteStore};

/// A Redis server behind the cache.
///
/// Use it when the values of the cache live in Redis (7.0 or newer; 6.2 works, with expiries that
/// are exact only to the round trip) or in a server that speaks its protocol. Nothing is connected
/// before the first read or write; a connection that breaks is replaced by the next call.
///
/// Reads share one connection, each lane of writes has its own. All of them speak RESP3, without
/// Nagle's delay.
///
/// A Redis Cluster is refused: its answers `MOVED` and `CROSSSLOT` need a client that knows slots.
///
/// # Cancel safety
/// A dropped read costs nothing, and the connection goes on. A write that was handed to
/// [`RemoteLane::apply`] may be applied although its future has been dropped.
pub struct RedisRemote {
    url: String,
    fencing: bool,
    connector: Arc<Connector>,
    reader: Reader,
}

impl RedisRemote {
    /// A server by its URL, with defaults for the rest.
    ///
    /// See [`RedisConfig::url`] for the forms a URL may have.
    ///
    /// # Errors
    /// [`RemoteErrorKind::Protocol`](super::RemoteErrorKind::Protocol) if the URL is not valid:
    /// correct it. The message does not contain the password.
    pub fn new(url: impl Into<String>) -> Result<Self, RemoteError> {
        Self::from_config(RedisConfig {
            url: url.into(),
            ..RedisConfig::default()
        })
    }

    /// A server by its settings.
    ///
    /// The files of [`RedisConfig::tls`] are read here, so that a wrong path shows at once;
    /// certificates that were exchanged on disk need a new `RedisRemote`.
    ///
    /// # Errors
    /// [`RemoteErrorKind::Protocol`](super::RemoteErrorKind::Protocol) if the URL or a TLS file is
    /// not valid: correct it. The message does not contain the password.
    pub fn from_config(config: RedisConfig) -> Result<Self, RemoteError> {
        let connector = Arc::new(Connector::new(&config)?);
        Ok(Self {
            url: address::redact(&config.url),
            fencing: config.fencing,
            reader: Reader::new(Arc::clone(&connector), config.response_timeout),
            connector,
        })
    }
}

impl fmt::Debug for RedisRemote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRemote")
            .field("url", &self.url)
            .field("fencing", &self.fencing)
            .finish_non_exhaustive()
    }
}

impl RemoteStore for RedisRemote {
    fn read<'a>(&'a self, keys: &'a [Bytes]) -> BoxFuture<'a, RemoteAnswers> {
        self.reader.read(keys).boxed()
    }

    fn execute<'a>(
        &'a self,
        command: &'a [Bytes],
    ) -> BoxFuture<'a, Result<RemoteReply, RemoteError>> {
        self.reader.execute(command).boxed()
    }

    fn connect<'a>(
        &'a self,
        request: ConnectRequest<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn RemoteLane>, RemoteError>> {
        async move {
            let lane = RedisLane::open(&self.connector, request, self.fencing).await?;
            Ok(Box::new(lane) as Box<dyn RemoteLane>)
        }
        .boxed()
    }
}
