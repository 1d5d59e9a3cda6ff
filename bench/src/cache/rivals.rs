//! Other caches for Rust, set up as their documentation shows.

use anyhow::{Result, ensure};
use foyer::{
    BlockEngineConfig, DeviceBuilder, FsDeviceBuilder, HybridCache, HybridCacheBuilder,
    HybridCacheEntry, HybridCachePolicy,
};
use tempfile::TempDir;
use tiered_cache::{ByteSize, Bytes};
use tokio::runtime::Runtime;

use super::ops;
use crate::measure::Sample;
use crate::rows::Rows;

pub(super) const FOYER: &str = "foyer";
pub(super) const MOKA: &str = "moka";

/// foyer's smallest unit on the disk: every entry takes a multiple of it.
const FOYER_PAGE: usize = 4096;

/// After so many bytes on their way to the disk a filling waits: foyer drops what is above its
/// queue of 16 MiB, and says so only in a figure.
const FOYER_PORTION: usize = 4 << 20;

/// foyer's hybrid cache: memory first, and a disk for what memory has no room for.
pub(super) struct Foyer {
    cache: HybridCache<Vec<u8>, Vec<u8>>,
    /// Its flusher runs here, and its callers, as under `#[tokio::main]`.
    pub(super) runtime: Runtime,
    pub(super) folder: TempDir,
}

/// What foyer's read gives: a handle of the entry in memory, no copy.
pub(super) struct Held(HybridCacheEntry<Vec<u8>, Vec<u8>>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        self.0.value()
    }
}

impl Foyer {
    /// With so much memory for keys and values, and a disk with room for `rows` twice.
    pub(super) fn open(memory: ByteSize, rows: &Rows, policy: HybridCachePolicy) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let entry = (rows.value_size() + 64).next_multiple_of(FOYER_PAGE);
        // Not less than some of its blocks of 16 MiB, between which it needs to rotate.
        let disk = (2 * rows.len() * entry).max(256 << 20);
        let cache = runtime.block_on(async {
            let device = FsDeviceBuilder::new(folder.path())
                .with_capacity(disk)
                .build()?;
            let cache = HybridCacheBuilder::new()
                .with_policy(policy)
                // The bench ends with it.
                .with_flush_on_close(false)
                .memory(usize::try_from(memory.as_u64())?)
                .with_weighter(|key: &Vec<u8>, value: &Vec<u8>| key.len() + value.len())
                .storage()
                .with_engine_config(BlockEngineConfig::new(device))
                .build()
                .await?;
            anyhow::Ok(cache)
        })?;
        Ok(Self {
            cache,
            runtime,
            folder,
        })
    }

    /// Puts all rows in, slowly enough that none is dropped.
    pub(super) fn fill(&self, rows: &Rows) -> Result<()> {
        let portion = FOYER_PORTION / (rows.value_size() + 64).next_multiple_of(FOYER_PAGE);
        self.runtime.block_on(async {
            for (index, (key, value)) in rows.iter().enumerate() {
                self.cache.insert(key.to_vec(), value.to_vec());
                if index % portion == 0 {
                    self.cache.storage().wait().await;
                }
            }
            self.cache.storage().wait().await;
            let kept = rows.iter().filter(|(key, _)| self.cache.contains(*key));
            let kept = kept.count();
            ensure!(
                kept == rows.len(),
                "foyer has kept {kept} rows of {}",
                rows.len()
            );
            Ok(())
        })
    }

    pub(super) async fn get(&self, key: &[u8]) -> Result<Option<Held>> {
        Ok(self.cache.get(key).await?.map(Held))
    }

    /// The value of a key, by `load` when it is not there.
    pub(super) async fn get_or_load(
        &self,
        key: &[u8],
        load: impl Future<Output = Result<Vec<u8>>> + Send + 'static,
    ) -> Result<Held> {
        Ok(Held(self.cache.get_or_fetch(key, || load).await?))
    }

    /// Reads rows on the calling thread.
    pub(super) fn reads(&self, rows: &Rows, order: &[usize]) -> Result<Sample> {
        let get = async |key: &[u8]| self.get(key).await;
        self.runtime.block_on(ops::read(rows, order, get))
    }

    /// Inserts rows on the calling thread.
    pub(super) fn inserts(&self, rows: &Rows, order: &[usize]) -> Result<Sample> {
        let insert = async |key: &[u8], value: &[u8]| {
            self.cache.insert(key.to_vec(), value.to_vec());
            Ok(())
        };
        self.runtime.block_on(async {
            let sample = ops::write(rows, order, insert).await?;
            // The others have the machine for themselves.
            self.cache.storage().wait().await;
            Ok(sample)
        })
    }

    /// How many reads its disk has served.
    pub(super) fn disk_reads(&self) -> usize {
        self.cache.statistics().disk_read_ios()
    }

    /// How many of its pages have been written to the disk: an entry takes one at least.
    pub(super) fn pages_written(&self) -> usize {
        self.cache.statistics().disk_write_bytes() / FOYER_PAGE
    }
}

/// moka: memory only.
#[derive(Clone)]
pub(super) struct Moka {
    cache: moka::future::Cache<Vec<u8>, Bytes>,
}

impl Moka {
    /// With so much memory for keys and values.
    pub(super) fn new(memory: ByteSize) -> Self {
        let weight = |key: &Vec<u8>, value: &Bytes| {
            u32::try_from(key.len() + value.len()).unwrap_or(u32::MAX)
        };
        let cache = moka::future::Cache::builder()
            .max_capacity(memory.as_u64())
            .weigher(weight)
            .build();
        Self { cache }
    }

    /// Puts all rows in, which have to fit.
    pub(super) async fn fill(&self, rows: &Rows) -> Result<()> {
        for (key, value) in rows.iter() {
            self.insert(key, value).await;
        }
        // What it has decided to drop goes here, and no later.
        self.cache.run_pending_tasks().await;
        let kept = self.cache.entry_count();
        ensure!(
            kept == rows.len() as u64,
            "moka has kept {kept} rows of {}",
            rows.len()
        );
        Ok(())
    }

    pub(super) async fn get(&self, key: &[u8]) -> Option<Bytes> {
        self.cache.get(key).await
    }

    pub(super) async fn insert(&self, key: &[u8], value: &[u8]) {
        let value = Bytes::copy_from_slice(value);
        self.cache.insert(key.to_vec(), value).await;
    }

    /// The value of a key, by `load` when it is not there.
    pub(super) async fn get_or_load(
        &self,
        key: &[u8],
        load: impl Future<Output = Result<Vec<u8>>>,
    ) -> Result<Bytes> {
        let load = async { load.await.map(Bytes::from) };
        let loaded = self.cache.try_get_with_by_ref(key, load).await;
        loaded.map_err(|error| anyhow::anyhow!("{error:#}"))
    }
}
