use std::ops::Bound;

use wiredtiger::{Connection, TableOptions};

use crate::common::in_memory;

#[test]
fn all_kinds_of_ends() {
    let connection = Connection::options().open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session
        .create_table::<i64, i64>("n", &TableOptions::new())
        .unwrap();
    for number in -5..=5 {
        session.put(&table, number * 1000, number).unwrap();
    }
    let session = session;
    let keys = |bounds: (Bound<i64>, Bound<i64>)| -> Vec<i64> {
        let forward: Vec<i64> = session
            .range(&table, bounds)
            .unwrap()
            .into_iter()
            .map(|e| e.unwrap().1)
            .collect();
        let mut backward = Vec::new();
        let mut range = session.range(&table, bounds).unwrap().rev();
        while let Some((_, value)) = range.next().unwrap() {
            backward.push(value);
        }
        assert!(
            range.next().unwrap().is_none(),
            "a range that has ended stays so"
        );
        backward.reverse();
        assert_eq!(forward, backward);
        forward
    };
    use Bound::{Excluded, Included, Unbounded};
    assert_eq!(keys((Unbounded, Unbounded)), (-5..=5).collect::<Vec<_>>());
    assert_eq!(
        keys((Included(-2000), Included(2000))),
        (-2..=2).collect::<Vec<_>>()
    );
    assert_eq!(
        keys((Excluded(-2000), Excluded(2000))),
        (-1..=1).collect::<Vec<_>>()
    );
    assert_eq!(
        keys((Included(-1999), Excluded(1999))),
        (-1..=1).collect::<Vec<_>>()
    );
    assert_eq!(keys((Included(4500), Unbounded)), [5]);
    assert_eq!(keys((Unbounded, Excluded(-4000))), [-5]);
    assert_eq!(keys((Included(1000), Included(1000))), [1]);
    assert!(keys((Included(1000), Excluded(1000))).is_empty());
    assert!(keys((Excluded(1000), Excluded(1000))).is_empty());
    assert!(keys((Included(3000), Included(1000))).is_empty());
    assert!(keys((Included(6000), Unbounded)).is_empty());
}

#[test]
fn several_ranges_and_values_at_once() {
    let (_connection, mut session, table) = in_memory();
    for key in ["a", "b", "c"] {
        session.put(&table, key, key).unwrap();
    }
    let mut pairs = Vec::new();
    let held = session.get(&table, "b").unwrap().unwrap();
    let mut outer = session.range(&table, ..).unwrap();
    while let Some((left, _)) = outer.next().unwrap() {
        for entry in session.range(&table, left..).unwrap() {
            pairs.push(format!("{left}{}", entry.unwrap().0));
        }
    }
    assert_eq!(pairs, ["aa", "ab", "ac", "bb", "bc", "cc"]);
    assert_eq!(held.get().unwrap(), "b");
}

#[test]
fn a_range_sees_one_state() {
    let (connection, mut writer, table) = in_memory();
    for number in 0..100 {
        writer.put(&table, &format!("{number:03}"), "old").unwrap();
    }
    let reader = connection.open_session().unwrap();
    let mut range = reader.range(&table, ..).unwrap();
    let mut count = 0;
    while let Some((_, value)) = range.next().unwrap() {
        assert_eq!(value, "old");
        count += 1;
        writer.put(&table, &format!("{count:03}"), "new").unwrap();
        writer.put(&table, &format!("{count:03}+"), "new").unwrap();
    }
    assert_eq!(count, 100);
}
