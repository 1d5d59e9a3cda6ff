//! Settings that belong together, with the reasons for them.

use bytesize::ByteSize;

use crate::options::{ConnectionOptions, EvictionOptions, LogOptions, TableOptions};

/// A kind of use, and the settings for it.
///
/// A preset sets some options; those that are set after it take their place.
///
/// # Examples
/// ```
/// use wiredtiger::{ByteSize, Connection, Preset, Table};
///
/// # fn main() -> wiredtiger::Result<()> {
/// # let dir = tempfile::tempdir().expect("a temporary folder");
/// # let home = dir.path().join("home");
/// let connection = Connection::options()
///     .create(true)
///     .preset(Preset::Cache)
///     .cache_size(ByteSize::mib(512))
///     .open(&home)?;
/// let rows: Table<Vec<u8>, Vec<u8>> = connection
///     .open_session()?
///     .create_table("rows", &Preset::Cache.table())?;
/// # let _ = rows;
/// # connection.close()
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Preset {
    /// Single rows, read and written at random by many, some of them all the time: a cache, a
    /// session store, an index.
    ///
    /// The engine's defaults make the threads that write clean up as soon as a fifth of the memory
    /// is changed, a tenth where the changes are small. Under such a load that is always so, and the
    /// slowest writes wait for it. The price is that rows just written are read more slowly, in scans
    /// above all. What has been measured of both is in `docs/performance.md`.
    Cache,
}

impl Preset {
    /// The options for opening a database.
    pub fn connection(self) -> ConnectionOptions {
        ConnectionOptions::new().preset(self)
    }

    /// The options for creating a table.
    pub fn table(self) -> TableOptions {
        TableOptions::new().preset(self)
    }

    pub(super) fn eviction(self) -> EvictionOptions {
        match self {
            Self::Cache => EvictionOptions::new()
                .dirty_target(60)
                .dirty_trigger(80)
                .updates_target(60)
                .updates_trigger(80)
                .threads(2, 2),
        }
    }

    pub(super) fn log(self) -> LogOptions {
        match self {
            Self::Cache => LogOptions::new().file_max(ByteSize::mib(32)),
        }
    }

    pub(super) fn memory_page_max(self) -> ByteSize {
        match self {
            Self::Cache => ByteSize::mib(10),
        }
    }
}
