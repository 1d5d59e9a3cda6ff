//! The settings of a Redis remote.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use super::address;

/// The settings of a [`RedisRemote`](super::RedisRemote).
///
/// Credentials show neither in its `Debug` form nor in what is serialized: both have `***`.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// Where the server is: `redis://[user[:password]@]host[:port][/db]`, the same with
    /// `rediss://` for TLS, or `unix:///path[?db=N&user=U&pass=P]`, also as `redis+unix://`.
    ///
    /// Signs in user and password that mean something in a URL are percent-encoded.
    #[serde(serialize_with = "redacted_url")]
    pub url: String,
    /// The user, instead of the one in the URL.
    pub username: Option<String>,
    /// The password, instead of the one in the URL.
    pub password: Option<Password>,
    /// How long a connection may take to come about, with TLS and the greeting.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// How long a read may wait for its answer. After that, the connection is given up.
    ///
    /// Writes have no such limit of their own: their caller sets it.
    #[serde(with = "humantime_serde")]
    pub response_timeout: Duration,
    /// After how much silence TCP begins to probe whether the server is still there. Zero: never.
    #[serde(with = "humantime_serde")]
    pub tcp_keepalive: Duration,
    /// Whether a broken connection of a lane is ended at the server before its successor writes.
    ///
    /// Without it, bytes of the old connection that are still under way may overwrite newer
    /// values. It needs the rights `+client|setname +client|id +client|list +client|kill`, and a
    /// server that knows its clients: switch it off behind a proxy that shares connections.
    pub fencing: bool,
    /// Certificates, for a `rediss://` URL.
    pub tls: RedisTls,
}

/// The files of a TLS connection, in PEM.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisTls {
    /// The authorities that may have signed the server's certificate, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The client's certificate, with its chain; together with [`key_file`](Self::key_file).
    pub cert_file: Option<PathBuf>,
    /// The client's private key; together with [`cert_file`](Self::cert_file).
    pub key_file: Option<PathBuf>,
}

impl RedisTls {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: "redis://127.0.0.1:6379".to_owned(),
            username: None,
            password: None,
            connect_timeout: Duration::from_secs(1),
            response_timeout: Duration::from_millis(500),
            tcp_keepalive: Duration::from_secs(30),
            fencing: true,
            tls: RedisTls::default(),
        }
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Taken apart, so that a new field has to be thought about here.
        let Self {
            url,
            username,
            password,
            connect_timeout,
            response_timeout,
            tcp_keepalive,
            fencing,
            tls,
        } = self;
        f.debug_struct("RedisConfig")
            .field("url", &address::redact(url))
            .field("username", username)
            .field("password", password)
            .field("connect_timeout", connect_timeout)
            .field("response_timeout", response_timeout)
            .field("tcp_keepalive", tcp_keepalive)
            .field("fencing", fencing)
            .field("tls", tls)
            .finish()
    }
}

fn redacted_url<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&address::redact(url))
}

/// A password that no log shows: it is printed and serialized as `***`.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// A password.
    #[must_use]
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// The password itself. Keep it out of logs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(password: String) -> Self {
        Self(password)
    }
}

impl From<&str> for Password {
    fn from(password: &str) -> Self {
        Self::new(password)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(address::REDACTED)
    }
}

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(address::REDACTED)
    }
}
