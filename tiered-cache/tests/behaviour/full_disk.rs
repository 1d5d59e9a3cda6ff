//! A disk that takes no more: writes fail with an error, and nothing acknowledged is lost.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use tiered_cache::{Error, MemoryRemote, TieredCache};

use crate::common::{SOON, quick};

const NAME: &str = "full_disk::acknowledged_writes_are_there_when_there_is_room_again";

/// Writes until it fails, and tells each write that did not.
async fn write_until_it_fails(home: &str) {
    let remote = MemoryRemote::new();
    remote.set_down(true);
    let cache = TieredCache::builder(home)
        .remote(remote)
        .configure(quick)
        // One that grows over the limit below.
        .configure(|config| config.local.log_file_size = tiered_cache::ByteSize::mib(100))
        .open()
        .await
        .unwrap();
    let mut out = std::io::stdout();
    for number in 0..200_000 {
        match cache.set(format!("k{number}"), [7; 1000]).await {
            Ok(_) => writeln!(out, "\nwritten {number}").unwrap(),
            Err(error) => {
                assert!(matches!(error, Error::Local(_)), "{error:?}");
                writeln!(out, "\nfailed {error}").unwrap();
                // The engine is in no state to be closed in order; the process ends.
                std::process::exit(3);
            }
        }
    }
}

#[tokio::test]
async fn acknowledged_writes_are_there_when_there_is_room_again() {
    if let Ok(home) = std::env::var("FULL_DISK_HOME") {
        return write_until_it_fails(&home).await;
    }
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    // No file of the child may grow over 16 MB (of 512 bytes each): to the engine that is a disk
    // that is full.
    let script = format!(
        "trap '' XFSZ; ulimit -f 32768; exec \"$0\" {NAME} --exact --nocapture --test-threads=1"
    );
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env("FULL_DISK_HOME", &home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut written, mut failed) = (0, false);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(number) = line.strip_prefix("written ") {
            written = number.parse::<u32>().unwrap() + 1;
        }
        failed |= line.starts_with("failed ");
    }
    child.wait().unwrap();
    assert!(
        failed && written > 1000,
        "{written} writes, failed: {failed}"
    );

    let remote = MemoryRemote::new();
    let cache = TieredCache::builder(&home)
        .remote(remote.clone())
        .configure(quick)
        .open()
        .await
        .unwrap();
    for number in 0..written {
        let value = cache.get(format!("k{number}")).await.unwrap();
        assert_eq!(value.as_deref(), Some(&[7; 1000][..]), "k{number}");
    }
    assert!(cache.flush(SOON).await.unwrap().complete);
    assert!(remote.len() >= usize::try_from(written).unwrap());
    cache.close(Duration::ZERO).await.unwrap();
}
