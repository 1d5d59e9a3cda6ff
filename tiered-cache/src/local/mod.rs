//! The first level: rows in a local engine.

mod between;
mod change;
pub(crate) mod dead_letter;
pub(crate) mod dirty;
pub(crate) mod event;
mod evict;
mod fill;
mod growth;
pub(crate) mod header;
mod hot;
pub(crate) mod journal;
pub(crate) mod key;
mod kind;
mod mutate;
mod read;
mod replace;
mod settings;
mod space;
mod stripes;
mod sweep;
mod versions;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;
use uuid::Uuid;
use wiredtiger::{Connection, ErrorKind, PooledSession, SessionPool, Table, TableOptions};

use crate::config::{FeedConfig, LocalConfig};
use crate::error::{Error, Result};
use crate::feed::{Attempt, Feed};
use crate::remote::ConnectionId;

pub(crate) use self::change::{Applied, Change, Expiry, Item, Known, Refused};
pub(crate) use self::evict::Entries;
pub(crate) use self::fill::Fetched;
pub(crate) use self::growth::Grown;
use self::growth::Growth;
pub use self::header::Origin;
use self::hot::HotRows;
pub(crate) use self::hot::Lookup;
pub(crate) use self::key::{original, stored};
pub(crate) use self::read::{Copied, Found, Glance, Snapshot, copy, is_dirty, record_of};
pub use self::replace::Replaced;
pub(crate) use self::replace::Replacement;
pub(crate) use self::space::Space;
use self::stripes::{ChangeGuard, RowGuard, StripeGuard, Stripes};
pub(crate) use self::sweep::SweepHand;
pub(crate) use self::versions::Versions;

/// Tables of bytes.
pub(crate) type Bytes2 = Table<Vec<u8>, Vec<u8>>;

/// The local tier at one moment.
pub(crate) type View = wiredtiger::Snapshot<PooledSession>;

const FORMAT: u32 = 1;
const FORMAT_KEY: &str = "format";
const ID_KEY: &str = "cache_id";
const CONNECTIONS_KEY: &str = "connections";

/// The file of the table `entries`.
const ENTRIES_FILE: &str = "entries.wt";

/// The local tier.
pub(crate) struct Local {
    pool: SessionPool,
    /// Key to header and value.
    pub(crate) entries: Bytes2,
    /// Dirty records.
    pub(crate) journal: Bytes2,
    /// Keys that the remote refused for good.
    pub(crate) dead_letters: Bytes2,
    meta: Table<String, Vec<u8>>,
    stripes: Stripes,
    pub(crate) hot: HotRows,
    versions: Versions,
    pub(crate) feed: Arc<Feed>,
    pub(crate) growth: Growth,
    id: Uuid,
    /// Last: it closes when all sessions are gone.
    connection: Connection,
}

impl Local {
    /// Opens the home, and creates what is not there.
    pub(crate) fn open(home: &Path, config: &LocalConfig, feed: &FeedConfig) -> Result<Self> {
        let connection = config
            .connection_options()
            .open(home)
            .map_err(|error| open_error(home, error))?;
        let mut session = connection.open_session()?;
        let meta = session.create_table("meta", &TableOptions::new())?;
        let entries = session.create_table("entries", &config.table_options())?;
        let journal = session.create_table("dirty", &TableOptions::new())?;
        let dead_letters = session.create_table("dead_letters", &TableOptions::new())?;
        check_format(&mut session, &meta)?;
        let id = cache_id(&mut session, &meta)?;
        let versions = Versions::open(session, meta)?;
        Ok(Self {
            pool: connection.session_pool(config.max_sessions),
            feed: Arc::new(Feed::new(feed, versions.start())),
            versions,
            entries,
            journal,
            dead_letters,
            meta,
            stripes: Stripes::new(),
            hot: HotRows::new(config.hot_memory.as_u64())?,
            growth: Growth::default(),
            id,
            connection,
        })
    }

    /// A session, for as long as the guard lives. It waits when all are in use.
    #[inline]
    pub(crate) fn session(&self) -> Result<PooledSession> {
        Ok(self.pool.get()?)
    }

    /// The lock of a key's stripe, for work on its records.
    pub(crate) fn lock(&self, key: &[u8]) -> StripeGuard<'_> {
        self.stripes.lock(key::KeyHash::of(key))
    }

    /// The same to write its row, with what fills under way may overwrite.
    pub(crate) fn lock_row(&self, key: &[u8]) -> RowGuard<'_> {
        self.stripes.lock_row(key::KeyHash::of(key))
    }

    /// The lock of a key's stripe, for a change of its row.
    pub(crate) fn lock_for_change(&self, key: &[u8]) -> ChangeGuard<'_> {
        self.stripes.lock_for_change(key::KeyHash::of(key))
    }

    /// The versions and events of a transaction with so many changes at most. Under the locks of
    /// their stripes.
    pub(crate) fn attempt(&self, changes: usize) -> Attempt<'_> {
        Attempt::new(&self.feed, &self.versions, changes as u64)
    }

    /// The name by which the remote knows the connections of this home.
    pub(crate) fn connection_name(&self) -> String {
        format!("tiered-cache:{}", self.id.as_simple())
    }

    /// The folder on disk.
    pub(crate) fn home(&self) -> &Path {
        self.connection.home()
    }

    /// The connections on which an earlier process may have sent writes.
    pub(crate) fn stored_connections(&self) -> Result<Vec<ConnectionId>> {
        let Some(bytes) = self.session()?.get_owned(&self.meta, CONNECTIONS_KEY)? else {
            return Ok(Vec::new());
        };
        let (ids, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            let length = bytes.len();
            return Err(Error::Corrupt(format!(
                "the stored list of connections has {length} bytes"
            )));
        }
        Ok(ids
            .iter()
            .map(|id| ConnectionId(u64::from_le_bytes(*id)))
            .collect())
    }

    /// Stores the connections on which writes may be under way from now on.
    pub(crate) fn store_connections(&self, ids: &[ConnectionId]) -> Result<()> {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.0.to_le_bytes()).collect();
        Ok(self.session()?.put(&self.meta, CONNECTIONS_KEY, &bytes)?)
    }

    /// How much disk is free where the home lies.
    pub(crate) fn free_disk(&self) -> std::io::Result<ByteSize> {
        let stat = rustix::fs::statvfs(self.home())?;
        Ok(ByteSize::b(stat.f_bavail.saturating_mul(stat.f_frsize)))
    }

    /// The remote's last words about the record of a dead letter.
    pub(crate) fn dead_letter_reason(&self, number: u64) -> Result<Option<String>> {
        let session = self.session()?;
        let from = number.to_be_bytes();
        let mut letters = session.range(&self.dead_letters, &from[..]..)?;
        match letters.next()? {
            Some((key, letter)) if dead_letter::parse_key(key)?.0 == number => {
                Ok(Some(dead_letter::StoredDeadLetter::decode(letter)?.reason))
            }
            _ => Ok(None),
        }
    }

    /// Closes the engine. All that is committed, at any level, is on disk afterwards.
    pub(crate) fn close(self) -> Result<()> {
        let Self {
            pool,
            versions,
            connection,
            ..
        } = self;
        drop(versions);
        drop(pool);
        Ok(connection.close()?)
    }
}

fn open_error(home: &Path, error: wiredtiger::Error) -> Error {
    match error.kind() {
        ErrorKind::Busy => Error::HomeInUse {
            home: home.to_owned(),
            why: error.message().to_owned(),
        },
        _ => Error::Local(error),
    }
}

/// Refuses a home of a later version, before anything in it is touched.
fn check_format(session: &mut wiredtiger::Session, meta: &Table<String, Vec<u8>>) -> Result<()> {
    match session.get_owned(meta, FORMAT_KEY)? {
        None => Ok(session.put(meta, FORMAT_KEY, &FORMAT.to_le_bytes())?),
        Some(bytes) if bytes == FORMAT.to_le_bytes() => Ok(()),
        Some(bytes) => Err(Error::Corrupt(format!(
            "the home has format {bytes:?}, and this version reads {FORMAT}: use the version \
             that wrote it, or another folder"
        ))),
    }
}

/// What tells this home's connections from those of others, made once.
fn cache_id(session: &mut wiredtiger::Session, meta: &Table<String, Vec<u8>>) -> Result<Uuid> {
    if let Some(bytes) = session.get_owned(meta, ID_KEY)? {
        return Uuid::from_slice(&bytes)
            .map_err(|why| Error::Corrupt(format!("the stored id of the cache: {why}")));
    }
    let id = Uuid::new_v4();
    session.put(meta, ID_KEY, id.as_bytes())?;
    Ok(id)
}

/// A part of `ttl` that is up to a quarter shorter, so that what was remembered together is not
/// forgotten together.
fn jittered(ttl: Duration) -> Duration {
    ttl.mul_f64(1.0 - fastrand::f64() / 4.0)
}
