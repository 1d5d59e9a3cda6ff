//! Opening a cache.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::TieredCache;
use super::core::Core;
use super::keeper::Keeper;
use super::owner::{Owner, Parts};
use super::upkeep::{Upkeep, look_at_disk};
use crate::breaker::Breaker;
use crate::config::{Config, Durability, ReadModifyWrite};
use crate::counters::Counters;
use crate::error::{Error, Result};
use crate::eviction::{Candidate, EvictionFilter, EvictionScore, Policy, Sketch};
use crate::feed::Herald;
use crate::local::Local;
use crate::local::dirty::{DirtySet, Limits};
use crate::remote::{NoRemote, RemoteStore};
use crate::single_flight::Flights;
use crate::snapshot::Snapshots;
use crate::syncer::Syncer;
use crate::write_behind::{self, Context, Flusher, LaneBoard};

/// How a cache is opened.
///
/// # Examples
/// ```no_run
/// use std::time::Duration;
/// use tiered_cache::{RedisRemote, TieredCache};
///
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let cache = TieredCache::builder("cache-data")
///     .remote(RedisRemote::new("redis://localhost:6379")?)
///     .max_age(Duration::from_secs(30))
///     .open()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    home: PathBuf,
    config: Config,
    remote: Option<Arc<dyn RemoteStore>>,
    policy: Policy,
    local_only: bool,
}

impl Builder {
    pub(super) fn new(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
            config: Config::default(),
            remote: None,
            policy: Policy::default(),
            local_only: false,
        }
    }

    /// The store behind the cache. There is no default.
    pub fn remote(mut self, remote: impl RemoteStore) -> Self {
        self.remote = Some(Arc::new(remote));
        self
    }

    /// No store behind the cache: it is a durable local store.
    ///
    /// Writes are as durable as with a remote, and nothing has to be flushed. Values do not age and
    /// are not evicted, a key that is not here is absent, and this node decides what depends on what
    /// is there. What the settings say of a remote means nothing.
    ///
    /// A home belongs to one of the two kinds of cache for ever.
    pub fn local_only(mut self) -> Self {
        self.local_only = true;
        self
    }

    /// All settings at once, from a file for example.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Changes settings in place.
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// What an `Ok` from a write means: [`durability`](crate::WriteConfig::durability).
    pub fn durability(self, durability: Durability) -> Self {
        self.configure(|config| config.writes.durability = durability)
    }

    /// How long a clean entry counts as equal to the remote's:
    /// [`max_age`](crate::ReadConfig::max_age). Raises `max_stale` where that would be shorter.
    pub fn max_age(self, max_age: Duration) -> Self {
        self.configure(|config| {
            config.reads.max_age = max_age;
            config.reads.max_stale = config.reads.max_stale.max(max_age);
        })
    }

    /// Memory of the local engine's cache: [`cache_size`](crate::LocalConfig::cache_size).
    pub fn cache_size(self, size: bytesize::ByteSize) -> Self {
        self.configure(|config| config.local.cache_size = size)
    }

    /// The most that the home may take of its disk: [`max_disk`](crate::LocalConfig::max_disk).
    pub fn max_disk(self, size: bytesize::ByteSize) -> Self {
        self.configure(|config| config.local.max_disk = size)
    }

    /// Adds a rule for what must not be evicted from the local tier, beside what never is: see
    /// [`EvictionFilter`].
    pub fn keep_local(mut self, filter: impl EvictionFilter) -> Self {
        self.policy.add(filter);
        self
    }

    /// How entries are ranked that may be evicted. Default:
    /// [`DefaultScore`](crate::eviction::DefaultScore).
    pub fn eviction_score(mut self, score: impl EvictionScore) -> Self {
        self.policy.rank_by(score);
        self
    }

    /// Opens the cache. The remote needs not be there.
    ///
    /// What an earlier process left unflushed is taken up again; that costs in proportion to the
    /// unflushed keys, not to the data. After a crash, the engine's own recovery reads its log first.
    ///
    /// # Errors
    /// - [`Config`](Error::Config): a setting is not valid, there is neither a remote nor
    ///   [`local_only`](Self::local_only), there are both, or the home is one of the other kind.
    /// - [`HomeInUse`](Error::HomeInUse): another cache has the home open.
    /// - [`Corrupt`](Error::Corrupt): the home was written by another version, or is damaged.
    /// - [`Local`](Error::Local): the engine cannot open its files.
    ///
    /// # Cancel safety
    /// Cancelled, the cache is opened and closed again in the background.
    pub async fn open(self) -> Result<TieredCache> {
        // Opening can last: on a thread of its own, whatever the executor.
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("cache-open".to_owned())
            .spawn(move || {
                // If nobody waits any more, the cache is closed by being dropped.
                drop(sender.send(self.open_blocking()));
            })
            .map_err(|why| Error::Internal(format!("a thread cannot be started: {why}")))?;
        receiver
            .await
            .map_err(|_| Error::Internal("opening ended in a panic".to_owned()))?
    }

    /// Opens the cache on the calling thread.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_blocking(self) -> Result<TieredCache> {
        let span = tracing::info_span!("open", home = %self.home.display());
        let _entered = span.enter();
        let mut config = self.config;
        config.check()?;
        let remote = match (self.remote, self.local_only) {
            (Some(remote), false) => remote,
            (None, true) => {
                for_local_only(&mut config)?;
                Arc::new(NoRemote)
            }
            (None, false) => {
                return Err(Error::Config(
                    "there is no remote: call `remote` or `local_only` before `open`".to_owned(),
                ));
            }
            (Some(_), true) => {
                return Err(Error::Config(
                    "there is a remote, and the cache is to be `local_only`".to_owned(),
                ));
            }
        };
        let local = Arc::new(Local::open(&self.home, &config.local, &config.feed)?);
        local.check_kind(self.local_only)?;
        let dirty = Arc::new(if self.local_only {
            DirtySet::untracked()
        } else {
            DirtySet::new(
                config.flush.lanes,
                Limits {
                    keys: config.writes.max_dirty_keys,
                    bytes: config.writes.max_dirty_bytes.as_u64(),
                },
            )
        });
        let recovered = write_behind::recover(&local, &dirty)?;
        tracing::info!(
            dirty = recovered.dirty,
            dead_letters = recovered.dead,
            stale = recovered.stale,
            moved = recovered.moved,
            "the local tier is open"
        );
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("cache-io")
            .enable_all()
            .build()
            .map_err(|why| Error::Internal(format!("a runtime cannot be started: {why}")))?;
        let counters = Arc::new(Counters::default());
        let board = Arc::new(LaneBoard::new(config.flush.lanes));
        let (stop, stopped) = watch::channel(false);
        let context = Arc::new(Context {
            local: Arc::clone(&local),
            dirty: Arc::clone(&dirty),
            remote: Arc::clone(&remote),
            config: config.flush.clone(),
            counters: Arc::clone(&counters),
            board: Arc::clone(&board),
            fences: write_behind::Fences::load(&local)?,
            stop: stopped,
        });
        let syncer = Syncer::start(Arc::clone(&local))?;
        let feed = Arc::clone(&local.feed);
        let herald = Herald::start(Arc::clone(&feed))?;
        let core = Arc::new(Core {
            breaker: Breaker::new(&config.reads),
            snapshots: Snapshots::new(config.local.max_sessions / 2),
            frequency: Sketch::new(config.local.frequency_bytes()),
            config,
            local: ArcSwapOption::new(Some(local)),
            dirty,
            feed,
            remote,
            flights: Flights::new(),
            loads: Flights::new(),
            counters,
            board,
            syncer: syncer.handle(),
            runtime: runtime.handle().clone(),
        });
        look_at_disk(&core);
        let mut policy = self.policy;
        if self.local_only {
            // There is nowhere that an entry could come back from.
            policy.add(|entry: &Candidate<'_>| entry.useless);
        }
        let parts = Parts {
            flusher: Flusher::start(&context, stop)?,
            upkeep: Upkeep::start(Arc::clone(&core))?,
            keeper: Keeper::start(&core, policy)?,
            syncer,
            herald,
        };
        Ok(TieredCache {
            owner: Arc::new(Owner {
                core: Arc::clone(&core),
                parts: Mutex::new(Some(parts)),
                runtime: Mutex::new(Some(runtime)),
            }),
            core,
        })
    }
}

/// What the settings are without a remote.
fn for_local_only(config: &mut Config) -> Result<()> {
    if config.writes.durability == Durability::Remote {
        return Err(Error::Config(
            "writes.durability is `remote`, and there is no remote".to_owned(),
        ));
    }
    config.reads.max_age = Duration::MAX;
    config.reads.max_stale = Duration::MAX;
    config.writes.read_modify_write = ReadModifyWrite::Local;
    config.flush.lanes = 1;
    Ok(())
}
