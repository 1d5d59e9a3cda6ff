//! Settings, with their units and defaults.

mod check;

use std::time::Duration;

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

/// All settings of a cache. Each has a default; a file names only what differs.
///
/// Durations are read as `"500ms"` or `"1m 30s"`, sizes as `"256 MiB"`. A name that is not known is
/// an error.
///
/// # Examples
/// ```
/// let config: tiered_cache::Config = toml::from_str(
///     r#"
///     [local]
///     cache_size = "1 GiB"
///     [reads]
///     max_age = "30s"
///     [flush]
///     lanes = 4
///     "#,
/// )?;
/// assert_eq!(config.flush.lanes, 4);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The engine and its files.
    pub local: LocalConfig,
    /// Reads, and how old an answer may be.
    pub reads: ReadConfig,
    /// Writes, and how much may be unflushed.
    pub writes: WriteConfig,
    /// The way of writes to the remote.
    pub flush: FlushConfig,
    /// The change feed.
    pub feed: FeedConfig,
}

/// What an `Ok` from a write means. Each level includes the ones before it.
///
/// | level | survives | costs |
/// |---|---|---|
/// | `Buffered` | a clean close; a crash loses what is not yet in the log file | a copy in memory |
/// | `Process` (default) | `kill -9` of the process | one system call |
/// | `Disk` | power loss | a flush of the disk, shared by all who wait for one |
/// | `Remote` | the loss of this machine: the remote has it | a round trip, after `Process` |
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Durability {
    /// Survives a clean close.
    Buffered,
    /// Survives `kill -9` of the process.
    #[default]
    Process,
    /// Survives power loss.
    Disk,
    /// Survives the loss of the machine: acknowledged by the remote. Locally as `Process`.
    Remote,
}

/// The engine and its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LocalConfig {
    /// The most that the home may take of its disk: 16 MiB to 1 PiB. Near it clean entries are
    /// evicted, the ones least wanted first ([`eviction`](crate::eviction)). The files together
    /// stay below it, and at the worst an eighth above it for a moment.
    ///
    /// About three tenths of it are keys and values: a checkpoint writes what has changed beside what
    /// was there, so that the file of the entries is twice as large as they are, and the log and the
    /// records of unflushed keys need their part. [`compression`](Self::compression) makes more
    /// of it. Default: 10 GiB.
    pub max_disk: ByteSize,
    /// The most entries; memories of absent keys and of deletions count. At the worst there are a
    /// sixteenth more for a moment. They are counted in the background after the opening. Default:
    /// none, only `max_disk` counts.
    pub max_entries: Option<u64>,
    /// Memory of the sketch that knows how often keys are wanted, 4 KiB at least. Eight bytes an
    /// entry are enough; with less, more of the wrong ones go. It is taken when the tier is half full.
    /// Default: a 256th of [`max_disk`](Self::max_disk), 256 MiB at most: enough for entries of a
    /// kilobyte.
    pub frequency_memory: Option<ByteSize>,
    /// How the entries are compressed on disk. A home that exists keeps what it was made with.
    /// Default: not at all.
    pub compression: Compression,
    /// Memory of the engine's cache. More data than that lies on disk. Default: 256 MiB.
    pub cache_size: ByteSize,
    /// Memory for copies of rows that are read often, beside the engine's cache: such a read does
    /// not go through the engine. What is wanted least goes. A row of more than a 256th of it, or of
    /// 64 KiB, has no copy. Zero switches them off; 1 TiB at most. Default: 32 MiB.
    pub hot_memory: ByteSize,
    /// How many threads can be inside the engine at a time; further ones wait. Default: 256.
    pub max_sessions: usize,
    /// The time between two checkpoints of the engine. Default: 1 minute.
    #[serde(with = "humantime_serde")]
    pub checkpoint_every: Duration,
    /// How much log is written between two checkpoints at most; never more than a tenth of
    /// [`max_disk`](Self::max_disk). Default: 2 GiB.
    pub checkpoint_log_size: ByteSize,
    /// The size of one file of the engine's log, 1 MiB to 2 GB. Two are there at least, in full size;
    /// of a small [`max_disk`](Self::max_disk) each takes no more than a 64th.
    /// Default: 32 MiB.
    pub log_file_size: ByteSize,
    /// The pause between two walks through all rows that give the space of expired ones back. Zero
    /// switches them off. Default: 1 minute.
    #[serde(with = "humantime_serde")]
    pub sweep_every: Duration,
}

impl Default for LocalConfig {
    fn default() -> Self {
        Self {
            max_disk: ByteSize::gib(10),
            max_entries: None,
            frequency_memory: None,
            compression: Compression::None,
            cache_size: ByteSize::mib(256),
            hot_memory: ByteSize::mib(32),
            max_sessions: 256,
            checkpoint_every: Duration::from_secs(60),
            checkpoint_log_size: ByteSize::gib(2),
            log_file_size: ByteSize::mib(32),
            sweep_every: Duration::from_secs(60),
        }
    }
}

/// How the local entries are compressed on disk.
///
/// Pages of about 8 KiB are compressed when they are written and decompressed when they are read
/// back into the engine's cache; hits there cost nothing more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Compression {
    /// As they are.
    #[default]
    None,
    /// LZ4: the fastest.
    #[cfg(feature = "disk-lz4")]
    Lz4,
    /// Zstandard: smaller, at more of the processor's time.
    #[cfg(feature = "disk-zstd")]
    Zstd,
}

/// What a read does with a clean entry that is older than [`max_age`](ReadConfig::max_age).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnStale {
    /// It asks the remote, and waits for the answer.
    #[default]
    Refetch,
    /// It answers with the old value, marked stale, and one refresh runs in the background.
    Serve,
}

/// Reads, and how old an answer may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadConfig {
    /// How long a clean entry counts as equal to the remote's, which other programs may write.
    /// Default: 1 minute.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
    /// How old a clean entry may be to be served, marked stale, while the remote is away.
    /// Default: 1 hour.
    #[serde(with = "humantime_serde")]
    pub max_stale: Duration,
    /// What a read does with an older entry. Default: `refetch`.
    pub on_stale: OnStale,
    /// How long an absent key is remembered as absent, up to a quarter less by chance. Zero: not
    /// at all. Default: 1 second.
    #[serde(with = "humantime_serde")]
    pub negative_ttl: Duration,
    /// How long a read waits for the remote. Default: 500 ms.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// After so many failures in a row the remote is not asked for a while: reads of what is not
    /// here fail at once. Default: 5.
    pub breaker_failures: u32,
    /// The first such while; it doubles each time, up to [`breaker_pause_max`](Self::breaker_pause_max).
    /// Default: 100 ms.
    #[serde(with = "humantime_serde")]
    pub breaker_pause: Duration,
    /// The longest such while. Default: 2 seconds.
    #[serde(with = "humantime_serde")]
    pub breaker_pause_max: Duration,
}

impl Default for ReadConfig {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(60),
            max_stale: Duration::from_secs(3600),
            on_stale: OnStale::default(),
            negative_ttl: Duration::from_secs(1),
            timeout: Duration::from_millis(500),
            breaker_failures: 5,
            breaker_pause: Duration::from_millis(100),
            breaker_pause_max: Duration::from_secs(2),
        }
    }
}

/// Who decides commands whose effect depends on what is there: counters, conditional sets, appends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReadModifyWrite {
    /// The remote, after the key's own unflushed change: right for any number of nodes, and a round
    /// trip.
    #[default]
    Remote,
    /// This node: at local speed, and also while the remote is away. Only right when no other program
    /// writes these keys: a lock or a counter that two nodes decide by themselves is wrong.
    Local,
}

/// Writes, and how much may be unflushed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WriteConfig {
    /// What an `Ok` means when the call does not say otherwise. Default: `process`.
    pub durability: Durability,
    /// How many keys may be unflushed, dead letters included. Each takes about 100 bytes of
    /// memory. Default: 1 million.
    pub max_dirty_keys: u64,
    /// How many bytes of keys and values may be unflushed. Default: 1 GiB.
    pub max_dirty_bytes: ByteSize,
    /// How much disk must stay free for a key to become unflushed. Looked at once a second.
    /// Default: 256 MiB.
    pub min_free_disk: ByteSize,
    /// How long a write waits for room at one of these limits. Default: 1 second.
    #[serde(with = "humantime_serde")]
    pub wait_for_room: Duration,
    /// How long a write at [`Durability::Remote`] waits for the acknowledgement. Default: 5 s.
    #[serde(with = "humantime_serde")]
    pub remote_timeout: Duration,
    /// Who decides `incr_by`, `set_if` and the like. Default: `remote`.
    pub read_modify_write: ReadModifyWrite,
    /// The largest key. Redis takes 512 MB. Default: 64 KiB.
    pub max_key_size: ByteSize,
    /// The largest value. Redis takes 512 MB (its `proto-max-bulk-len`) and closes the connection
    /// on more, so a larger value must not get in; and never more than a 16th of
    /// [`local.max_disk`](LocalConfig::max_disk). Default: 512 MB.
    pub max_value_size: ByteSize,
}

impl Default for WriteConfig {
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            max_dirty_keys: 1_000_000,
            max_dirty_bytes: ByteSize::gib(1),
            min_free_disk: ByteSize::mib(256),
            wait_for_room: Duration::from_secs(1),
            remote_timeout: Duration::from_secs(5),
            read_modify_write: ReadModifyWrite::default(),
            max_key_size: ByteSize::kib(64),
            max_value_size: ByteSize::mib(512),
        }
    }
}

/// What happens when another program has changed a key that is about to be flushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConflictPolicy {
    /// The write that arrives last at the remote holds. Nobody is told.
    #[default]
    LastArrival,
}

/// The way of writes to the remote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlushConfig {
    /// Ordered streams of writes, each with a connection and a thread. A key is always in the same
    /// one. Default: 2.
    pub lanes: usize,
    /// The largest number of writes in one batch. Default: 512.
    pub batch_commands: usize,
    /// The size at which a batch takes no more. Default: 1 MiB.
    pub batch_bytes: ByteSize,
    /// How many batches of a lane are under way at a time. Default: 2.
    pub batches_in_flight: usize,
    /// How long the first write of a batch waits for others, when there is no backlog.
    /// Default: 2 ms.
    #[serde(with = "humantime_serde")]
    pub linger: Duration,
    /// After so long without an answer the fate of a batch is unknown, and its connection is
    /// given up. Default: 5 seconds.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// The first pause after a failure; it doubles each time. Default: 50 ms.
    #[serde(with = "humantime_serde")]
    pub backoff: Duration,
    /// The longest pause after a failure. Default: 5 seconds.
    #[serde(with = "humantime_serde")]
    pub backoff_max: Duration,
    /// How often a key that the remote refuses is tried before it goes to the dead letters.
    /// Default: 4.
    pub key_attempts: u32,
    /// Writes in a batch while reads wait for the remote. Default: 64.
    pub batch_commands_beside_reads: usize,
    /// What happens when another program has changed the key. Default: `last_arrival`.
    pub conflicts: ConflictPolicy,
}

impl Default for FlushConfig {
    fn default() -> Self {
        Self {
            lanes: 2,
            batch_commands: 512,
            batch_bytes: ByteSize::mib(1),
            batches_in_flight: 2,
            linger: Duration::from_millis(2),
            timeout: Duration::from_secs(5),
            backoff: Duration::from_millis(50),
            backoff_max: Duration::from_secs(5),
            key_attempts: 4,
            batch_commands_beside_reads: 64,
            conflicts: ConflictPolicy::default(),
        }
    }
}

/// The change feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedConfig {
    /// How many events the window holds at most. With 0 there is no window: every watch ends as too
    /// old with the next change, and writes do not copy the values that they replace. Default: 65536.
    pub window_events: usize,
    /// How much memory the events may take: keys, values and values before, and 128 bytes for each
    /// event. Default: 32 MiB.
    pub window_bytes: ByteSize,
    /// How long [`wait_until_fresh`](crate::TieredCache::wait_until_fresh) and its like wait when the
    /// call does not say. Default: 3 seconds.
    #[serde(with = "humantime_serde")]
    pub fresh_timeout: Duration,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self {
            window_events: 1 << 16,
            window_bytes: ByteSize::mib(32),
            fresh_timeout: Duration::from_secs(3),
        }
    }
}
