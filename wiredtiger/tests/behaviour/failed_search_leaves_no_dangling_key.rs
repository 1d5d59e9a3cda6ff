//! Rules 16 and 17: after a failed call the engine points to the caller's key, which is gone by
//! then. AddressSanitizer sees the difference; without it the position tells.

use wiredtiger::ErrorKind;

use crate::common::in_memory;

/// A key on the heap that is freed right after the call.
fn missing(number: usize) -> String {
    format!("missing key number {number} that is long enough for the heap")
}

#[test]
fn a_cursor_is_nowhere_after_a_miss() {
    let (_connection, mut session, table) = in_memory();
    session.put(&table, "k", "v").unwrap();
    let mut cursor = session.cursor(&table).unwrap();
    assert!(cursor.search("k").unwrap());
    assert!(!cursor.search(&missing(0)).unwrap());
    assert_eq!(cursor.key().unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(
        cursor.value().unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    // Not where it was before, but at the beginning.
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.entry().unwrap(), ("k", "v"));
}

#[test]
fn missed_keys_are_never_looked_at_again() {
    let (_connection, mut session, table) = in_memory();
    session.put(&table, "k", "v").unwrap();
    for number in 0..100 {
        assert!(session.get(&table, &missing(number)).unwrap().is_none());
        assert!(!session.remove(&table, &missing(number)).unwrap());
        assert!(!session.update(&table, &missing(number), "v").unwrap());
        let error = session
            .insert_new(&table, "k", &missing(number))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DuplicateKey);

        let mut txn = session.begin().unwrap();
        assert!(txn.get(&table, &missing(number)).unwrap().is_none());
        assert!(!txn.remove(&table, &missing(number)).unwrap());
        // The rollback resets cursors, which is where the engine would find the key.
        txn.put(&table, "other", "v").unwrap();
        txn.rollback().unwrap();
        assert_eq!(
            session.get_owned(&table, "k").unwrap().as_deref(),
            Some("v")
        );
    }
}

#[test]
fn a_bound_does_not_keep_the_key_it_was_given() {
    let (_connection, mut session, table) = in_memory();
    for key in ["a", "b", "c", "d"] {
        session.put(&table, key, "v").unwrap();
    }
    let mut cursor = session.cursor(&table).unwrap();
    let (from, to) = (String::from("b"), String::from("c"));
    assert!(cursor.set_bounds(from.as_str()..=to.as_str()).unwrap());
    drop((from, to));
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.key().unwrap(), "b");
    assert!(cursor.next().unwrap());
    assert!(!cursor.next().unwrap());
    assert!(cursor.prev().unwrap());
    assert_eq!(cursor.key().unwrap(), "c");
}
