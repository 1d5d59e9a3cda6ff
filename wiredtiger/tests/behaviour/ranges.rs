use std::ops::Bound;

use wiredtiger::{Collate, Connection, ErrorKind, Table, TableOptions};

use crate::common::{in_memory, temp};

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

#[test]
fn a_prefix_is_a_range() {
    let (_connection, mut session, texts) = in_memory();
    let bytes: Table<Vec<u8>, u64> = session.create_table("bytes", &TableOptions::new()).unwrap();
    let keys: [&[u8]; 9] = [
        b"a",
        b"a\0",
        b"a\x01",
        b"ab",
        b"ab\xff",
        b"ab\xff\xff",
        b"ac",
        b"\xff",
        b"\xff\xffx",
    ];
    for key in keys {
        session.put(&bytes, key, 1).unwrap();
    }
    let words = [
        "",
        "a",
        "ab",
        "ab\u{10ffff}",
        "abc",
        "ac",
        "\u{7f}",
        "\u{7f}x",
        "ü",
    ];
    for word in words {
        session.put(&texts, word, "").unwrap();
    }
    for prefix in keys
        .into_iter()
        .chain([&b"ab\xff"[..], b"x", b"", b"\xff\xff"])
    {
        let found = session.prefix(&bytes, prefix).unwrap().into_iter();
        let found: Vec<_> = found.map(|entry| entry.unwrap().0).collect();
        let mut expected: Vec<_> = keys.iter().filter(|key| key.starts_with(prefix)).collect();
        expected.sort_unstable();
        assert!(found.iter().eq(expected), "{prefix:?}: {found:?}");
    }
    for prefix in words.into_iter().chain(["b", "ab\u{10fffe}"]) {
        let found = session.prefix(&texts, prefix).unwrap().rev().into_iter();
        let found: Vec<_> = found.map(|entry| entry.unwrap().0).collect();
        let mut expected: Vec<_> = words.iter().filter(|key| key.starts_with(prefix)).collect();
        expected.sort_unstable();
        assert!(found.iter().rev().eq(expected), "{prefix:?}: {found:?}");
    }
    let nul = session.prefix(&texts, "a\0").unwrap_err();
    assert_eq!(nul.kind(), ErrorKind::InteriorNul);

    // Of columns, too, and as a checkpoint has it.
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let options = TableOptions::new()
        .columns(["key", "one", "two"])
        .column_group("first", ["one"])
        .column_group("second", ["two"]);
    let table: Table<String, (u64, u64)> = session.create_table("groups", &options).unwrap();
    for (number, word) in (1..).zip(words) {
        session.put(&table, word, (number, number)).unwrap();
    }
    session.checkpoint().unwrap();
    session.clear_table(&table).unwrap();
    let view = session.at_last_checkpoint();
    let found = view.prefix(&table, "ab").unwrap().into_iter();
    let found: Vec<_> = found.map(|entry| entry.unwrap().1).collect();
    assert_eq!(found, [(3, 3), (5, 5), (4, 4)]);
    assert_eq!(session.prefix(&table, "ab").unwrap().into_iter().count(), 0);
}

struct Backwards;

impl Collate for Backwards {
    fn compare(&self, one: &[u8], other: &[u8]) -> std::cmp::Ordering {
        one.iter().rev().cmp(other.iter().rev())
    }
}

#[test]
fn keys_of_a_collator_have_no_prefix() {
    let options = Connection::options().collator("backwards", Backwards);
    let connection = options.open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let options = TableOptions::new().collator("backwards");
    let table: Table<String, u64> = session.create_table("t", &options).unwrap();
    session.put(&table, "ab", 1).unwrap();
    let refused = session.prefix(&table, "a").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotSupported, "{refused}");
}
