use wiredtiger::ErrorKind;

use crate::common::{entries, in_memory};

#[test]
fn only_what_is_not_there_is_inserted() {
    let (_connection, mut session, table) = in_memory();
    session.insert_new(&table, "k", "1").unwrap();
    let error = session.insert_new(&table, "k", "2").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DuplicateKey);
    assert_eq!(error.operation(), "WT_CURSOR.insert");
    assert!(!error.is_retryable() && !error.is_fatal());
    session.put(&table, "k", "3").unwrap();
    assert!(session.update(&table, "k", "4").unwrap());
    assert!(!session.update(&table, "no", "5").unwrap());
    assert_eq!(entries(&session, &table), [("k".into(), "4".into())]);
    assert!(session.remove(&table, "k").unwrap());
    session.insert_new(&table, "k", "6").unwrap();
    assert_eq!(entries(&session, &table), [("k".into(), "6".into())]);
}
