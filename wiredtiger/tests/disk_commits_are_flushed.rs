//! Durability on disk is a flush before the commit returns. No test can pull the plug; this one
//! counts the flushes that the engine asks the operating system for.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![cfg(target_os = "linux")]

use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering};

use wiredtiger::{
    CheckpointPolicy, Connection, Durability, LogOptions, TableOptions, TransactionOptions,
};

static FLUSHES: AtomicU64 = AtomicU64::new(0);

/// In the place of libc's: the program's own symbols come first.
#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    FLUSHES.fetch_add(1, Ordering::SeqCst);
    // SAFETY: passes the call on.
    unsafe { libc::syscall(libc::SYS_fdatasync, fd) as c_int }
}

/// As above: the engine uses it for folders.
#[unsafe(no_mangle)]
extern "C" fn fsync(fd: c_int) -> c_int {
    FLUSHES.fetch_add(1, Ordering::SeqCst);
    // SAFETY: passes the call on.
    unsafe { libc::syscall(libc::SYS_fsync, fd) as c_int }
}

const COMMITS: u64 = 50;

/// How many flushes `COMMITS` commits cost.
fn flushes(connection: Durability, transaction: Option<Durability>) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let connection = Connection::options()
        .create(true)
        .durability(connection)
        .checkpoint(CheckpointPolicy::MANUAL)
        .log(LogOptions::new().prealloc(false))
        .open(dir.path().join("home"))
        .unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session
        .create_table::<u64, u64>("t", &TableOptions::new())
        .unwrap();
    session.checkpoint().unwrap();
    let mut options = TransactionOptions::new();
    if let Some(level) = transaction {
        options = options.durability(level);
    }
    let before = FLUSHES.load(Ordering::SeqCst);
    for number in 0..COMMITS {
        let mut txn = session.begin_with(&options).unwrap();
        txn.put(&table, number, number).unwrap();
        txn.commit().unwrap();
    }
    FLUSHES.load(Ordering::SeqCst) - before
}

/// One test, because the count is the program's.
#[test]
fn each_commit_on_disk_is_a_flush_and_no_other_is() {
    use Durability::{Buffered, Disk, Process};
    for connection in [Buffered, Process, Disk] {
        let on_disk = flushes(connection, Some(Disk));
        assert!(on_disk >= COMMITS, "{connection:?}: {on_disk} flushes");
        for level in [Buffered, Process] {
            // The engine's own threads may flush once in a while.
            let cheaper = flushes(connection, Some(level));
            assert!(
                cheaper < COMMITS / 2,
                "{connection:?}, {level:?}: {cheaper} flushes"
            );
        }
    }
    assert!(flushes(Disk, None) >= COMMITS);
    assert!(flushes(Process, None) < COMMITS / 2);
}
