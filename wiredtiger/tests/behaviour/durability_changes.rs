//! Rules 44 and 45: a home that is opened with a log after it had none, or the other way round. The
//! engine itself loses what was committed, without a word.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use wiredtiger::{CheckpointPolicy, Connection, ConnectionOptions, Durability, TableOptions};

use crate::common::{child, role, role_home, temp};

const NAME: &str = "durability_changes::nothing_committed_is_lost";
const TABLES: [&str; 3] = ["a", "b", "c"];

fn options(level: Durability) -> ConnectionOptions {
    Connection::options()
        .create(true)
        .durability(level)
        .checkpoint(CheckpointPolicy::MANUAL)
}

/// Adds ten rows to each table.
fn add(connection: &Connection, first: u64) {
    let mut session = connection.open_session().unwrap();
    for name in TABLES {
        let table = session
            .create_table::<u64, u64>(name, &TableOptions::new())
            .unwrap();
        for number in first..first + 10 {
            session.put(&table, number, number).unwrap();
        }
    }
}

fn count(home: &Path, level: Durability) -> Vec<usize> {
    let connection = options(level).open(home).unwrap();
    let session = connection.open_session().unwrap();
    let rows = TABLES.map(|name| {
        let table = session.open_table::<u64, u64>(name).unwrap();
        session.range(&table, ..).unwrap().into_iter().count()
    });
    drop(session);
    connection.close().unwrap();
    rows.to_vec()
}

/// Adds rows in a process that is killed as soon as they are committed.
fn add_and_die(home: &Path, first: u64) {
    let mut writer = child(NAME, &first.to_string())
        .env("TEST_HOME", home)
        .spawn()
        .unwrap();
    let output = BufReader::new(writer.stdout.take().unwrap());
    let done = output
        .lines()
        .map_while(Result::ok)
        .any(|line| line == "committed");
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert!(done);
}

#[test]
fn nothing_committed_is_lost() {
    if let Some(first) = role() {
        let connection = options(Durability::Process).open(role_home()).unwrap();
        add(&connection, first.parse().unwrap());
        println!("\ncommitted");
        std::io::stdout().flush().unwrap();
        loop {
            std::thread::park();
        }
    }
    let (_dir, home) = temp();
    let connection = options(Durability::Checkpoint).open(&home).unwrap();
    // Text of a user that looks like the engine's own says nothing.
    let misleading = TableOptions::new().app_metadata("log=(enabled=false)");
    let mut session = connection.open_session().unwrap();
    session
        .create_table::<u64, u64>(TABLES[0], &misleading)
        .unwrap();
    drop(session);
    add(&connection, 0);
    connection.close().unwrap();

    // From no log to a log, and a kill.
    add_and_die(&home, 10);
    assert_eq!(count(&home, Durability::Process), [20, 20, 20]);
    // A kill, and from the log to none.
    add_and_die(&home, 20);
    assert_eq!(count(&home, Durability::Checkpoint), [30, 30, 30]);
    // There and back again, with and without work in between.
    assert_eq!(count(&home, Durability::Checkpoint), [30, 30, 30]);
    add_and_die(&home, 30);
    assert_eq!(count(&home, Durability::Disk), [40, 40, 40]);
    add_and_die(&home, 40);
    assert_eq!(count(&home, Durability::Buffered), [50, 50, 50]);
}

#[test]
fn a_killed_home_is_not_read_without_its_log() {
    let (_dir, home) = temp();
    options(Durability::Process)
        .open(&home)
        .unwrap()
        .close()
        .unwrap();
    add_and_die(&home, 0);
    // Reading alone cannot recover: it says so, whatever the durability.
    for level in [Durability::Checkpoint, Durability::Process] {
        let error = Connection::options()
            .durability(level)
            .read_only(true)
            .open(&home)
            .unwrap_err();
        assert_eq!(
            error.kind(),
            wiredtiger::ErrorKind::RunRecovery,
            "{level:?}: {error}"
        );
    }
    assert_eq!(count(&home, Durability::Process), [10, 10, 10]);
}
