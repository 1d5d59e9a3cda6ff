//! Rules 20 and 27: where a cursor is after each call.

use std::cmp::Ordering;

use wiredtiger::{Connection, ErrorKind, Session, Table, TableOptions};

fn numbers() -> (Connection, Session, Table<u64, u64>) {
    let connection = Connection::options().open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session.create_table("n", &TableOptions::new()).unwrap();
    for number in (10..=50).step_by(10) {
        session.put(&table, number, number).unwrap();
    }
    (connection, session, table)
}

#[test]
fn steps_wrap_at_the_ends() {
    let (_connection, session, table) = numbers();
    let mut cursor = session.cursor(&table).unwrap();
    let mut seen = Vec::new();
    while cursor.next().unwrap() {
        seen.push(cursor.key().unwrap());
    }
    assert_eq!(seen, [10, 20, 30, 40, 50]);
    assert_eq!(cursor.key().unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.key().unwrap(), 10);
    assert!(!cursor.prev().unwrap());
    assert!(cursor.prev().unwrap());
    assert_eq!(cursor.key().unwrap(), 50);
    cursor.reset().unwrap();
    assert!(cursor.value().is_err());
}

#[test]
fn near_prefers_the_larger() {
    let (_connection, mut session, table) = numbers();
    let mut cursor = session.cursor(&table).unwrap();
    for (key, found, order) in [
        (10, 10, Ordering::Equal),
        (1, 10, Ordering::Greater),
        (31, 40, Ordering::Greater),
        (99, 50, Ordering::Less),
    ] {
        assert_eq!(cursor.search_near(key).unwrap(), Some(order), "{key}");
        assert_eq!(cursor.key().unwrap(), found);
    }
    drop(cursor);
    let empty = session
        .create_table::<u64, u64>("empty", &TableOptions::new())
        .unwrap();
    assert_eq!(
        session.cursor(&empty).unwrap().search_near(1).unwrap(),
        None
    );
}

#[test]
fn writes_at_a_position() {
    let (_connection, mut session, table) = numbers();
    let mut cursor = session.cursor_mut(&table).unwrap();
    assert!(cursor.search(20).unwrap());
    cursor.update_current(21).unwrap();
    assert_eq!(cursor.entry().unwrap(), (20, 21));
    cursor.remove_current().unwrap();
    assert_eq!(cursor.key().unwrap(), 20);
    assert_eq!(
        cursor.value().unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert!(cursor.update_current(1).is_err());
    assert!(cursor.remove_current().is_err());
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.key().unwrap(), 30);

    cursor.insert(25, 25).unwrap();
    assert!(cursor.key().is_err(), "an insert leaves no position");
    assert!(cursor.search(30).unwrap());
    assert!(cursor.remove(25).unwrap());
    assert!(cursor.key().is_err(), "nor does the removal of a key");
    assert!(!cursor.remove(25).unwrap());
    assert!(cursor.key().is_err());
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.key().unwrap(), 10);
    drop(cursor);
    let left: Vec<u64> = session
        .range(&table, ..)
        .unwrap()
        .into_iter()
        .map(|entry| entry.unwrap().0)
        .collect();
    assert_eq!(left, [10, 30, 40, 50]);
}

#[test]
fn bounds_hold_until_the_reset() {
    let (_connection, session, table) = numbers();
    let mut cursor = session.cursor(&table).unwrap();
    assert!(cursor.search(50).unwrap());
    assert!(cursor.set_bounds(20..40).unwrap());
    assert!(cursor.value().is_err(), "limits take the position away");
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.key().unwrap(), 20);
    assert!(
        !cursor.search(40).unwrap(),
        "outside the bounds there is nothing"
    );
    cursor.reset().unwrap();
    assert!(cursor.search(40).unwrap());
    assert!(!cursor.set_bounds(40..40).unwrap());
    let reversed = (std::ops::Bound::Included(41), std::ops::Bound::Included(40));
    assert!(!cursor.set_bounds(reversed).unwrap());
    assert!(cursor.search(10).unwrap(), "an empty range is no limit");
}

#[test]
fn a_failed_write_outside_a_transaction_takes_the_position() {
    let (_connection, mut session, table) = numbers();
    session.put(&table, 1, 1).unwrap();
    let mut cursor = session.cursor_mut(&table).unwrap();
    assert!(cursor.search(10).unwrap());
    assert!(!cursor.remove(11).unwrap());
    assert!(cursor.key().is_err());
    assert!(cursor.update_current(5).is_err());
    drop(cursor);
    assert_eq!(session.get_owned(&table, 10).unwrap(), Some(10));
}

#[test]
fn bounds_outlive_misses_failures_and_writes() {
    let (_connection, mut session, table) = numbers();
    let mut cursor = session.cursor_mut(&table).unwrap();
    assert!(cursor.set_bounds(20..=40).unwrap());
    let seen = |cursor: &mut wiredtiger::CursorMut<'_, u64, u64>| {
        let mut keys = Vec::new();
        while cursor.next().unwrap() {
            keys.push(cursor.key().unwrap());
        }
        keys
    };
    assert_eq!(seen(&mut cursor), [20, 30, 40]);
    assert!(!cursor.search(25).unwrap());
    assert_eq!(seen(&mut cursor), [20, 30, 40]);
    assert!(!cursor.search(50).unwrap());
    assert!(!cursor.remove(50).unwrap());
    cursor.insert(35, 35).unwrap();
    assert_eq!(
        cursor.insert(60, 60).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(seen(&mut cursor), [20, 30, 35, 40]);
    assert!(cursor.search(30).unwrap());
    assert!(cursor.remove(35).unwrap());
    assert_eq!(seen(&mut cursor), [20, 30, 40]);
    cursor.insert(30, 31).unwrap();
    drop(cursor);
    // The cursor that comes back from the cache has none.
    assert_eq!(session.get_owned(&table, 50).unwrap(), Some(50));
    assert_eq!(session.get_owned(&table, 60).unwrap(), None);
}
