//! Every tenth write of the engine is a conflict (`debug_mode=(rollback_error=10)`): what retries by
//! itself ends right, and what does not says so and has changed nothing.

use std::collections::BTreeMap;

use wiredtiger::{
    Connection, Error, ErrorKind, IndexOptions, RecordNumber, Session, Table, TableOptions,
    TransactionOptions,
};

fn unlucky() -> (Connection, Session) {
    let options = Connection::options().raw("debug_mode=(rollback_error=10)");
    let connection = options.open_in_memory().unwrap();
    let session = connection.open_session().unwrap();
    (connection, session)
}

fn numbers(session: &mut Session) -> Table<u64, u64> {
    session.create_table("n", &TableOptions::new()).unwrap()
}

fn entries(session: &Session, table: &Table<u64, u64>) -> Vec<(u64, u64)> {
    let range = session.range(table, ..).unwrap();
    range.into_iter().map(Result::unwrap).collect()
}

/// The control of the others.
#[test]
fn a_transaction_of_many_writes_never_ends_well() {
    let (_connection, mut session) = unlucky();
    let table = numbers(&mut session);
    for key in 0..12 {
        session.put(&table, key, 0).unwrap();
    }
    let before = entries(&session, &table);
    for _ in 0..20 {
        let mut txn = session.begin().unwrap();
        let error = (0..12).try_for_each(|key| txn.put(&table, key, 1));
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Rollback);
        assert_eq!(txn.commit().unwrap_err().kind(), ErrorKind::Rollback);
        assert_eq!(entries(&session, &table), before);
    }
}

#[test]
fn writes_outside_of_transactions_end_right() {
    let (_connection, mut session) = unlucky();
    let table = numbers(&mut session);
    let mut map = BTreeMap::new();
    for number in 0..400 {
        let (key, other) = (number % 40, number * 7 % 60);
        session.put(&table, key, number).unwrap();
        map.insert(key, number);
        let there = session.update(&table, other, number).unwrap();
        assert_eq!(there, map.contains_key(&other));
        if there {
            map.insert(other, number);
        }
        match session.insert_new(&table, other, 0) {
            Ok(()) => assert_eq!(map.insert(other, 0), None),
            Err(error) => assert_eq!(error.kind(), ErrorKind::DuplicateKey),
        }
        let mut cursor = session.cursor_mut(&table).unwrap();
        assert!(cursor.search(key).unwrap());
        cursor.update_current(number + 1).unwrap();
        assert_eq!(cursor.entry().unwrap(), (key, number + 1));
        drop(cursor);
        map.insert(key, number + 1);
        let gone = session.remove(&table, number % 13).unwrap();
        assert_eq!(gone, map.remove(&(number % 13)).is_some());
    }
    let map: Vec<(u64, u64)> = map.into_iter().collect();
    assert_eq!(entries(&session, &table), map);
}

/// The engine gives such a conflict to the caller, who searches again.
#[test]
fn an_entry_that_is_not_removed_is_there() {
    let (_connection, mut session) = unlucky();
    let table = numbers(&mut session);
    let mut conflicts = 0;
    for key in 0..100 {
        session.put(&table, key, key).unwrap();
        loop {
            let mut cursor = session.cursor_mut(&table).unwrap();
            assert!(cursor.search(key).unwrap());
            let Err(error) = cursor.remove_current() else {
                break;
            };
            assert_eq!(error.kind(), ErrorKind::Rollback);
            conflicts += 1;
        }
        assert!(entries(&session, &table).is_empty());
    }
    assert!(conflicts > 0);
}

#[test]
fn all_parts_of_a_table_are_written_or_none() {
    let (_connection, mut session) = unlucky();
    let options = TableOptions::new()
        .columns(["key", "half", "text"])
        .column_group("one", ["half"])
        .column_group("two", ["text"]);
    let table: Table<u64, (u64, String)> = session.create_table("g", &options).unwrap();
    session
        .create_index(&table, "by", &["half"], &IndexOptions::new())
        .unwrap();
    let index = session
        .open_index::<u64, u64, _, _>(&table, "by", &["key"])
        .unwrap();
    let mut map = BTreeMap::new();
    for number in 0..400 {
        let (key, other, gone) = (number % 30, number % 11, number % 7);
        session.put(&table, key, (number / 2, "text")).unwrap();
        map.insert(key, number / 2);
        let there = session.update(&table, other, (number, "new")).unwrap();
        assert_eq!(there, map.contains_key(&other));
        if there {
            map.insert(other, number);
        }
        let there = session.remove(&table, gone).unwrap();
        assert_eq!(there, map.remove(&gone).is_some());
    }
    let rows = session.range(&table, ..).unwrap().into_iter();
    let mut expected: Vec<(u64, u64)> = rows
        .map(|row| row.unwrap())
        .map(|row| (row.1.0, row.0))
        .collect();
    expected.sort_unstable();
    let mut found = Vec::new();
    let mut cursor = session.index_cursor(&index).unwrap();
    while cursor.next().unwrap() {
        found.push(cursor.entry().unwrap());
    }
    assert_eq!(found, expected);
}

#[test]
fn numbers_that_are_appended_are_new() {
    let (_connection, mut session) = unlucky();
    let table: Table<RecordNumber, u64> = session.create_table("r", &TableOptions::new()).unwrap();
    let mut last = None;
    for value in 0..100 {
        let number = session.append(&table, value).unwrap();
        assert!(last.is_none_or(|last| last < number));
        assert_eq!(session.get_owned(&table, number).unwrap(), Some(value));
        last = Some(number);
    }
    assert_eq!(session.range(&table, ..).unwrap().into_iter().count(), 100);
}

#[test]
fn a_range_is_removed_or_stays() {
    let (_connection, mut session) = unlucky();
    let table = numbers(&mut session);
    for count in [5, 30] {
        for key in 0..count {
            session.put(&table, key, key).unwrap();
        }
        let before = entries(&session, &table);
        let mut conflicts = 0;
        while let Err(error) = session.truncate(&table, ..) {
            assert_eq!(error.kind(), ErrorKind::Rollback);
            assert_eq!(entries(&session, &table), before);
            conflicts += 1;
            if count > 10 {
                break;
            }
        }
        // More than ten removals always meet one.
        assert!(count <= 10 || conflicts == 1);
    }
}

#[test]
fn transactions_that_are_run_end_right() {
    let (connection, mut session) = unlucky();
    let table = numbers(&mut session);
    let options = TransactionOptions::new().max_retries(10_000);
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (connection, options) = (&connection, &options);
            scope.spawn(move || {
                let mut session = connection.open_session().unwrap();
                for number in 0..100 {
                    session
                        .run(options, |txn| {
                            let count = txn.get_owned(&table, 0)?.unwrap_or(0);
                            txn.put(&table, 0, count + 1)?;
                            txn.put(&table, 1 + 100 * thread + number, count)?;
                            txn.remove(&table, 1000)?;
                            txn.put(&table, 1000, number)?;
                            Ok::<_, Error>(())
                        })
                        .unwrap();
                }
            });
        }
    });
    let entries = entries(&session, &table);
    assert_eq!(entries[0], (0, 300));
    // Each transaction saw another count.
    let mut counts: Vec<u64> = entries[1..301].iter().map(|(_, count)| *count).collect();
    counts.sort_unstable();
    assert!(counts.into_iter().eq(0..300));
}
