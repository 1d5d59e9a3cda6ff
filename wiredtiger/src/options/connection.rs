//! Options of a database.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use bytesize::ByteSize;

use crate::callbacks::Callbacks;
use crate::config::{Config, Method, Millis, Seconds};
use crate::connection::Connection;
use crate::error::{Error, ErrorKind, Result};
use crate::options::tuning::Tuning;
use crate::options::{
    CheckpointPolicy, Durability, EvictionOptions, LogOptions, Preset, Statistics,
};
use crate::raw::validate;

/// More than any program has, and less than the engine's arithmetic bears.
const MAX_SESSIONS: u32 = 1_000_000;

/// A text that no message shows.
#[derive(Clone)]
struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// How a database is opened.
///
/// # Examples
/// ```
/// use wiredtiger::{ByteSize, Connection, Durability, EvictionOptions};
///
/// # fn main() -> wiredtiger::Result<()> {
/// # let dir = tempfile::tempdir().expect("a temporary folder");
/// # let home = dir.path().join("home");
/// let connection = Connection::options()
///     .create(true)
///     .cache_size(ByteSize::mib(256))
///     .durability(Durability::Process)
///     .eviction(EvictionOptions::new().dirty_target(60).dirty_trigger(80))
///     .open(&home)?;
/// # connection.close()
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ConnectionOptions {
    create: bool,
    exclusive: bool,
    in_memory: bool,
    read_only: bool,
    salvage: bool,
    cache_size: Option<ByteSize>,
    cache_max_wait: Option<Duration>,
    session_max: Option<u32>,
    durability: Durability,
    log: LogOptions,
    checkpoint: CheckpointPolicy,
    eviction: EvictionOptions,
    statistics: Option<Statistics>,
    secret_key: Option<Secret>,
    mmap: Option<bool>,
    callbacks: Callbacks,
    tuning: Tuning,
    raw: Option<String>,
}

impl ConnectionOptions {
    /// A database that must exist, with a log at [`Durability::Process`], checkpoints by
    /// [`CheckpointPolicy::default`], and the engine's defaults for the rest.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the home, its folder included, when it is not there. Default: off.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// With `create`: fails if the database is there already. Default: off.
    pub fn exclusive(mut self, exclusive: bool) -> Self {
        self.exclusive = exclusive;
        self
    }

    /// Keeps everything in memory: nothing is written, and all is gone at the close. There is no
    /// log, so the durability is [`Durability::Checkpoint`]. Default: off.
    pub fn in_memory(mut self, in_memory: bool) -> Self {
        self.in_memory = in_memory;
        self
    }

    /// Opens for reading only. A database that needs recovery cannot be opened so. Default: off.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Tries to repair a damaged database while opening it; what cannot be read is lost.
    /// Default: off.
    pub fn salvage(mut self, salvage: bool) -> Self {
        self.salvage = salvage;
        self
    }

    /// The size of the cache, 1 MB to 10 TB. It is a goal: pages in use come on top.
    /// Default: 100 MB.
    pub fn cache_size(mut self, size: ByteSize) -> Self {
        self.cache_size = Some(size);
        self
    }

    /// How long an operation of a transaction waits for room in a full cache before it fails. Rounded
    /// up to milliseconds. Default: without limit, and then also when the disk fails and the threads
    /// that make room are gone.
    pub fn cache_max_wait(mut self, wait: Duration) -> Self {
        self.cache_max_wait = Some(wait);
        self
    }

    /// How many sessions can be open, about; the engine keeps some more for itself. Up to a
    /// million. Default: 100.
    pub fn session_max(mut self, sessions: u32) -> Self {
        self.session_max = Some(sessions);
        self
    }

    /// What a commit survives when its transaction does not say otherwise, and each single
    /// operation outside a transaction. Default: [`Durability::Process`].
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The log.
    pub fn log(mut self, log: LogOptions) -> Self {
        self.log = log;
        self
    }

    /// When checkpoints are taken.
    pub fn checkpoint(mut self, policy: CheckpointPolicy) -> Self {
        self.checkpoint = policy;
        self
    }

    /// How the cache is kept below its size.
    pub fn eviction(mut self, eviction: EvictionOptions) -> Self {
        self.eviction = eviction;
        self
    }

    /// The settings of a preset for the log and for how the cache is kept below its size.
    pub fn preset(self, preset: Preset) -> Self {
        self.log(preset.log()).eviction(preset.eviction())
    }

    /// Which statistics are kept. Default: [`Statistics::None`].
    pub fn statistics(mut self, statistics: Statistics) -> Self {
        self.statistics = Some(statistics);
        self
    }

    /// Encrypts all files with the feature `sodium`. `secret_key` is 32 bytes in hexadecimal; the
    /// database cannot be opened without it, and it is never in a message of this crate.
    pub fn encryption(mut self, secret_key: impl Into<String>) -> Self {
        self.secret_key = Some(Secret(secret_key.into()));
        self
    }

    /// Reads files through memory maps. Default: on.
    pub fn mmap(mut self, on: bool) -> Self {
        self.mmap = Some(on);
        self
    }

    /// Settings of `wiredtiger_open` in the engine's own language, for what has no method here.
    /// Checked when the database is opened.
    pub fn raw(mut self, settings: impl Into<String>) -> Self {
        self.raw = Some(settings.into());
        self
    }

    /// Whether these are settings that the engine knows, with values of their ranges: what can be
    /// told without opening a database, for a program that checks its own settings.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the message says which setting.
    ///
    /// # Examples
    /// ```
    /// use wiredtiger::{ByteSize, Connection};
    ///
    /// let options = Connection::options().cache_size(ByteSize::gib(1));
    /// assert!(options.validate().is_ok());
    /// assert!(options.raw("eviction_targett=80").validate().is_err());
    /// ```
    pub fn validate(&self) -> Result<()> {
        validate(c"wiredtiger_open", &self.config(true)?.finish())
    }

    /// Opens the database in the folder `home`.
    ///
    /// The folder's own `WiredTiger.config`, which an administrator may have put there, is read
    /// by the engine and can name native code to load: open only homes you trust.
    ///
    /// # Errors
    /// - [`NotFound`](crate::ErrorKind::NotFound): there is no database, and
    ///   [`create`](Self::create) is off.
    /// - [`Busy`](crate::ErrorKind::Busy): this process has the home open, under whatever
    ///   spelling, or another process has.
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument): a setting is not valid.
    /// - [`TrySalvage`](crate::ErrorKind::TrySalvage): files are damaged or missing.
    /// - [`Io`](crate::ErrorKind::Io): the operating system refused; the message says what.
    pub fn open(&self, home: impl AsRef<Path>) -> Result<Connection> {
        Connection::open_with(home.as_ref(), self)
    }

    /// Opens a database that lives in memory only; each call makes a new one.
    ///
    /// # Errors
    /// As for [`open`](Self::open), as far as settings are concerned.
    pub fn open_in_memory(&self) -> Result<Connection> {
        Connection::open_with(Path::new(""), &self.clone().create(true).in_memory(true))
    }

    pub(crate) fn creates(&self) -> bool {
        self.create
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    pub(crate) fn salvages(&self) -> bool {
        self.salvage
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.in_memory
    }

    /// The default level, as it is possible: no log outlives a database in memory.
    pub(crate) fn effective_durability(&self) -> Durability {
        if self.in_memory {
            Durability::Checkpoint
        } else {
            self.durability
        }
    }

    pub(crate) fn callbacks(&self) -> &Callbacks {
        &self.callbacks
    }

    pub(super) fn tuning_mut(&mut self) -> &mut Tuning {
        &mut self.tuning
    }

    pub(super) fn callbacks_mut(&mut self) -> &mut Callbacks {
        &mut self.callbacks
    }

    /// The configuration, with or without a log; the salvage of a home that is there comes later.
    pub(crate) fn config(&self, logged: bool) -> Result<Config> {
        let mut config = Config::new();
        config.set("create", self.create);
        for (key, on) in [
            ("exclusive", self.exclusive),
            ("in_memory", self.in_memory),
            ("readonly", self.read_only),
        ] {
            if on {
                config.set(key, true);
            }
        }
        config.set_opt("cache_size", self.cache_size);
        config.set_opt("cache_max_wait_ms", self.cache_max_wait.map(Millis));
        if self.session_max.is_some_and(|max| max > MAX_SESSIONS) {
            // The engine adds its own and does not notice when that is too much.
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "configuration",
                format!("session_max: at most {MAX_SESSIONS} are possible"),
            ));
        }
        config.set_opt("session_max", self.session_max);
        config.set_opt("mmap", self.mmap);
        config.set_opt("statistics", self.statistics.map(Statistics::words));
        self.eviction.write(&mut config)?;
        self.tuning.write(&mut config)?;
        if !self.in_memory && !self.read_only {
            config.group("checkpoint", |checkpoint| {
                checkpoint.set("wait", Seconds(self.checkpoint.every));
                // The engine refuses a log size without a log.
                if logged {
                    checkpoint.set("log_size", self.checkpoint.log_size);
                }
                Ok(())
            })?;
        }
        if logged {
            self.log.write(&mut config)?;
        }
        self.callbacks.check()?;
        if let Some((name, _)) = self.callbacks.encryptors.first() {
            config.group("encryption", |encryption| {
                encryption.quoted("name", name)?;
                Ok(())
            })?;
        }
        if let Some(Secret(key)) = &self.secret_key {
            if !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "configuration",
                    "the secret key of the encryption is not hexadecimal",
                ));
            }
            config.group("encryption", |encryption| {
                encryption.set("name", "sodium").quoted("secretkey", key)?;
                Ok(())
            })?;
        }
        // The tests run once more with the engine's debug settings: see CONTRIBUTING.md.
        #[cfg(feature = "asan")]
        if let Ok(settings) = std::env::var("WIREDTIGER_TEST_DEBUG_MODE") {
            config.raw(Method::Open, &format!("debug_mode=({settings})"))?;
        }
        if let Some(raw) = &self.raw {
            config.raw(Method::Open, raw)?;
        }
        // Last, because the later of two settings holds: what the types promise.
        config.group("log", |log| {
            log.set("enabled", logged);
            Ok(())
        })?;
        config.group("transaction_sync", |sync| {
            sync.set(
                "enabled",
                self.effective_durability() >= Durability::Process,
            );
            let flush = self.effective_durability() == Durability::Disk;
            sync.set("method", if flush { "fsync" } else { "none" });
            Ok(())
        })?;
        Ok(config)
    }
}
