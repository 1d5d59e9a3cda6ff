//! Prepared transactions, and what the engine does not survive of them.

use wiredtiger::{
    Connection, Error, ErrorKind, Session, Table, TableOptions, Timestamps, TransactionOptions,
};

use crate::common::temp;
use crate::timestamps::{at, in_memory, numbers, put_at};

#[test]
fn a_prepared_transaction_is_committed_or_rolled_back() {
    let (connection, mut session, table) = in_memory();
    put_at(&mut session, &table, 1, 1);
    let mut reader = connection.open_session().unwrap();

    let mut txn = session.begin().unwrap();
    txn.put(&table, 1, 2).unwrap();
    let prepared = txn.prepare(at(10)).unwrap();
    assert_eq!(prepared.prepare_timestamp().unwrap(), Some(at(10)));
    assert_eq!(
        reader.get(&table, 1).unwrap_err().kind(),
        ErrorKind::PrepareConflict
    );
    let options = TransactionOptions::new().ignore_prepare(true);
    let mut ignoring = reader.begin_with(&options).unwrap();
    assert_eq!(ignoring.get_owned(&table, 1).unwrap(), Some(1));
    assert!(ignoring.put(&table, 2, 2).is_err());
    drop(ignoring);
    prepared.rollback().unwrap();
    assert_eq!(reader.get_owned(&table, 1).unwrap(), Some(1));

    let mut txn = session.begin().unwrap();
    txn.put(&table, 1, 3).unwrap();
    drop(txn.prepare(at(11)).unwrap());
    assert_eq!(reader.get_owned(&table, 1).unwrap(), Some(1));

    let mut txn = session.begin().unwrap();
    txn.put(&table, 1, 4).unwrap();
    txn.prepare(at(12)).unwrap().commit(at(13), at(14)).unwrap();
    assert_eq!(reader.get_owned(&table, 1).unwrap(), Some(4));
    assert_eq!(session.get_owned(&table, 1).unwrap(), Some(4));
}

/// Rule 35: each of these would be a panic of the engine.
#[test]
fn wrong_timestamps_leave_a_prepared_transaction_as_it_was() {
    let (connection, mut session, table) = in_memory();
    let mut txn = session.begin().unwrap();
    txn.put(&table, 1, 1).unwrap();
    let mut prepared = txn.prepare(at(10)).unwrap();
    // Others move the stable timestamp meanwhile.
    connection
        .set_timestamps(Timestamps::new().oldest(at(15)).stable(at(20)))
        .unwrap();
    for (commit, durable, why) in [
        (9, 30, "prepare timestamp"),
        (30, 29, "before the commit timestamp"),
        (11, 20, "stable_timestamp"),
        (11, 12, "stable_timestamp"),
    ] {
        let unresolved = prepared.commit(at(commit), at(durable)).unwrap_err();
        assert_eq!(unresolved.error.kind(), ErrorKind::InvalidArgument);
        assert!(unresolved.error.message().contains(why), "{unresolved}");
        prepared = unresolved.transaction;
    }
    prepared.commit(at(11), at(21)).unwrap();
    assert_eq!(session.get_owned(&table, 1).unwrap(), Some(1));

    // By `?` it is rolled back.
    fn refused(session: &mut Session, table: &Table<u64, u64>) -> Result<(), Error> {
        let mut txn = session.begin()?;
        txn.put(table, 1, 2)?;
        txn.prepare(at(30))?.commit(at(29), at(30))?;
        Ok(())
    }
    assert_eq!(
        refused(&mut session, &table).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(session.get_owned(&table, 1).unwrap(), Some(1));
}

/// Rule 15: setting a key while a transaction is prepared is a panic of the engine.
#[test]
fn a_forgotten_prepared_transaction_lets_nobody_read() {
    let (_connection, mut session, table) = in_memory();
    put_at(&mut session, &table, 1, 1);
    let mut txn = session.begin().unwrap();
    txn.put(&table, 1, 2).unwrap();
    std::mem::forget(txn.prepare(at(10)).unwrap());
    let refused = session.get(&table, 1).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    assert!(refused.message().contains("prepared"), "{refused}");
    assert!(session.range(&table, ..).unwrap().next().is_err());
    assert!(session.sample(&table).is_err());
    assert!(session.metadata().is_err());
    assert!(session.transaction_pinned_range().is_err());
    // The next call that writes takes it back.
    session.put(&table, 2, 2).unwrap();
    assert_eq!(session.get_owned(&table, 1).unwrap(), Some(1));
}

#[test]
fn a_transaction_of_a_logged_table_is_not_prepared() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = numbers(&mut session);
    let logged: Table<u64, u64> = session
        .create_table("logged", &TableOptions::new())
        .unwrap();
    for logged_first in [true, false] {
        let mut txn = session.begin().unwrap();
        let order = if logged_first {
            [&logged, &table]
        } else {
            [&table, &logged]
        };
        for table in order {
            txn.put(table, 1, 1).unwrap();
        }
        let refused = txn.prepare(at(10)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
        assert!(refused.message().contains("logged"), "{refused}");
        assert_eq!(session.get_owned(&table, 1).unwrap(), None);
    }
    // Nor one with a commit timestamp, or before the stable timestamp.
    let mut txn = session.begin().unwrap();
    txn.put(&table, 1, 1).unwrap();
    txn.set_commit_timestamp(at(5)).unwrap();
    assert_eq!(
        txn.prepare(at(10)).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    connection
        .set_timestamps(Timestamps::new().stable(at(20)))
        .unwrap();
    let mut txn = session.begin().unwrap();
    txn.put(&table, 1, 1).unwrap();
    assert_eq!(
        txn.prepare(at(20)).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    session.put(&table, 1, 7).unwrap();
    assert_eq!(session.get_owned(&table, 1).unwrap(), Some(7));
}
