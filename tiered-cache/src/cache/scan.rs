//! Reading much: snapshots, scans, counts.

use std::ops::RangeBounds;

use super::TieredCache;
use crate::error::Result;
use crate::snapshot::{Scan, Snapshot};

impl TieredCache {
    /// The local tier exactly as it is at one version.
    ///
    /// Taking it makes no writer wait; it waits itself for the writes that are under way. It lives as long as it is held, at a price that its
    /// [page](Snapshot) tells.
    ///
    /// # Errors
    /// - [`TooManySnapshots`](crate::Error::TooManySnapshots): half of
    ///   [`max_sessions`](crate::LocalConfig::max_sessions) live already.
    /// - [`Local`](crate::Error::Local): no session of the engine was free within 30 seconds.
    /// - [`Closed`](crate::Error::Closed).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        self.core.local()?;
        Snapshot::take(&self.core).await
    }

    /// All entries of the local tier, in the order of their keys, each as it is when the scan comes
    /// to it: the scan [re-anchors](Scan). For exactly one moment, scan a
    /// [`snapshot`](Self::snapshot).
    ///
    /// # Examples
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let home = dir.path().join("home");
    /// # use tiered_cache::{MemoryRemote, TieredCache};
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// use futures_util::TryStreamExt;
    ///
    /// let cache = TieredCache::builder(&home).remote(MemoryRemote::new()).open().await?;
    /// cache.set_many(&[("a:1", "x"), ("a:2", "y"), ("b:1", "z")], Default::default()).await?;
    /// let mut scan = cache.scan_prefix("a:").rev();
    /// while let Some(entry) = scan.try_next().await? {
    ///     println!("{:?} = {:?}", entry.key, entry.value);
    /// }
    /// assert_eq!(cache.count().await?, 3);
    /// # Ok::<(), tiered_cache::Error>(())
    /// # })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn scan(&self) -> Scan {
        self.core.scan_prefix(b"")
    }

    /// The same for the entries whose keys begin with `prefix`.
    pub fn scan_prefix(&self, prefix: impl AsRef<[u8]>) -> Scan {
        self.core.scan_prefix(prefix.as_ref())
    }

    /// The same for the entries whose keys are in `range`. A range in which nothing can be is no
    /// error.
    pub fn scan_range<K: AsRef<[u8]>>(&self, range: impl RangeBounds<K>) -> Scan {
        self.core.scan_range(&range)
    }

    /// How many entries the local tier has that a scan would give. It walks through all rows.
    ///
    /// # Errors
    /// [`Local`](crate::Error::Local), [`Corrupt`](crate::Error::Corrupt),
    /// [`Closed`](crate::Error::Closed).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn count(&self) -> Result<u64> {
        self.core.count(b"").await
    }

    /// The same for the keys that begin with `prefix`. It walks through these rows.
    ///
    /// # Errors
    /// As for [`count`](Self::count).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn count_prefix(&self, prefix: impl AsRef<[u8]>) -> Result<u64> {
        self.core.count(prefix.as_ref()).await
    }
}
