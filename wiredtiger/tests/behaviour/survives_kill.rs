//! What a commit survives: a writer is killed, and what it was told is stored must be there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use wiredtiger::{CheckpointPolicy, Connection, Durability, TableOptions, TransactionOptions};

use crate::common::{child, role, role_home, temp};

const NAME: &str = "survives_kill::acknowledged_commits_are_there_after_a_kill";
const LEVELS: [Durability; 4] = [
    Durability::Checkpoint,
    Durability::Buffered,
    Durability::Process,
    Durability::Disk,
];

fn parse(level: &str) -> Durability {
    LEVELS
        .into_iter()
        .find(|each| format!("{each:?}") == level)
        .unwrap()
}

/// Commits pairs of numbers, and tells each number after its commit.
fn write_for_ever(connection: Durability, transaction: Durability) {
    let connection = Connection::options()
        .create(true)
        .durability(connection)
        .checkpoint(CheckpointPolicy::MANUAL)
        .open(role_home())
        .unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session
        .create_table::<u64, u64>("n", &TableOptions::new())
        .unwrap();
    session.checkpoint().unwrap();
    let options = TransactionOptions::new().durability(transaction);
    let mut out = std::io::stdout();
    for number in 0.. {
        if connection.durability() == transaction && number % 2 == 1 {
            // Operations outside transactions have the connection's level, each by itself.
            session.put(&table, 2 * number + 1, number).unwrap();
            session.put(&table, 2 * number, number).unwrap();
        } else {
            let mut txn = session.begin_with(&options).unwrap();
            txn.put(&table, 2 * number, number).unwrap();
            txn.put(&table, 2 * number + 1, number).unwrap();
            txn.commit().unwrap();
        }
        writeln!(out, "\nstored {number}").unwrap();
        out.flush().unwrap();
    }
}

/// Kills the writer after some commits. Returns how many were acknowledged, and how many are
/// there after opening the database again.
fn kill_and_count(home: &Path, connection: Durability, transaction: Durability) -> (u64, u64) {
    let role = format!("{connection:?} {transaction:?}");
    let mut writer = child(NAME, &role).env("TEST_HOME", home).spawn().unwrap();
    let mut acknowledged = 0;
    for line in BufReader::new(writer.stdout.take().unwrap()).lines() {
        if let Some(number) = line.unwrap().strip_prefix("stored ") {
            acknowledged = number.parse::<u64>().unwrap() + 1;
            if acknowledged == 200 {
                writer.kill().unwrap();
            }
        }
    }
    let status = writer.wait().unwrap();
    assert!(acknowledged >= 200, "the writer ended by itself: {status}");

    let connection = Connection::options()
        .durability(connection)
        .open(home)
        .unwrap();
    let session = connection.open_session().unwrap();
    let table = session.open_table::<u64, u64>("n").unwrap();
    let found: Vec<(u64, u64)> = session
        .range(&table, ..)
        .unwrap()
        .into_iter()
        .map(Result::unwrap)
        .collect();
    // Both or neither of each pair, and no hole before the last. Of a pair that was not written in
    // a transaction the second half can be there alone.
    let whole = found.len() as u64 / 2;
    for (place, (key, value)) in (0..2 * whole).zip(&found) {
        assert_eq!((*key, *value), (place, place / 2));
    }
    if found.len() % 2 == 1 {
        assert_eq!(found.last(), Some(&(2 * whole + 1, whole)));
        assert!(connection.durability() == transaction && whole % 2 == 1);
    }
    (acknowledged, whole)
}

#[test]
fn acknowledged_commits_are_there_after_a_kill() {
    if let Some(role) = role() {
        let (connection, transaction) = role.split_once(' ').unwrap();
        return write_for_ever(parse(connection), parse(transaction));
    }
    for connection in &LEVELS[1..] {
        for transaction in [Durability::Process, Durability::Disk] {
            let (_dir, home) = temp();
            let (acknowledged, found) = kill_and_count(&home, *connection, transaction);
            assert!(
                found >= acknowledged,
                "{connection:?}, {transaction:?}: {found} of {acknowledged}"
            );
        }
    }
}

/// The control of the test above: without a log the same kill does lose what it may lose.
#[test]
fn lower_levels_lose_what_they_may() {
    let (_dir, home) = temp();
    let (_, found) = kill_and_count(&home, Durability::Checkpoint, Durability::Checkpoint);
    assert_eq!(found, 0);
    let (_dir, home) = temp();
    let (acknowledged, found) = kill_and_count(&home, Durability::Process, Durability::Buffered);
    assert!(found <= acknowledged + 1);
}

#[test]
fn a_clean_close_loses_nothing_at_any_level() {
    for level in LEVELS {
        let (_dir, home) = temp();
        let connection = Connection::options()
            .create(true)
            .durability(level)
            .open(&home)
            .unwrap();
        let mut session = connection.open_session().unwrap();
        let table = session
            .create_table::<u64, u64>("n", &TableOptions::new())
            .unwrap();
        for number in 0..100 {
            session.put(&table, number, number).unwrap();
        }
        drop(session);
        connection.close().unwrap();
        let connection = Connection::options().durability(level).open(&home).unwrap();
        let session = connection.open_session().unwrap();
        let table = session.open_table::<u64, u64>("n").unwrap();
        assert_eq!(
            session.range(&table, ..).unwrap().into_iter().count(),
            100,
            "{level:?}"
        );
    }
}

#[test]
fn a_level_that_is_not_to_be_had_is_refused() {
    let (_dir, home) = temp();
    let none = Durability::Checkpoint;
    let connection = Connection::options()
        .create(true)
        .durability(none)
        .open(&home)
        .unwrap();
    let mut session = connection.open_session().unwrap();
    for level in &LEVELS[1..] {
        let options = TransactionOptions::new().durability(*level);
        let error = session.begin_with(&options).map(drop).unwrap_err();
        assert_eq!(error.kind(), wiredtiger::ErrorKind::InvalidArgument);
        assert!(
            error.message().contains("ConnectionOptions::durability"),
            "{error}"
        );
    }
}
