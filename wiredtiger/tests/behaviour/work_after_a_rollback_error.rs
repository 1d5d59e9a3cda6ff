//! Rule 34: after a conflict the engine lets reads and writes of the lost transaction succeed, and
//! only the commit fails. Rule 21: nearly every error is the end of a transaction.

use wiredtiger::{Error, ErrorKind, Isolation, TransactionOptions};

use crate::common::{entries, in_memory, strings};

#[test]
fn a_lost_transaction_does_no_more_work() {
    let (connection, mut one, table) = in_memory();
    one.put(&table, "k", "0").unwrap();
    let (mut two, _) = strings(&connection);

    let mut txn = one.begin().unwrap();
    assert_eq!(txn.get_owned(&table, "k").unwrap().as_deref(), Some("0"));
    txn.put(&table, "before", "v").unwrap();
    two.put(&table, "k", "1").unwrap();
    let conflict = txn.put(&table, "k", "2").unwrap_err();
    assert_eq!(conflict.kind(), ErrorKind::Rollback);
    assert!(conflict.is_retryable());

    let lost = |error: Error| assert_eq!(error.kind(), ErrorKind::Rollback, "{error}");
    lost(txn.get(&table, "k").map(drop).unwrap_err());
    lost(txn.put(&table, "after", "v").unwrap_err());
    lost(txn.remove(&table, "k").unwrap_err());
    lost(txn.insert_new(&table, "after", "v").unwrap_err());
    lost(txn.range(&table, ..).unwrap().next().map(drop).unwrap_err());
    lost(txn.cursor_mut(&table).unwrap().next().unwrap_err());
    lost(txn.commit().unwrap_err());

    // The session is ready for the next one, and nothing of the lost one is there.
    let mut txn = one.begin().unwrap();
    txn.put(&table, "k", "2").unwrap();
    txn.commit().unwrap();
    assert_eq!(entries(&one, &table), [("k".into(), "2".into())]);
}

#[test]
fn harmless_answers_cost_nothing() {
    let (_connection, mut session, table) = in_memory();
    session.put(&table, "k", "v").unwrap();
    let mut txn = session.begin().unwrap();
    assert!(txn.get(&table, "no").unwrap().is_none());
    assert!(!txn.remove(&table, "no").unwrap());
    let error = txn.insert_new(&table, "k", "w").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DuplicateKey);
    let error = txn.open_table::<u64, u64>("t").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
    assert!(txn.cursor(&table).unwrap().key().is_err());
    txn.put(&table, "k", "w").unwrap();
    txn.commit().unwrap();
    assert_eq!(entries(&session, &table), [("k".into(), "w".into())]);
}

#[test]
fn a_transaction_that_cannot_write_says_so() {
    let (_connection, mut session, table) = in_memory();
    for isolation in [Isolation::ReadCommitted, Isolation::ReadUncommitted] {
        let mut txn = session
            .begin_with(&TransactionOptions::new().isolation(isolation))
            .unwrap();
        let error = txn.put(&table, "k", "v").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSupported, "{error}");
        assert!(txn.commit().is_err());
        assert!(session.get(&table, "k").unwrap().is_none());
    }
}
