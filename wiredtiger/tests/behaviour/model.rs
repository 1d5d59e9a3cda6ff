//! Random work on a table and on a `BTreeMap`: both must agree at every step.

use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::prelude::*;
use wiredtiger::{Connection, Durability, ErrorKind, Session, Table, TableOptions};

use crate::common::temp;

#[derive(Clone, Debug)]
enum Step {
    Put(i64, Vec<u8>),
    InsertNew(i64, Vec<u8>),
    Update(i64, Vec<u8>),
    Remove(i64),
    Get(i64),
    Near(i64),
    Range(Bound<i64>, Bound<i64>, bool),
    /// Goes to a key with a cursor, and writes or removes there.
    At(i64, Option<Vec<u8>>),
    Checkpoint,
    Reopen,
    /// A transaction of these steps, and whether it is committed.
    Transaction(Vec<Step>, bool),
}

type Model = BTreeMap<i64, Vec<u8>>;

/// Few keys, so that steps meet; some where the packing changes its size.
fn key() -> impl Strategy<Value = i64> {
    prop_oneof![4 => -12i64..12, 1 => prop::sample::select(vec![
        i64::MIN, -8257, -8256, -65, -64, 63, 64, 8255, 8256, i64::MAX,
    ])]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        Just(vec![7; 5000])
    ]
}

fn bound() -> impl Strategy<Value = Bound<i64>> {
    prop_oneof![
        key().prop_map(Bound::Included),
        key().prop_map(Bound::Excluded),
        Just(Bound::Unbounded)
    ]
}

fn work() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (key(), value()).prop_map(|(k, v)| Step::Put(k, v)),
        2 => (key(), value()).prop_map(|(k, v)| Step::InsertNew(k, v)),
        2 => (key(), value()).prop_map(|(k, v)| Step::Update(k, v)),
        2 => key().prop_map(Step::Remove),
        2 => key().prop_map(Step::Get),
        2 => key().prop_map(Step::Near),
        2 => (bound(), bound(), any::<bool>()).prop_map(|(a, b, rev)| Step::Range(a, b, rev)),
        2 => (key(), prop::option::of(value())).prop_map(|(k, v)| Step::At(k, v)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => work(),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Reopen),
        3 => (prop::collection::vec(work(), 0..8), any::<bool>())
            .prop_map(|(steps, commit)| Step::Transaction(steps, commit)),
    ]
}

/// What a session and a transaction both can.
macro_rules! apply {
    ($target:expr, $table:expr, $model:expr, $step:expr) => {
        match $step {
            Step::Put(key, value) => {
                $target.put($table, *key, value).unwrap();
                $model.insert(*key, value.clone());
            }
            Step::InsertNew(key, value) => match $target.insert_new($table, *key, value) {
                Ok(()) => assert!($model.insert(*key, value.clone()).is_none()),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::DuplicateKey);
                    assert!($model.contains_key(key));
                }
            },
            Step::Update(key, value) => {
                let there = $target.update($table, *key, value).unwrap();
                assert_eq!(there, $model.contains_key(key));
                if there {
                    $model.insert(*key, value.clone());
                }
            }
            Step::Remove(key) => {
                let there = $target.remove($table, *key).unwrap();
                assert_eq!(there, $model.remove(key).is_some());
            }
            Step::At(key, value) => {
                let mut cursor = $target.cursor_mut($table).unwrap();
                let there = cursor.search(*key).unwrap();
                assert_eq!(there, $model.contains_key(key));
                match value {
                    Some(value) if there => {
                        cursor.update_current(value).unwrap();
                        assert_eq!(cursor.entry().unwrap(), (*key, value.as_slice()));
                        $model.insert(*key, value.clone());
                    }
                    None if there => {
                        cursor.remove_current().unwrap();
                        $model.remove(key);
                        let next = cursor.next().unwrap().then(|| cursor.key().unwrap());
                        let above = (Bound::Excluded(*key), Bound::Unbounded);
                        assert_eq!(next, $model.range(above).next().map(|(key, _)| *key));
                    }
                    _ => assert!(cursor.value().is_err()),
                }
            }
            Step::Get(key) => {
                let value = $target.get($table, *key).unwrap();
                assert_eq!(value.as_deref(), $model.get(key).map(Vec::as_slice));
            }
            Step::Near(key) => near(&$target, $table, &$model, *key),
            Step::Range(from, to, reverse) => {
                range(&$target, $table, &$model, (*from, *to), *reverse)
            }
            Step::Checkpoint | Step::Reopen | Step::Transaction(..) => unreachable!(),
        }
    };
}

fn near(session: &Session, table: &Table<i64, Vec<u8>>, model: &Model, key: i64) {
    let mut cursor = session.cursor(table).unwrap();
    match cursor.search_near(key).unwrap() {
        None => assert!(model.is_empty()),
        Some(order) => {
            let (found, value) = cursor.entry().unwrap();
            assert_eq!(order, found.cmp(&key));
            assert_eq!(model.get(&found).map(Vec::as_slice), Some(value));
            let neighbour = model
                .range(key..)
                .next()
                .or_else(|| model.range(..key).next_back())
                .map(|(key, _)| *key);
            // The engine may answer with either neighbour.
            let below = model.range(..key).next_back().map(|(key, _)| *key);
            assert!(neighbour == Some(found) || (found < key && below == Some(found)));
        }
    }
}

fn range(
    session: &Session,
    table: &Table<i64, Vec<u8>>,
    model: &Model,
    bounds: (Bound<i64>, Bound<i64>),
    reverse: bool,
) {
    let mut found = session.range(table, bounds).unwrap();
    if reverse {
        found = found.rev();
    }
    // The map panics at ranges that are turned around.
    let mut expected: Vec<_> = model
        .iter()
        .filter(|(key, _)| std::ops::RangeBounds::contains(&bounds, *key))
        .map(|(key, value)| (*key, value.clone()))
        .collect();
    if reverse {
        expected.reverse();
    }
    let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
    assert_eq!(found, expected);
}

fn check(steps: &[Step], level: Durability) {
    let (_dir, home) = temp();
    let open = || {
        Connection::options()
            .create(true)
            .durability(level)
            .open(&home)
            .unwrap()
    };
    let mut connection = open();
    let mut session = connection.open_session().unwrap();
    let mut table = session
        .create_table::<i64, Vec<u8>>("m", &TableOptions::new())
        .unwrap();
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Checkpoint => session.checkpoint().unwrap(),
            Step::Reopen => {
                drop(session);
                connection.close().unwrap();
                connection = open();
                session = connection.open_session().unwrap();
                table = session.open_table("m").unwrap();
            }
            Step::Transaction(steps, commit) => {
                let mut changed = model.clone();
                let mut txn = session.begin().unwrap();
                for step in steps {
                    apply!(txn, &table, changed, step);
                }
                if *commit {
                    txn.commit().unwrap();
                    model = changed;
                } else {
                    txn.rollback().unwrap();
                }
            }
            step => apply!(session, &table, model, step),
        }
    }
    range(
        &session,
        &table,
        &model,
        (Bound::Unbounded, Bound::Unbounded),
        false,
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_is_a_sorted_map(
        steps in prop::collection::vec(step(), 1..60),
        logged: bool,
    ) {
        check(&steps, if logged { Durability::Process } else { Durability::Checkpoint });
    }
}
