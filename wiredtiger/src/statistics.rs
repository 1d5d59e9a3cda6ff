//! What the engine counts.

use std::fmt;

use crate::config::Config;
use crate::connection::Connection;
use crate::error::Result;
use crate::fields::Fields;
use crate::named::Named;
use crate::pack::Pack;
use crate::raw::LooseCursor;
use crate::session::Session;

/// The number by which the engine knows one of its statistics, the same in all databases of a
/// release: [`Statistic::key`] has it, and [`Session::statistic`] asks for it. A few that are often
/// wanted have names here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatisticKey(pub i32);

macro_rules! keys {
    ($($(#[$text:meta])* $name:ident = $constant:ident;)*) => {
        impl StatisticKey {
            $($(#[$text])* pub const $name: Self = Self(wiredtiger_sys::$constant.cast_signed());)*
        }
    };
}

keys! {
    /// Of the connection: bytes in the cache.
    CACHE_BYTES = WT_STAT_CONN_CACHE_BYTES_INUSE;
    /// Of the connection: bytes in the cache that are not written yet.
    CACHE_BYTES_DIRTY = WT_STAT_CONN_CACHE_BYTES_DIRTY;
    /// Of the connection: the size of the cache.
    CACHE_BYTES_MAX = WT_STAT_CONN_CACHE_BYTES_MAX;
    /// Of the connection: pages asked for.
    CACHE_PAGES_REQUESTED = WT_STAT_CONN_CACHE_PAGES_REQUESTED;
    /// Of the connection: pages read from the disk.
    CACHE_READ = WT_STAT_CONN_CACHE_READ;
    /// Of the connection: pages written to the disk.
    CACHE_WRITE = WT_STAT_CONN_CACHE_WRITE;
    /// Of the connection: bytes written to the log.
    LOG_BYTES_WRITTEN = WT_STAT_CONN_LOG_BYTES_WRITTEN;
    /// Of the connection: flushes of the log.
    LOG_SYNC = WT_STAT_CONN_LOG_SYNC;
    /// Of the connection: transactions begun.
    TXN_BEGIN = WT_STAT_CONN_TXN_BEGIN;
    /// Of the connection: transactions committed.
    TXN_COMMIT = WT_STAT_CONN_TXN_COMMIT;
    /// Of the connection: transactions rolled back.
    TXN_ROLLBACK = WT_STAT_CONN_TXN_ROLLBACK;
    /// Of a table: the size of its file in bytes.
    BLOCK_SIZE = WT_STAT_DSRC_BLOCK_SIZE;
    /// Of a table: bytes of its file that later writes will use.
    BLOCK_REUSE_BYTES = WT_STAT_DSRC_BLOCK_REUSE_BYTES;
}

/// What a statistic counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Things, or times that something happened.
    Count,
    /// Bytes.
    Bytes,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Hundredths.
    PerCent,
}

/// One of the engine's statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistic {
    /// The engine's number of it.
    pub key: StatisticKey,
    /// What it is, in the engine's words: `cache: bytes currently in the cache`.
    pub description: String,
    /// The value.
    pub value: i64,
    /// The value as the engine prints it.
    pub printable: String,
}

impl Statistic {
    fn read(cursor: &LooseCursor<'_>) -> Result<Self> {
        let key = Fields::new(cursor.key()?).signed()?;
        let mut fields = Fields::new(cursor.value()?);
        Ok(Self {
            key: StatisticKey(i32::try_from(key).unwrap_or(i32::MAX)),
            description: fields.string()?,
            printable: fields.string()?,
            value: fields.signed()?,
        })
    }

    /// What it is about: `cache`, for example.
    #[must_use]
    pub fn category(&self) -> &str {
        let (category, _) = self.description.split_once(": ").unwrap_or_default();
        category
    }

    /// What it is, without the category: `bytes currently in the cache`.
    #[must_use]
    pub fn name(&self) -> &str {
        let whole = &self.description[..];
        whole.split_once(": ").map_or(whole, |(_, name)| name)
    }

    /// What it counts, as its words say.
    #[must_use]
    pub fn unit(&self) -> Unit {
        let name = self.name();
        let has = |word: &str| name.contains(word);
        // "application thread time evicting (usecs)"; a bucket of a histogram holds a count.
        if has("histogram") || has("bucket") {
            Unit::Count
        } else if has("(usecs)") || has("usecs") {
            Unit::Microseconds
        } else if has("(msecs)") || has("msecs") {
            Unit::Milliseconds
        } else if has("(secs)") || has("(seconds)") {
            Unit::Seconds
        } else if has("percentage") || has("percent") {
            Unit::PerCent
        } else if has("bytes") || has("file size") {
            Unit::Bytes
        } else {
            Unit::Count
        }
    }
}

/// How much the engine does for the statistics of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatisticsLevel {
    /// What the connection was opened with.
    #[default]
    Connection,
    /// Only the size of the file: cheap, and without opening the table.
    Size,
    /// Those that cost little.
    Fast,
    /// Those, and what a walk through the pages in memory tells.
    CacheWalk,
    /// Those, and what a walk through all pages tells.
    TreeWalk,
    /// All. The connection must have been opened with
    /// [`Statistics::All`](crate::Statistics::All).
    All,
}

impl StatisticsLevel {
    fn config(self) -> Config {
        let words = match self {
            Self::Connection => None,
            Self::Size => Some("(size)"),
            Self::Fast => Some("(fast)"),
            Self::CacheWalk => Some("(cache_walk)"),
            Self::TreeWalk => Some("(tree_walk)"),
            Self::All => Some("(all)"),
        };
        let mut config = Config::new();
        config.set_opt("statistics", words);
        config
    }
}

/// Statistics, as they were when this was made.
pub struct StatisticsIter<'s> {
    cursor: LooseCursor<'s>,
}

impl Session {
    /// The statistics of the whole database.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the connection keeps none, or not
    /// these; see [`ConnectionOptions::statistics`](crate::ConnectionOptions::statistics).
    pub fn statistics(&self) -> Result<StatisticsIter<'_>> {
        self.open_statistics("statistics:", StatisticsLevel::Connection)
    }

    /// The statistics of a table.
    ///
    /// # Errors
    /// As for [`statistics`](Self::statistics), and [`NotFound`](crate::ErrorKind::NotFound) for a
    /// table that is not there.
    pub fn table_statistics<T: Named + ?Sized>(
        &self,
        table: &T,
        level: StatisticsLevel,
    ) -> Result<StatisticsIter<'_>> {
        let uri = table.uri(self)?.0;
        self.open_statistics(&format!("statistics:{}", uri.to_string_lossy()), level)
    }

    /// The statistics of this session.
    ///
    /// # Errors
    /// As for [`statistics`](Self::statistics).
    pub fn session_statistics(&self) -> Result<StatisticsIter<'_>> {
        self.open_statistics("statistics:session", StatisticsLevel::Connection)
    }

    /// One statistic of the whole database; nothing when there is none of this key.
    ///
    /// # Errors
    /// As for [`statistics`](Self::statistics).
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// use wiredtiger::{Connection, StatisticKey, Statistics};
    ///
    /// let connection = Connection::options().statistics(Statistics::Fast).open_in_memory()?;
    /// let session = connection.open_session()?;
    /// let size = session.statistic(StatisticKey::CACHE_BYTES_MAX)?.map(|found| found.value);
    /// assert_eq!(size, Some(100 << 20));
    /// # Ok(())
    /// # }
    /// ```
    pub fn statistic(&self, key: StatisticKey) -> Result<Option<Statistic>> {
        let mut statistics = self.statistics()?;
        let mut packed = Vec::new();
        i32::append(key.0, true, &mut packed)?;
        if !statistics.cursor.search(&packed)? {
            return Ok(None);
        }
        Statistic::read(&statistics.cursor).map(Some)
    }

    fn open_statistics(&self, uri: &str, level: StatisticsLevel) -> Result<StatisticsIter<'_>> {
        // Made of words of this crate and a URI that has been checked: it holds no NUL.
        let uri = std::ffi::CString::new(uri).unwrap_or_default();
        let cursor = self.raw().open_loose(&uri, &level.config().finish())?;
        Ok(StatisticsIter { cursor })
    }
}

impl Connection {
    /// The statistics of the database.
    ///
    /// # Errors
    /// As for [`Session::statistics`] and [`open_session`](Self::open_session).
    pub fn statistics(&self) -> Result<Vec<Statistic>> {
        self.open_session()?.statistics()?.collect()
    }
}

impl Iterator for StatisticsIter<'_> {
    type Item = Result<Statistic>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.cursor.next() {
            Ok(false) => None,
            Ok(true) => Some(Statistic::read(&self.cursor)),
            Err(error) => Some(Err(error)),
        }
    }
}

impl fmt::Debug for StatisticsIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatisticsIter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_parts_and_units() {
        let of = |description: &str| Statistic {
            key: StatisticKey(0),
            description: description.into(),
            value: 0,
            printable: String::new(),
        };
        let bytes = of("cache: bytes currently in the cache");
        assert_eq!(bytes.category(), "cache");
        assert_eq!(bytes.name(), "bytes currently in the cache");
        assert_eq!(bytes.unit(), Unit::Bytes);
        assert_eq!(
            of("log: log sync time duration (usecs)").unit(),
            Unit::Microseconds
        );
        assert_eq!(
            of("transaction: transaction checkpoint most recent time (msecs)").unit(),
            Unit::Milliseconds
        );
        assert_eq!(of("cursor: cursor insert calls").unit(), Unit::Count);
        assert_eq!((of("plain").category(), of("plain").name()), ("", "plain"));
    }
}
