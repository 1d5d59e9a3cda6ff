//! Entries compressed on disk.

use tiered_cache::{Compression, TieredCache};

use crate::common::{SOON, stage_with};

/// The file of the entries when the cache is closed, and what a cache that is opened anew, without
/// a word of compression, finds in it.
async fn size_with(compression: Compression) -> u64 {
    let stage = stage_with(|config| config.local.compression = compression).await;
    let value = |number: u32| format!("value {number} ").repeat(100);
    for number in 0..2000 {
        let key = format!("key:{number}");
        stage.cache.set(&key, value(number)).await.unwrap();
    }
    assert!(stage.cache.close(SOON).await.unwrap().complete);
    let home = stage.dir.path().join("home");
    let size = std::fs::metadata(home.join("entries.wt")).unwrap().len();

    let again = TieredCache::builder(&home)
        .remote(stage.remote.clone())
        .open()
        .await
        .unwrap();
    for number in 0..2000 {
        let found = again.get(format!("key:{number}")).await.unwrap();
        assert_eq!(found.as_deref(), Some(value(number).as_bytes()));
    }
    assert_eq!(again.stats().misses, 0);
    size
}

#[tokio::test]
async fn compressed_entries_take_less_and_come_back() {
    let plain = size_with(Compression::None).await;
    assert!(plain > 2_000_000, "{plain}");
    for compression in [Compression::Lz4, Compression::Zstd] {
        let size = size_with(compression).await;
        assert!(size < plain / 2, "{compression:?}: {size} of {plain}");
    }
}
