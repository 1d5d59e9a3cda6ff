use wiredtiger::{Isolation, SessionOptions, TransactionOptions};

use crate::common::{entries, in_memory, strings};

#[test]
fn a_snapshot_does_not_move() {
    let (connection, mut writer, table) = in_memory();
    writer.put(&table, "k", "1").unwrap();
    let (mut reader, _) = strings(&connection);
    let txn = reader.begin().unwrap();
    assert_eq!(txn.get_owned(&table, "k").unwrap().as_deref(), Some("1"));
    writer.put(&table, "k", "2").unwrap();
    assert_eq!(txn.get_owned(&table, "k").unwrap().as_deref(), Some("1"));
    txn.commit().unwrap();
    assert_eq!(reader.get_owned(&table, "k").unwrap().as_deref(), Some("2"));
}

#[test]
fn weaker_levels_see_more() {
    let (connection, mut writer, table) = in_memory();
    writer.put(&table, "k", "1").unwrap();
    let options = SessionOptions::new().isolation(Isolation::ReadCommitted);
    let mut reader = connection.open_session_with(&options).unwrap();
    let level = |isolation| TransactionOptions::new().isolation(isolation);

    let txn = reader.begin().unwrap();
    assert_eq!(txn.get_owned(&table, "k").unwrap().as_deref(), Some("1"));
    writer.put(&table, "k", "2").unwrap();
    assert_eq!(txn.get_owned(&table, "k").unwrap().as_deref(), Some("2"));
    drop(txn);

    let mut open = writer.begin().unwrap();
    open.put(&table, "k", "3").unwrap();
    let committed = reader.begin_with(&level(Isolation::ReadCommitted)).unwrap();
    assert_eq!(
        committed.get_owned(&table, "k").unwrap().as_deref(),
        Some("2")
    );
    drop(committed);
    let uncommitted = reader
        .begin_with(&level(Isolation::ReadUncommitted))
        .unwrap();
    assert_eq!(
        uncommitted.get_owned(&table, "k").unwrap().as_deref(),
        Some("3")
    );
    drop(uncommitted);
    open.rollback().unwrap();
}

#[test]
fn all_or_nothing() {
    let (connection, mut session, table) = in_memory();
    let (other, _) = strings(&connection);
    let mut txn = session.begin().unwrap();
    txn.put(&table, "a", "1").unwrap();
    txn.put(&table, "b", "1").unwrap();
    assert_eq!(
        entries(&txn, &table).len(),
        2,
        "a transaction sees its own changes"
    );
    assert!(entries(&other, &table).is_empty());
    txn.commit().unwrap();
    assert_eq!(entries(&other, &table).len(), 2);

    let mut txn = session.begin().unwrap();
    txn.remove(&table, "a").unwrap();
    txn.put(&table, "c", "1").unwrap();
    drop(txn);
    let mut txn = session.begin().unwrap();
    let mut cursor = txn.cursor_mut(&table).unwrap();
    assert!(cursor.next().unwrap());
    cursor.remove_current().unwrap();
    drop(cursor);
    txn.rollback().unwrap();
    assert_eq!(
        entries(&session, &table),
        [("a".into(), "1".into()), ("b".into(), "1".into())]
    );
}

#[test]
fn a_session_that_only_reads_writes_in_a_transaction_of_its_own_level() {
    let (connection, _session, table) = in_memory();
    let options = SessionOptions::new().isolation(Isolation::ReadCommitted);
    let mut session = connection.open_session_with(&options).unwrap();
    let error = session.put(&table, "k", "v").unwrap_err();
    assert_eq!(error.kind(), wiredtiger::ErrorKind::NotSupported, "{error}");
    let snapshot = TransactionOptions::new().isolation(Isolation::Snapshot);
    let mut txn = session.begin_with(&snapshot).unwrap();
    txn.put(&table, "k", "v").unwrap();
    txn.commit().unwrap();
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("v")
    );
}

#[test]
fn a_transaction_that_cannot_begin_leaves_nothing_behind() {
    let (connection, mut session, table) = in_memory();
    session.put(&table, "k", "1").unwrap();
    let (mut other, _) = strings(&connection);
    let bad = TransactionOptions::new().raw("isolation=read-uncommitted,read_timestamp=zz");
    session.begin_with(&bad).map(drop).unwrap_err();
    let mut open = other.begin().unwrap();
    open.put(&table, "k", "uncommitted").unwrap();
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("1")
    );
    session.put(&table, "l", "2").unwrap();
}
