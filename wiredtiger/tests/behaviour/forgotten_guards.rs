//! Guards that are forgotten instead of dropped: safe code may do that, and must only lose
//! resources by it.

use std::mem::forget;

use wiredtiger::Connection;

use crate::common::{entries, in_memory, strings, temp};

#[test]
fn a_forgotten_transaction_is_rolled_back() {
    let (_dir, home) = temp();
    let (mut session, table) = strings(&Connection::create(&home).unwrap());
    session.put(&table, "k", "0").unwrap();
    for _ in 0..3 {
        let mut txn = session.begin().unwrap();
        txn.put(&table, "k", "1").unwrap();
        forget(txn);
        session.put(&table, "other", "v").unwrap();
        assert_eq!(
            session.get_owned(&table, "k").unwrap().as_deref(),
            Some("0")
        );
    }
    let mut txn = session.begin().unwrap();
    txn.put(&table, "k", "1").unwrap();
    forget(txn);
    // A new transaction is a new one, and a checkpoint is possible.
    session.begin().unwrap().commit().unwrap();
    session.checkpoint().unwrap();
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("0")
    );
}

#[test]
fn a_forgotten_transaction_dies_with_its_session() {
    let (connection, mut session, table) = in_memory();
    let mut txn = session.begin().unwrap();
    txn.put(&table, "k", "1").unwrap();
    forget(txn);
    drop(session);
    let (mut other, _) = strings(&connection);
    other.put(&table, "k", "2").unwrap();
    assert_eq!(entries(&other, &table), [("k".into(), "2".into())]);
}

#[test]
fn forgotten_values_and_cursors_are_taken_back() {
    let (_connection, mut session, table) = in_memory();
    session.put(&table, "k", "v").unwrap();
    for round in 0..100 {
        for _ in 0..3 {
            forget(session.get(&table, "k").unwrap());
            let mut cursor = session.cursor(&table).unwrap();
            assert!(cursor.next().unwrap());
            forget(cursor);
            let mut range = session.range(&table, "a"..).unwrap();
            assert!(range.next().unwrap().is_some());
            forget(range);
        }
        // The bounds of the forgotten range are gone as well.
        session.put(&table, "A", &round.to_string()).unwrap();
        assert_eq!(session.range(&table, ..).unwrap().into_iter().count(), 2);
        let mut cursor = session.cursor_mut(&table).unwrap();
        assert!(cursor.next().unwrap());
        forget(cursor);
    }
    session.reset().unwrap();
    assert_eq!(
        session.get_owned(&table, "A").unwrap().as_deref(),
        Some("99")
    );
}

#[test]
fn a_leaked_value_stays_readable() {
    let (_connection, mut session, table) = in_memory();
    session.put(&table, "k", "value").unwrap();
    let session = Box::into_raw(Box::new(session));
    // SAFETY: the session is freed below, after its value.
    let borrowed: &'static wiredtiger::Session = unsafe { &*session };
    let value = Box::into_raw(Box::new(borrowed.get(&table, "k").unwrap().unwrap()));
    // SAFETY: the value is freed below.
    let leaked: &'static wiredtiger::ValueRef<'_, String> = unsafe { &*value };
    let text: &'static str = leaked.get().unwrap();
    for _ in 0..100 {
        borrowed.get(&table, "k").unwrap();
    }
    assert_eq!(text, "value");
    // For the leak checker.
    // SAFETY: made above, not used again.
    drop(unsafe { Box::from_raw(value) });
    // SAFETY: as above.
    drop(unsafe { Box::from_raw(session) });
}
