//! An index cursor keeps to a range of columns, whatever the table's keys behind them are.

use std::ops::Bound;

use proptest::prelude::*;
use wiredtiger::{
    Collate, Connection, ErrorKind, Index, IndexOptions, Pack, Session, Table, TableOptions,
};

use crate::common::in_memory;

type Numbers<T> = Table<u64, (T, u64)>;
type ByNumber<T> = Index<T, (u64,)>;

/// A table of numbers with an index of their column, and the index.
fn indexed<T: Pack>(session: &mut Session) -> (Numbers<T>, ByNumber<T>) {
    let options = TableOptions::new().columns(["id", "of", "twice"]);
    let table = session.create_table("numbers", &options).unwrap();
    session
        .create_index(&table, "by", &["of"], &IndexOptions::new())
        .unwrap();
    let index = session.open_index(&table, "by", &["id"]).unwrap();
    (table, index)
}

fn found<'k, T: Pack>(
    session: &Session,
    index: &ByNumber<T>,
    range: (Bound<T::Ref<'k>>, Bound<T::Ref<'k>>),
) -> Option<(Vec<u64>, Vec<u64>)> {
    let mut cursor = session.index_cursor(index).unwrap();
    if !cursor.set_bounds(range).unwrap() {
        return None;
    }
    let mut there = Vec::new();
    while cursor.next().unwrap() {
        there.push(cursor.value().unwrap().0);
    }
    let mut back = Vec::new();
    while cursor.prev().unwrap() {
        back.push(cursor.value().unwrap().0);
    }
    Some((there, back))
}

fn bound(kind: u8, value: i16) -> Bound<i16> {
    match kind {
        0 => Bound::Included(value),
        1 => Bound::Excluded(value),
        _ => Bound::Unbounded,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_entries_are_those_of_the_range(
        values in proptest::collection::vec(-70_i16..70, 0..40),
        ranges in proptest::collection::vec((0_u8..3, -72_i16..72, 0_u8..3, -72_i16..72), 1..12),
    ) {
        let (_connection, mut session, _) = in_memory();
        let (table, index) = indexed::<i16>(&mut session);
        for (id, value) in (1..).zip(&values) {
            session.put(&table, id, (*value, 0)).unwrap();
        }
        let mut sorted: Vec<(i16, u64)> = values.iter().copied().zip(1..).collect();
        sorted.sort_unstable();
        for (from_kind, from, to_kind, to) in ranges {
            let range = (bound(from_kind, from), bound(to_kind, to));
            let expected: Vec<u64> = sorted
                .iter()
                .filter(|(value, _)| std::ops::RangeBounds::contains(&range, value))
                .map(|(_, id)| *id)
                .collect();
            match found(&session, &index, range) {
                None => prop_assert!(expected.is_empty(), "{range:?}"),
                Some((there, mut back)) => {
                    back.reverse();
                    prop_assert_eq!(&there, &expected, "{:?}", range);
                    prop_assert_eq!(&back, &expected, "{:?}", range);
                }
            }
        }
    }
}

#[test]
fn searches_keep_to_the_bounds_until_a_reset() {
    let (_connection, mut session, _) = in_memory();
    let (table, index) = indexed::<String>(&mut session);
    for (id, word) in (1..).zip(["ant", "bee", "bee", "cat", "dog"]) {
        session.put(&table, id, (word, 0)).unwrap();
    }
    let mut cursor = session.index_cursor(&index).unwrap();
    assert!(cursor.set_bounds("bee".."dog").unwrap());
    assert!(!cursor.search("ant").unwrap());
    assert!(!cursor.search("dog").unwrap());
    assert!(cursor.search("cat").unwrap());
    assert!(!cursor.next().unwrap());
    let near = cursor.search_near("a").unwrap().unwrap();
    assert!(near.is_gt());
    assert_eq!(cursor.entry().unwrap(), ("bee", (2,)));
    // New bounds take the place of the old ones; a reset takes them away.
    assert!(cursor.set_bounds(..="bee").unwrap());
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.value().unwrap(), (1,));
    cursor.reset().unwrap();
    assert!(cursor.search("dog").unwrap());
    assert!(!cursor.set_bounds("b".."b").unwrap());
    assert!(cursor.search("dog").unwrap(), "no limit");
}

/// The engine counts a key up to leave out its entries, which it cannot do with the last of all.
#[test]
fn nothing_comes_behind_the_last_key_that_there_can_be() {
    let (_connection, mut session, _) = in_memory();
    let (table, index) = indexed::<u8>(&mut session);
    for (id, value) in [(1, 0), (2, 254), (3, 255), (4, 255)] {
        session.put(&table, id, (value, 0)).unwrap();
    }
    let mut txn = session.begin().unwrap();
    let after = |value| (Bound::Excluded(value), Bound::Unbounded);
    assert_eq!(found(&txn, &index, after(255)), None);
    assert_eq!(found(&txn, &index, after(254)).unwrap().0, [3, 4]);
    let whole = (Bound::Excluded(0), Bound::Included(255));
    assert_eq!(found(&txn, &index, whole).unwrap().0, [2, 3, 4]);
    txn.put(&table, 5, (7, 0)).unwrap();
    txn.commit().unwrap();
}

struct Reverse;

impl Collate for Reverse {
    fn compare(&self, one: &[u8], other: &[u8]) -> std::cmp::Ordering {
        other.cmp(one)
    }
}

#[test]
fn bounds_that_the_engine_would_miscount_are_refused() {
    let options = Connection::options().collator("reverse", Reverse);
    let connection = options.open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let options = TableOptions::new().columns(["id", "of", "twice"]);
    let table: Table<u64, (u16, u64)> = session.create_table("numbers", &options).unwrap();
    let reverse = IndexOptions::new().collator("reverse");
    session
        .create_index(&table, "by", &["of"], &reverse)
        .unwrap();
    for id in 1..=5 {
        session.put(&table, id, (id as u16 * 10, 0)).unwrap();
    }
    let index: Index<u16, (u64,)> = session.open_index(&table, "by", &["id"]).unwrap();
    let mut cursor = session.index_cursor(&index).unwrap();
    for range in [
        (Bound::Excluded(40), Bound::Unbounded),
        (Bound::Unbounded, Bound::Included(20)),
    ] {
        let refused = cursor.set_bounds(range).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotSupported, "{refused}");
    }
    assert!(cursor.next().unwrap() && cursor.next().unwrap());
    let double = cursor.duplicate().unwrap();
    assert_eq!(double.entry().unwrap(), (40, (4,)));
}

#[test]
fn rows_of_tables_and_indexes_have_bounds() {
    let (_connection, mut session, _) = in_memory();
    let (table, _) = indexed::<u16>(&mut session);
    for id in 1..=9 {
        session.put(&table, id, (id as u16 / 2, id * 2)).unwrap();
    }
    let rows = session.open_dyn_table("numbers").unwrap();
    let by = session.open_dyn_index(&rows, "by", &["id"]).unwrap();
    let ids = |table, column, from: u64, to: u64| {
        let (from, to) = ([from.into()], [to.into()]);
        let mut cursor = session.row_cursor(table).unwrap();
        assert!(cursor.set_bounds(&from[..]..=&to[..]).unwrap());
        let mut ids = Vec::new();
        while cursor.next().unwrap() {
            let (key, value) = cursor.entry().unwrap();
            let row = if column { key } else { value };
            ids.push(row.get(0).unwrap().as_uint().unwrap());
        }
        ids
    };
    assert_eq!(ids(&rows, true, 3, 5), [3, 4, 5]);
    assert_eq!(ids(&by, false, 2, 3), [4, 5, 6, 7]);

    // Some columns, read only.
    let twice = session.project_rows(&rows, &["twice", "of"]).unwrap();
    assert_eq!(twice.columns(), ["id", "twice", "of"]);
    let row = session.get_row(&twice, &[3.into()]).unwrap().unwrap();
    let values = row.row().values().unwrap();
    assert_eq!(values, [6_u64.into(), 1_u64.into()]);
    drop(row);
    let refused = session.put_row(&twice, &[3.into()], &[1.into(), 1.into()]);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotSupported);

    // Ranges are removed, and the table as a whole is named by its handle.
    let (from, to) = ([2.into()], [8.into()]);
    session.truncate_rows(&rows, &from[..]..&to[..]).unwrap();
    let left: Vec<u64> = session
        .range(&table, ..)
        .unwrap()
        .into_iter()
        .map(|entry| entry.unwrap().0)
        .collect();
    assert_eq!(left, [1, 8, 9]);
    let refused = session.clear_table(&by).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotSupported, "{refused}");
    session.clear_table(&rows).unwrap();
    assert!(session.get_row(&rows, &[1.into()]).unwrap().is_none());
}
