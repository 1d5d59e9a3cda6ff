//! A duplicated cursor is at the same entry, and goes its own way from there.

use std::cmp::Ordering;

use wiredtiger::{ErrorKind, Index, IndexOptions, Table, TableOptions};

use crate::common::in_memory;

#[test]
fn two_cursors_part_at_one_entry() {
    let (_connection, mut session, table) = in_memory();
    for key in ["a", "b", "c", "d"] {
        session.put(&table, key, key).unwrap();
    }
    let mut first = session.cursor(&table).unwrap();
    let nowhere = first.duplicate().unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::InvalidArgument, "{nowhere}");

    assert!(first.set_bounds("b"..="c").unwrap());
    assert!(first.search("b").unwrap());
    let mut second = first.duplicate().unwrap();
    assert!(first.equals(&second).unwrap());
    assert!(second.prev().unwrap(), "it has no bounds");
    assert_eq!(second.entry().unwrap(), ("a", "a"));
    assert_eq!(first.entry().unwrap(), ("b", "b"));
    assert_eq!(second.compare(&first).unwrap(), Ordering::Less);
    // It does not need the first one.
    let third = first.duplicate().unwrap();
    drop(first);
    assert!(second.next().unwrap());
    assert!(second.equals(&third).unwrap());
    assert_eq!(third.value().unwrap(), "b");
}

#[test]
fn a_writing_cursor_lends_one_that_reads() {
    let (_connection, mut session, table) = in_memory();
    for key in ["a", "b", "c"] {
        session.put(&table, key, key).unwrap();
    }
    let mut txn = session.begin().unwrap();
    let mut cursor = txn.cursor_mut(&table).unwrap();
    assert!(cursor.search("b").unwrap());
    cursor.update_current("changed").unwrap();
    let mut ahead = cursor.duplicate().unwrap();
    assert_eq!(ahead.value().unwrap(), "changed");
    assert!(ahead.next().unwrap());
    assert_eq!(ahead.key().unwrap(), "c");
    drop(ahead);
    cursor.remove_current().unwrap();
    let gone = cursor.duplicate().unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::InvalidArgument, "{gone}");
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.duplicate().unwrap().key().unwrap(), "c");
    drop(cursor);
    txn.commit().unwrap();
}

#[test]
fn of_an_index_it_is_the_same_of_several_entries() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new().columns(["id", "town", "note"]);
    let people: Table<u64, (String, Vec<u8>)> = session.create_table("p", &options).unwrap();
    session
        .create_index(&people, "by_town", &["town"], &IndexOptions::new())
        .unwrap();
    for id in 1..=5 {
        session.put(&people, id, ("Bonn", &[id as u8])).unwrap();
    }
    let by_town: Index<String, (u64,)> = session.open_index(&people, "by_town", &["id"]).unwrap();
    let mut first = session.index_cursor(&by_town).unwrap();
    assert!(first.search("Bonn").unwrap());
    for _ in 0..2 {
        assert!(first.next().unwrap());
    }
    let mut second = first.duplicate().unwrap();
    assert_eq!(second.entry().unwrap(), ("Bonn", (3,)));
    assert!(second.equals(&first).unwrap());
    assert!(second.next().unwrap());
    assert_eq!(second.value().unwrap(), (4,));
    assert_eq!(second.compare(&first).unwrap(), Ordering::Greater);
    assert_eq!(first.value().unwrap(), (3,));
    drop((first, second));

    let rows = session.open_dyn_table("p").unwrap();
    let towns = session.open_dyn_index(&rows, "by_town", &["id"]).unwrap();
    for table in [&rows, &towns] {
        let mut first = session.row_cursor(table).unwrap();
        for _ in 0..3 {
            assert!(first.next().unwrap());
        }
        let mut second = first.duplicate().unwrap();
        assert!(second.equals(&first).unwrap());
        assert_eq!(
            second.value().unwrap().values().unwrap(),
            first.value().unwrap().values().unwrap()
        );
        assert!(second.next().unwrap());
        assert_eq!(second.compare(&first).unwrap(), Ordering::Greater);
    }
    let mut writer = session.row_cursor_mut(&rows).unwrap();
    assert!(writer.search(&[2.into()]).unwrap());
    let reader = writer.duplicate().unwrap();
    assert_eq!(reader.key().unwrap().get(0).unwrap().as_uint(), Some(2));
}
