//! Durability on disk is a flush before the write returns, shared by all who wait for one. No test
//! can pull the plug; this one counts the flushes that the engine asks the operating system for.

#![allow(
    clippy::unwrap_used,
    reason = "what does not work here is a failed test"
)]
#![cfg(target_os = "linux")]

use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tiered_cache::{Durability, MemoryRemote, SetOptions, TieredCache};

static FLUSHES: AtomicU64 = AtomicU64::new(0);

/// In the place of libc's: the program's own symbols come first.
#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    FLUSHES.fetch_add(1, Ordering::SeqCst);
    // A flush that takes as long as on a real disk: others come meanwhile.
    std::thread::sleep(Duration::from_millis(2));
    // SAFETY: passes the call on.
    unsafe { libc::syscall(libc::SYS_fdatasync, fd) as c_int }
}

const WRITES: u64 = 50;

/// One test, because the count is the program's.
#[tokio::test]
async fn each_write_on_disk_waits_for_a_flush_that_others_share() {
    let dir = tempfile::tempdir().unwrap();
    let remote = MemoryRemote::new();
    remote.set_down(true);
    let cache = TieredCache::builder(dir.path().join("home"))
        .remote(remote)
        .open()
        .await
        .unwrap();
    let flushes = |level| {
        let cache = cache.clone();
        async move {
            let before = FLUSHES.load(Ordering::SeqCst);
            let options = SetOptions::new().durability(level);
            for number in 0..WRITES {
                let key = number.to_string();
                let written = cache.set_with(key, "v", options).await.unwrap();
                assert_eq!(written.durability, level);
            }
            FLUSHES.load(Ordering::SeqCst) - before
        }
    };
    let on_disk = flushes(Durability::Disk).await;
    assert!(on_disk >= WRITES, "{on_disk} flushes");
    for level in [Durability::Buffered, Durability::Process] {
        // The engine's own threads may flush once in a while.
        let cheaper = flushes(level).await;
        assert!(cheaper < WRITES / 2, "{level:?}: {cheaper} flushes");
    }

    let before = FLUSHES.load(Ordering::SeqCst);
    let options = SetOptions::new().durability(Durability::Disk);
    let writes: Vec<_> = (0..WRITES)
        .map(|number| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.set_with(number.to_string(), "v", options).await })
        })
        .collect();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    let shared = FLUSHES.load(Ordering::SeqCst) - before;
    assert!((1..WRITES / 2).contains(&shared), "{shared} flushes");
}
