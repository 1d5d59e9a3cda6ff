//! Partial updates, reserving, comparing, the largest key, sampling, bulk loads.

use std::cmp::Ordering;

use proptest::prelude::*;
use wiredtiger::{
    Change, Connection, ErrorKind, Isolation, Session, Table, TableOptions, TransactionOptions,
};

use crate::common::{in_memory, temp};

type Blobs = Table<u64, Vec<u8>>;

fn blobs() -> (Connection, Session, Blobs) {
    let connection = Connection::options().open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session.create_table("b", &TableOptions::new()).unwrap();
    (connection, session, table)
}

fn blobs_on_disk() -> (tempfile::TempDir, Connection, Session, Blobs) {
    let (dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session.create_table("b", &TableOptions::new()).unwrap();
    (dir, connection, session, table)
}

/// What the engine says a change does.
fn apply(value: &mut Vec<u8>, change: &Change<'_>) {
    if value.len() < change.offset {
        value.resize(change.offset, 0);
    }
    let end = change.offset.saturating_add(change.size).min(value.len());
    value.splice(change.offset..end, change.data.iter().copied());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn changes_are_applied_one_after_the_other(
        value in proptest::collection::vec(any::<u8>(), 0..300),
        changes in proptest::collection::vec(
            (0_usize..400, prop_oneof![0_usize..50, Just(usize::MAX)],
             proptest::collection::vec(any::<u8>(), 0..60)),
            0..8,
        ),
    ) {
        let (_connection, mut session, table) = blobs();
        session.put(&table, 1, &value).unwrap();
        let mut expected = value;
        let changes: Vec<_> = changes
            .iter()
            .map(|(offset, size, data)| Change { data, offset: *offset, size: *size })
            .collect();
        changes.iter().for_each(|change| apply(&mut expected, change));
        let mut txn = session.begin().unwrap();
        let mut cursor = txn.cursor_mut(&table).unwrap();
        prop_assert!(cursor.modify(1, &changes).unwrap());
        prop_assert_eq!(cursor.value().unwrap(), &expected[..]);
        drop(cursor);
        txn.commit().unwrap();
        prop_assert_eq!(session.get_owned(&table, 1).unwrap().unwrap(), expected);
    }

    #[test]
    fn calculated_changes_make_the_new_value(
        old in proptest::collection::vec(0_u8..4, 0..600),
        cuts in proptest::collection::vec((0_usize..600, 0_usize..20, proptest::collection::vec(0_u8..4, 0..20)), 0..4),
    ) {
        let (_connection, session, _) = blobs();
        let mut new = old.clone();
        for (offset, size, data) in &cuts {
            apply(&mut new, &Change { data, offset: *offset, size: *size });
        }
        if let Some(changes) = session.calc_modify(&old, &new, 2000, 16).unwrap() {
            let mut made = old;
            changes.iter().for_each(|change| apply(&mut made, change));
            prop_assert_eq!(made, new);
        }
    }
}

#[test]
fn a_small_change_is_found() {
    let (_connection, session, _) = blobs();
    let old: Vec<u8> = (0..2000_u32).map(|number| (number % 251) as u8).collect();
    let mut new = old.clone();
    new.splice(1000..1010, *b"xyz");
    let changes = session.calc_modify(&old, &new, 100, 4).unwrap().unwrap();
    assert!(
        changes
            .iter()
            .map(|change| change.data.len())
            .sum::<usize>()
            < 10
    );
    let mut made = old.clone();
    changes.iter().for_each(|change| apply(&mut made, change));
    assert_eq!(made, new);
    // Too much, too many, too short.
    assert_eq!(session.calc_modify(&old, &new, 1, 4).unwrap(), None);
    assert_eq!(session.calc_modify(&old, &new, 100, 0).unwrap(), None);
    assert_eq!(session.calc_modify(b"a", b"b", 100, 4).unwrap(), None);
    assert!(
        session
            .calc_modify(&old, &old, 100, usize::MAX)
            .unwrap()
            .is_some()
    );
}

/// Rule 29: the engine reserves memory for what lies between before it looks at the size, and its
/// sums wrap around.
#[test]
fn absurd_changes_are_refused() {
    let (_connection, mut session, table) = blobs();
    session.put(&table, 1, b"value").unwrap();
    let mut txn = session.begin().unwrap();
    let mut cursor = txn.cursor_mut(&table).unwrap();
    assert_eq!(
        cursor.modify_current(&[]).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert!(!cursor.modify(2, &[Change::insert(0, b"x")]).unwrap());
    for offset in [usize::MAX, u32::MAX as usize, 17 << 20] {
        let refused = cursor
            .modify(1, &[Change::insert(offset, b"x")])
            .unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{offset}");
    }
    let many = vec![Change::insert(0, b""); 1025];
    assert_eq!(
        cursor.modify(1, &many).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    // The transaction is not lost, and what is large but possible is done.
    let all = Change {
        data: b"",
        offset: 1,
        size: usize::MAX,
    };
    assert!(
        cursor
            .modify(1, &[all, Change::insert(1 << 20, b"end")])
            .unwrap()
    );
    assert_eq!(cursor.value().unwrap().len(), (1 << 20) + 3);
    drop(cursor);
    txn.commit().unwrap();
    assert_eq!(session.get(&table, 1).unwrap().unwrap()[..2], *b"v\0");
}

#[test]
fn changes_need_a_transaction() {
    let (_connection, mut session, table) = blobs();
    session.put(&table, 1, b"value").unwrap();
    let mut cursor = session.cursor_mut(&table).unwrap();
    let refused = cursor.modify(1, &[Change::insert(0, b"x")]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotSupported);
    assert_eq!(
        cursor.reserve(1).unwrap_err().kind(),
        ErrorKind::NotSupported
    );
    drop(cursor);
    let options = TransactionOptions::new().isolation(Isolation::ReadCommitted);
    let mut txn = session.begin_with(&options).unwrap();
    let mut cursor = txn.cursor_mut(&table).unwrap();
    let refused = cursor.modify(1, &[Change::insert(0, b"x")]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotSupported);
    drop(cursor);
    drop(txn);
    assert_eq!(
        &**session.get(&table, 1).unwrap().as_ref().unwrap(),
        b"value"
    );
}

#[test]
fn a_reserved_entry_conflicts() {
    let (connection, mut session, table) = blobs();
    session.put(&table, 1, b"value").unwrap();
    let mut other = connection.open_session().unwrap();
    let mut txn = session.begin().unwrap();
    let mut cursor = txn.cursor_mut(&table).unwrap();
    assert!(!cursor.reserve(2).unwrap());
    assert!(cursor.reserve(1).unwrap());
    assert_eq!(cursor.entry().unwrap(), (1, &b"value"[..]));
    let mut second = other.begin().unwrap();
    assert_eq!(
        second.put(&table, 1, b"x").unwrap_err().kind(),
        ErrorKind::Rollback
    );
    drop(second);
    drop(cursor);
    txn.commit().unwrap();
    other.put(&table, 1, b"x").unwrap();
}

#[test]
fn positions_are_compared_within_one_table_and_session() {
    let (connection, mut session, table) = in_memory();
    for key in ["a", "b", "c"] {
        session.put(&table, key, "1").unwrap();
    }
    let u = session
        .create_table::<String, String>("u", &TableOptions::new())
        .unwrap();
    session.put(&u, "a", "1").unwrap();
    let (mut one, mut two) = (
        session.cursor(&table).unwrap(),
        session.cursor(&table).unwrap(),
    );
    assert_eq!(
        one.compare(&two).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    one.search("a").unwrap();
    assert_eq!(
        one.equals(&two).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    two.search("b").unwrap();
    assert_eq!(one.compare(&two).unwrap(), Ordering::Less);
    assert_eq!(two.compare(&one).unwrap(), Ordering::Greater);
    assert!(!one.equals(&two).unwrap());
    one.next().unwrap();
    assert_eq!(one.compare(&two).unwrap(), Ordering::Equal);
    assert!(one.equals(&two).unwrap());
    // Rule 30: of other tables and sessions the engine would read what is not there.
    let mut of_u = session.cursor(&u).unwrap();
    of_u.search("a").unwrap();
    assert_eq!(
        one.compare(&of_u).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    let other = connection.open_session().unwrap();
    let mut of_other = other.cursor(&table).unwrap();
    of_other.search("a").unwrap();
    assert_eq!(
        one.equals(&of_other).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(one.key().unwrap(), "b");
}

#[test]
fn the_largest_key_is_found() {
    let (_connection, mut session, table) = in_memory();
    let mut cursor = session.cursor(&table).unwrap();
    assert_eq!(cursor.largest_key().unwrap(), None);
    drop(cursor);
    for key in ["a", "m", "c"] {
        session.put(&table, key, "1").unwrap();
    }
    let mut cursor = session.cursor(&table).unwrap();
    cursor.search("a").unwrap();
    assert_eq!(cursor.largest_key().unwrap().as_deref(), Some("m"));
    assert_eq!(cursor.key().unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.key().unwrap(), "a");
    assert!(cursor.set_bounds("a".."c").unwrap());
    assert_eq!(
        cursor.largest_key().unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert!(cursor.next().unwrap());
    assert!(!cursor.next().unwrap());
}

#[test]
fn what_is_there_comes_back_from_an_insert() {
    let (_connection, mut session, table) = in_memory();
    let mut txn = session.begin().unwrap();
    assert_eq!(txn.insert_or_get(&table, "a", "1").unwrap(), None);
    assert_eq!(
        txn.insert_or_get(&table, "a", "2").unwrap().as_deref(),
        Some("1")
    );
    txn.put(&table, "b", "3").unwrap();
    txn.commit().unwrap();
    assert_eq!(
        session.get_owned(&table, "a").unwrap().as_deref(),
        Some("1")
    );
}

#[test]
fn samples_are_of_the_table() {
    let (_connection, mut session, table) = blobs();
    assert!(session.sample(&table).unwrap().next().is_none());
    for number in 0..500 {
        session.put(&table, number, &number.to_le_bytes()).unwrap();
    }
    for sample in [session.sample(&table), session.sample_of(&table, 20)] {
        for entry in sample.unwrap().take(20) {
            let (key, value) = entry.unwrap();
            assert_eq!(value, key.to_le_bytes());
        }
    }
    assert_eq!(
        session.sample_of(&table, 0).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    // One that is forgotten keeps nobody from writing, or from having the table alone.
    let mut sample = session.sample(&table).unwrap();
    sample.next().unwrap().unwrap();
    std::mem::forget(sample);
    session.put(&table, 1, b"").unwrap();
    session.drop_table(&table).unwrap();
}

/// Rule 33: out of order is an error, and nothing else happens.
#[test]
fn a_bulk_load_is_in_order() {
    let (_dir, _connection, mut session, table) = blobs_on_disk();
    let mut loader = session.bulk_load(&table).unwrap();
    loader.insert(1, b"one").unwrap();
    loader.insert(5, b"").unwrap();
    for key in [5, 4, 1] {
        let refused = loader.insert(key, b"x").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
        assert_eq!(refused.uri(), Some("table:b"));
    }
    loader.insert(6, b"six").unwrap();
    assert_eq!(loader.finish().unwrap(), 3);
    let keys: Vec<_> = session
        .range(&table, ..)
        .unwrap()
        .into_iter()
        .map(|e| e.unwrap().0)
        .collect();
    assert_eq!(keys, [1, 5, 6]);
    // Only a new table is loaded.
    assert_eq!(
        session.bulk_load(&table).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    session.put(&table, 7, b"").unwrap();
}

#[test]
fn a_bulk_load_is_alone() {
    let (_dir, connection, mut session, table) = blobs_on_disk();
    let mut other = connection.open_session().unwrap();
    let cursor = other.cursor(&table).unwrap();
    assert_eq!(
        session.bulk_load(&table).unwrap_err().kind(),
        ErrorKind::Busy
    );
    drop(cursor);
    other.reset().unwrap();
    // Dropped, and forgotten.
    let mut loader = session.bulk_load(&table).unwrap();
    loader.insert(1, b"one").unwrap();
    assert_eq!(other.get(&table, 1).unwrap_err().kind(), ErrorKind::Busy);
    if cfg!(feature = "asan") {
        // Its buffers would be a leak.
        drop(loader);
    } else {
        std::mem::forget(loader);
    }
    session.put(&table, 2, b"two").unwrap();
    assert_eq!(other.range(&table, ..).unwrap().into_iter().count(), 2);
}

#[test]
fn a_database_in_memory_is_loaded_in_any_order() {
    let (_connection, mut session, table) = blobs();
    let mut loader = session.bulk_load(&table).unwrap();
    loader.insert(2, b"two").unwrap();
    loader.insert(1, b"one").unwrap();
    assert_eq!(loader.finish().unwrap(), 2);
    assert_eq!(session.range(&table, ..).unwrap().into_iter().count(), 2);
}
