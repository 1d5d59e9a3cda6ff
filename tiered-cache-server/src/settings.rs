//! The settings: one tree, which the file, the environment and the flags all fill.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use serde::{Deserialize, Serialize, Serializer};
use tiered_cache::{Config, RedisConfig};

/// All settings of the server. What a setting means, and its unit, is in [`HELP`].
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) home: PathBuf,
    pub(crate) listen: String,
    pub(crate) unixsocket: PathBuf,
    pub(crate) remote: RemoteUrl,
    pub(crate) user: String,
    pub(crate) requirepass: Secret,
    pub(crate) force: bool,
    pub(crate) threads: usize,
    pub(crate) maxclients: usize,
    #[serde(with = "humantime_serde")]
    pub(crate) timeout: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) write_timeout: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) tcp_keepalive: Duration,
    pub(crate) query_buffer_limit: ByteSize,
    pub(crate) output_buffer: ByteSize,
    #[serde(with = "humantime_serde")]
    pub(crate) forward_timeout: Duration,
    pub(crate) metrics: String,
    #[serde(with = "humantime_serde")]
    pub(crate) drain_timeout: Duration,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    pub(crate) redis: RedisConfig,
    pub(crate) cache: Config,
}

/// What each setting of the server means, for `--help`. Those of the cache are explained in the
/// documentation of `tiered_cache::Config`.
pub(crate) const HELP: [(&str, &str); 19] = [
    (
        "home",
        "The folder of the local tier; it is created when it is not there",
    ),
    (
        "listen",
        "Address and port for clients; empty: none. Not loopback: only with a password",
    ),
    ("unixsocket", "Path of a Unix socket for clients"),
    (
        "remote",
        "What is behind: `none` (a durable local store), `memory` (a twin in this process, for \
         trials), redis://… or rediss://…",
    ),
    ("user", "The name that `AUTH user password` has to give"),
    (
        "requirepass",
        "The password of clients; better in the environment or the file than in a flag",
    ),
    (
        "force",
        "Listen on an address that is not loopback without a password all the same",
    ),
    (
        "threads",
        "Threads that serve clients; 0: half of the processors",
    ),
    ("maxclients", "How many clients may be connected"),
    (
        "timeout",
        "A client that is idle for so long is disconnected; 0s: never",
    ),
    (
        "write_timeout",
        "A client that takes none of its replies for so long is disconnected",
    ),
    (
        "tcp_keepalive",
        "A client that is silent for so long is asked by the system whether it is there; 0s: never",
    ),
    (
        "query_buffer_limit",
        "The largest command, all of its arguments together",
    ),
    (
        "output_buffer",
        "Replies are sent when there are so many; the next commands wait for that",
    ),
    (
        "forward_timeout",
        "How long a command that was sent on to the remote waits for its reply",
    ),
    (
        "metrics",
        "Address and port of /metrics, /health, /ready and the status page; empty: none",
    ),
    (
        "drain_timeout",
        "How long a stopping server waits for the remote to get what is unflushed",
    ),
    (
        "log",
        "What is logged: error, warn, info, debug or trace, also by module: \
         `warn,tiered_cache=debug`",
    ),
    ("log_format", "How: `text` or `json`"),
];

/// How the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            home: "./tiered-cache-data".into(),
            listen: "127.0.0.1:6380".to_owned(),
            unixsocket: PathBuf::new(),
            remote: RemoteUrl("none".to_owned()),
            user: "default".to_owned(),
            requirepass: Secret::default(),
            force: false,
            threads: 0,
            maxclients: 10_000,
            timeout: Duration::ZERO,
            write_timeout: Duration::from_secs(60),
            tcp_keepalive: Duration::from_secs(300),
            query_buffer_limit: ByteSize::gib(1),
            output_buffer: ByteSize::kib(256),
            forward_timeout: Duration::from_secs(30),
            metrics: String::new(),
            drain_timeout: Duration::from_secs(10),
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            redis: RedisConfig::default(),
            cache: Config::default(),
        }
    }
}

/// A text that no log shows: it is printed and serialized as `***`.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown(&self) -> &'static str {
        if self.0.is_empty() { "" } else { "***" }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

/// What is behind the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RemoteKind {
    None,
    Memory,
    Redis,
}

/// `none`, `memory` or a URL. Printed and serialized without its password.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct RemoteUrl(String);

impl RemoteUrl {
    pub(crate) fn kind(&self) -> RemoteKind {
        match self.0.as_str() {
            "" | "none" => RemoteKind::None,
            "memory" => RemoteKind::Memory,
            _ => RemoteKind::Redis,
        }
    }

    /// The settings of the connection to it.
    pub(crate) fn connection(&self, settings: &RedisConfig) -> RedisConfig {
        RedisConfig {
            url: self.0.clone(),
            ..settings.clone()
        }
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind() != RemoteKind::Redis {
            return f.write_str(&self.0);
        }
        // The cache's own settings know how to leave the password out.
        let safe = toml::Table::try_from(self.connection(&RedisConfig::default()))
            .ok()
            .and_then(|table| Some(table.get("url")?.as_str()?.to_owned()));
        f.write_str(safe.as_deref().unwrap_or("***"))
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RemoteUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
