//! Random changes of a table with column groups and indexes, against a map: what is found by an
//! index, by a projection and by a join is what the table holds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wiredtiger::{
    Comparison, Connection, Index, IndexOptions, Projection, Satisfy, Session, Table, TableOptions,
};

type Key = (u8, String);
type Value = (u16, Vec<u8>, i8);
type Rows = BTreeMap<Key, Value>;

#[derive(Clone, Debug)]
enum Change {
    Put(Key, Value),
    Update(Key, Value),
    Remove(Key),
    /// Through a cursor: what is at this place from the beginning.
    UpdateAt(u8, Value),
    RemoveAt(u8),
    /// All that came since the last one is kept, or taken back.
    End {
        commit: bool,
    },
    Reset,
    Checkpoint,
}

fn key() -> impl Strategy<Value = Key> {
    (0..4u8, "[ab]{0,2}")
}

fn value() -> impl Strategy<Value = Value> {
    let bytes = prop::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..4);
    (0..6u16, bytes, -3..3i8)
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (key(), value()).prop_map(|(key, value)| Change::Put(key, value)),
        2 => (key(), value()).prop_map(|(key, value)| Change::Update(key, value)),
        2 => key().prop_map(Change::Remove),
        1 => (any::<u8>(), value()).prop_map(|(at, value)| Change::UpdateAt(at, value)),
        1 => any::<u8>().prop_map(Change::RemoveAt),
        2 => any::<bool>().prop_map(|commit| Change::End { commit }),
        1 => Just(Change::Reset),
        1 => Just(Change::Checkpoint),
    ]
}

struct Database {
    session: Session,
    table: Table<Key, Value>,
    by_number: Index<u16, (u8, String)>,
    by_bytes: Index<(Vec<u8>, i8), (u16,)>,
    flags: Projection<Key, (Vec<u8>,)>,
    _connection: Connection,
    _dir: tempfile::TempDir,
}

impl Database {
    fn new() -> Self {
        let (dir, home) = crate::common::temp();
        let connection = Connection::create(home).unwrap();
        let mut session = connection.open_session().unwrap();
        let options = TableOptions::new()
            .columns(["k", "name", "number", "bytes", "small"])
            .column_group("numbers", ["number", "small"])
            .column_group("bytes", ["bytes"]);
        let table = session.create_table("rows", &options).unwrap();
        let new = IndexOptions::new();
        session
            .create_index(&table, "number", &["number"], &new)
            .unwrap();
        session
            .create_index(&table, "bytes", &["bytes", "small"], &new)
            .unwrap();
        Self {
            by_number: session
                .open_index(&table, "number", &["k", "name"])
                .unwrap(),
            by_bytes: session.open_index(&table, "bytes", &["number"]).unwrap(),
            flags: session.project(&table, &["bytes"]).unwrap(),
            session,
            table,
            _connection: connection,
            _dir: dir,
        }
    }

    /// Runs the changes up to the next end of a transaction in one; the map as it is afterwards.
    fn transaction(&mut self, changes: &[Change], commit: bool, rows: &Rows) -> Rows {
        let table = self.table;
        let mut next = rows.clone();
        let mut txn = self.session.begin().unwrap();
        for change in changes {
            match change {
                Change::Put((k, name), (number, bytes, small)) => {
                    txn.put(&table, (*k, name), (*number, bytes, *small))
                        .unwrap();
                    next.insert((*k, name.clone()), (*number, bytes.clone(), *small));
                }
                Change::Update((k, name), (number, bytes, small)) => {
                    let known = txn
                        .update(&table, (*k, name), (*number, bytes, *small))
                        .unwrap();
                    let entry = next.get_mut(&(*k, name.clone()));
                    assert_eq!(known, entry.is_some());
                    entry
                        .into_iter()
                        .for_each(|entry| *entry = (*number, bytes.clone(), *small));
                }
                Change::Remove((k, name)) => {
                    let known = txn.remove(&table, (*k, name)).unwrap();
                    assert_eq!(known, next.remove(&(*k, name.clone())).is_some());
                }
                Change::UpdateAt(at, _) | Change::RemoveAt(at) => {
                    let Some(key) = next.keys().nth(usize::from(*at) % 9).cloned() else {
                        continue;
                    };
                    let mut cursor = txn.cursor_mut(&table).unwrap();
                    for _ in 0..=usize::from(*at) % 9 {
                        assert!(cursor.next().unwrap());
                    }
                    assert_eq!(cursor.key().unwrap(), (key.0, &key.1[..]));
                    if let Change::UpdateAt(_, (number, bytes, small)) = change {
                        cursor.update_current((*number, bytes, *small)).unwrap();
                        next.insert(key, (*number, bytes.clone(), *small));
                    } else {
                        cursor.remove_current().unwrap();
                        next.remove(&key);
                    }
                }
                Change::End { .. } | Change::Reset | Change::Checkpoint => {}
            }
        }
        if commit {
            txn.commit().unwrap();
            next
        } else {
            txn.rollback().unwrap();
            rows.clone()
        }
    }

    fn check(&self, rows: &Rows) {
        let stored: Rows = self
            .session
            .range(&self.table, ..)
            .unwrap()
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(stored, *rows);
        let mut expected: Vec<_> = rows
            .iter()
            .map(|((k, name), value)| (value.0, *k, name.clone()))
            .collect();
        expected.sort();
        let mut found = Vec::new();
        let mut cursor = self.session.index_cursor(&self.by_number).unwrap();
        while cursor.next().unwrap() {
            let (number, (k, name)) = cursor.entry().unwrap();
            found.push((number, k, name.to_owned()));
        }
        assert_eq!(found, expected);
        let mut cursor = self.session.index_cursor(&self.by_bytes).unwrap();
        for (number, bytes, small) in rows.values() {
            assert!(cursor.search((bytes, *small)).unwrap());
            let (key, _) = cursor.entry().unwrap();
            assert_eq!(key, (&bytes[..], *small));
            let same = |row: &&Value| (&row.1, row.2) == (bytes, *small);
            let numbers: Vec<u16> = rows.values().filter(same).map(|row| row.0).collect();
            assert!(numbers.contains(&cursor.value().unwrap().0), "{number}");
        }
        let mut cursor = self.session.projected(&self.flags).unwrap();
        for ((k, name), value) in rows {
            assert!(cursor.next().unwrap());
            assert_eq!(cursor.entry().unwrap(), ((*k, &name[..]), (&value.1[..],)));
        }
        assert!(!cursor.next().unwrap());
        let mut join = self.session.join(&self.table, Satisfy::All).unwrap();
        join.on_index(&self.by_number, Comparison::GreaterOrEqual, 2)
            .unwrap();
        join.on_index(&self.by_number, Comparison::Less, 5).unwrap();
        join.on_key(Comparison::Greater, (1, "a")).unwrap();
        let mut joined = BTreeSet::new();
        while join.next().unwrap() {
            let (k, name) = join.key().unwrap();
            joined.insert((k, name.to_owned()));
        }
        let wanted = |(key, value): &(&Key, &Value)| {
            (2..5).contains(&value.0) && **key > (1, "a".to_owned())
        };
        assert_eq!(
            joined,
            rows.iter()
                .filter(wanted)
                .map(|(key, _)| key.clone())
                .collect()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_happens_to_the_rows(changes in prop::collection::vec(change(), 1..60)) {
        let mut database = Database::new();
        let mut rows = Rows::new();
        for part in changes.split_inclusive(|change| matches!(change, Change::End { .. })) {
            let commit = !matches!(part.last(), Some(Change::End { commit: false }));
            rows = database.transaction(part, commit, &rows);
            for change in part {
                match change {
                    Change::Reset => database.session.reset().unwrap(),
                    Change::Checkpoint => database.session.checkpoint().unwrap(),
                    _ => {}
                }
            }
            database.check(&rows);
        }
    }
}
