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
    /// - The engine's defaults make the threads that write clean up as soon as a fifth of the memory
    ///   is changed, a tenth where the changes are small. Under such a load that is always so, and
    ///   the slowest writes wait for it. Here they do not before four fifths; the engine's own
    ///   threads begin at a tenth, so that rows just written are soon in the form in which they are
    ///   read fastest. There is one such thread for every two processors, four at most.
    /// - Pages of 8 KB instead of 32: a row that is not in memory costs its page, read or written.
    ///   The price is paid by scans of data that is not in memory. They are rounded up to 512 bytes
    ///   in the file instead of 4 KB.
    /// - Keys up to 2 KB and values up to 64 MB stay in their pages, whatever the size of those.
    ///
    /// What has been measured of each is in `docs/performance.md`.
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
            Self::Cache => {
                let threads = eviction_threads();
                EvictionOptions::new()
                    .dirty_target(10)
                    .dirty_trigger(80)
                    .updates_target(10)
                    .updates_trigger(80)
                    .threads(threads, threads)
            }
        }
    }

    pub(super) fn log(self) -> LogOptions {
        match self {
            Self::Cache => LogOptions::new().file_max(ByteSize::mib(32)),
        }
    }

    pub(super) fn on_table(self, options: TableOptions) -> TableOptions {
        match self {
            Self::Cache => options
                .memory_page_max(ByteSize::mib(10))
                .leaf_page_max(ByteSize::kib(8))
                .leaf_key_max(ByteSize::kib(2))
                .leaf_value_max(ByteSize::mib(64))
                .allocation_size(ByteSize(512)),
        }
    }
}

/// One for every two processors, four at most: where they are short, more of them take the time of
/// the threads that they are to spare.
fn eviction_threads() -> u32 {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    u32::try_from(processors / 2).unwrap_or(1).clamp(1, 4)
}
