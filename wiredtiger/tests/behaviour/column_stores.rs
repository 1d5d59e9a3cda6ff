//! Tables whose keys are record numbers: rules 15, 23 and 27.

use wiredtiger::{Bits, ErrorKind, RecordNumber, Table, TableOptions, Value};

use crate::common::{in_memory, temp};

fn number(number: u64) -> RecordNumber {
    RecordNumber::new(number).unwrap()
}

#[test]
fn records_are_numbered_by_the_table() {
    let (_connection, mut session, _) = in_memory();
    let table: Table<RecordNumber, (String, u16)> =
        session.create_table("c", &TableOptions::new()).unwrap();
    assert_eq!(
        session.append(&table, ("one", 1)).unwrap(),
        RecordNumber::FIRST
    );
    assert_eq!(session.append(&table, ("two", 2)).unwrap().get(), 2);
    session.put(&table, number(300), ("later", 300)).unwrap();
    let mut txn = session.begin().unwrap();
    assert_eq!(txn.append(&table, ("after", 301)).unwrap().get(), 301);
    let mut appender = txn.appender(&table).unwrap();
    for expected in 302..310 {
        assert_eq!(appender.append(("more", 0)).unwrap().get(), expected);
    }
    drop(appender);
    txn.commit().unwrap();

    assert_eq!(
        session.get_owned(&table, number(2)).unwrap(),
        Some(("two".into(), 2))
    );
    assert!(session.get(&table, number(3)).unwrap().is_none());
    assert!(session.remove(&table, number(2)).unwrap());
    assert!(session.update(&table, number(1), ("ONE", 1)).unwrap());
    assert!(!session.update(&table, number(2), ("TWO", 2)).unwrap());
    let keys = |range: wiredtiger::Range<'_, RecordNumber, (String, u16)>| -> Vec<u64> {
        range
            .into_iter()
            .map(|entry| entry.unwrap().0.get())
            .collect()
    };
    assert_eq!(
        keys(session.range(&table, ..number(302)).unwrap()),
        [1, 300, 301]
    );
    let between = session.range(&table, number(300)..=number(303)).unwrap();
    assert_eq!(keys(between.rev()), [303, 302, 301, 300]);
    let mut cursor = session.cursor(&table).unwrap();
    assert!(cursor.search(number(301)).unwrap());
    assert_eq!(cursor.entry().unwrap(), (number(301), ("after", 301)));
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.key().unwrap(), number(302));
    cursor.search_near(number(2)).unwrap();
    assert!([1, 300].contains(&cursor.key().unwrap().get()));
}

/// The engine stops the whole database at the record number zero.
#[test]
fn there_is_no_record_zero() {
    let (_connection, mut session, strings) = in_memory();
    let table: Table<RecordNumber, u64> = session.create_table("c", &TableOptions::new()).unwrap();
    assert_eq!(RecordNumber::new(0), None);
    let error = RecordNumber::try_from(u64::MAX).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let dynamic = session.open_dyn_table("c").unwrap();
    assert!(dynamic.key_format().is_record_number());
    for bad in [0, 1 << 63, u64::MAX] {
        let key = [Value::Uint(bad)];
        let error = session.put_row(&dynamic, &key, &[1.into()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        assert!(session.get_row(&dynamic, &key).is_err());
        assert!(session.remove_row(&dynamic, &key).is_err());
        assert!(session.row_cursor(&dynamic).unwrap().search(&key).is_err());
    }
    assert_eq!(session.append_row(&dynamic, &[5.into()]).unwrap(), 1);
    assert_eq!(session.get_owned(&table, number(1)).unwrap(), Some(5));
    // The largest one is stored, and then there is no next one.
    session.put(&table, number(1 << 62), 6).unwrap();
    assert_eq!(session.get_owned(&table, number(1 << 62)).unwrap(), Some(6));
    session.put(&strings, "the database", "works").unwrap();
}

#[test]
fn only_column_stores_append() {
    let (_connection, mut session, _) = in_memory();
    let rows = session
        .create_dyn_table(
            "r",
            &"Q".parse().unwrap(),
            &"u".parse().unwrap(),
            &TableOptions::new(),
        )
        .unwrap();
    let error = session.append_row(&rows, &[b"x".into()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert_eq!(session.row_cursor(&rows).unwrap().next().ok(), Some(false));
}

#[test]
fn bit_fields_have_a_value_for_every_number_before_the_last() {
    let (_dir, home) = temp();
    let connection = wiredtiger::Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table: Table<RecordNumber, Bits<3>> =
        session.create_table("bits", &TableOptions::new()).unwrap();
    let bits = |value| Bits::<3>::new(value).unwrap();
    session.append(&table, bits(7)).unwrap();
    session.put(&table, number(4), bits(5)).unwrap();
    session.checkpoint().unwrap();
    // The gap reads as zeros, and removing is storing zero.
    let all = |session: &wiredtiger::Session| -> Vec<u8> {
        session
            .range(&table, ..)
            .unwrap()
            .into_iter()
            .map(|entry| entry.unwrap().1.get())
            .collect()
    };
    assert_eq!(all(&session), [7, 0, 0, 5]);
    assert!(session.remove(&table, number(1)).unwrap());
    assert_eq!(all(&session), [0, 0, 0, 5]);
    assert!(session.open_table::<RecordNumber, Bits<4>>("bits").is_err());
    assert_eq!(
        session
            .open_dyn_table("bits")
            .unwrap()
            .value_format()
            .as_str(),
        "3t"
    );
}

#[test]
fn a_failed_append_leaves_nothing_behind() {
    let (_connection, mut session, _) = in_memory();
    let table: Table<RecordNumber, String> =
        session.create_table("c", &TableOptions::new()).unwrap();
    let error = session.append(&table, "a\0b").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InteriorNul);
    {
        let mut txn = session.begin().unwrap();
        txn.append(&table, "lost").unwrap();
    }
    assert_eq!(session.range(&table, ..).unwrap().into_iter().count(), 0);
    let next = session.append(&table, "kept").unwrap();
    assert_eq!(
        session.get_owned(&table, next).unwrap().as_deref(),
        Some("kept")
    );
}
