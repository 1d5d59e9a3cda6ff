//! A disk that takes no more: the error says so, and nothing acknowledged is lost.

use std::time::Duration;

use wiredtiger::{ByteSize, CheckpointPolicy, Connection, LogOptions, TableOptions};

use crate::common::{child, role, role_home, temp};

const NAME: &str = "full_disk::acknowledged_writes_are_there_when_there_is_room_again";

/// Larger than a log file, smaller than the table will want to be.
const LIMIT: u64 = 4 << 20;

/// Makes every file that grows over the limit fail as on a full disk, for this process.
fn limit_file_size() {
    let limit = libc::rlimit {
        rlim_cur: LIMIT,
        rlim_max: LIMIT,
    };
    // SAFETY: only sets what a signal does: without this one the process would be killed.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    // SAFETY: reads the structure above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
}

fn open() -> wiredtiger::Result<Connection> {
    Connection::options()
        .create(true)
        .cache_size(ByteSize::mib(2))
        // Rule 66: without it a writer can wait for threads that are gone.
        .cache_max_wait(Duration::from_secs(2))
        .checkpoint(CheckpointPolicy::MANUAL)
        .log(LogOptions::new().file_max(ByteSize::mib(1)).prealloc(false))
        .open(role_home())
}

/// Writes until it fails, and tells how far it came.
fn write_until_it_fails() {
    limit_file_size();
    let connection = open().unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session
        .create_table::<u64, Vec<u8>>("t", &TableOptions::new())
        .unwrap();
    let mut acknowledged = 0;
    let error = loop {
        let done = session
            .put(&table, acknowledged, &[7; 1000])
            .and_then(|()| {
                if acknowledged % 2000 == 0 {
                    session.checkpoint()
                } else {
                    Ok(())
                }
            });
        match done {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 100_000, "the limit has no effect");
    };
    println!(
        "\nacknowledged={acknowledged}\nkind={:?}\nerror={error}",
        error.kind()
    );
    // What is left of the database may only fail from here on, and must not hang or crash.
    let _ = session
        .begin()
        .and_then(|mut txn| txn.put(&table, 0, b"more"));
    drop(session);
    let _ = connection.close();
    println!("ended");
}

#[test]
#[cfg_attr(
    feature = "diagnostic",
    ignore = "with its own checks the engine aborts at a panic"
)]
fn acknowledged_writes_are_there_when_there_is_room_again() {
    if role().is_some() {
        return write_until_it_fails();
    }
    let (_dir, home) = temp();
    let output = child(NAME, "write")
        .env("TEST_HOME", &home)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let said = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_else(|| panic!("{key} is not in {text}"))
    };
    let acknowledged: u64 = said("acknowledged=").parse().unwrap();
    assert!(acknowledged > 1000, "{text}");
    assert!(text.contains("ended"), "{text}");
    let kind = said("kind=");
    assert!(kind == "Panic" || kind.starts_with("Io"), "{text}");
    assert!(said("error=").contains("File too large"), "{text}");

    let connection = Connection::open(&home).unwrap();
    let session = connection.open_session().unwrap();
    let table = session.open_table::<u64, Vec<u8>>("t").unwrap();
    for number in 0..acknowledged {
        assert!(
            session.contains_key(&table, number).unwrap(),
            "{number} of {acknowledged}"
        );
    }
}
