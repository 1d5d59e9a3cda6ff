//! Joins: rules 30 and 31.

use std::collections::BTreeSet;

use wiredtiger::{
    Comparison, ErrorKind, Index, IndexOptions, Join, RowJoin, Satisfy, Session, Table,
    TableOptions,
};

use crate::common::{in_memory, strings};

type Rows = Table<u64, (u16, String, i32)>;

const ALL: [Comparison; 5] = [
    Comparison::Equal,
    Comparison::GreaterOrEqual,
    Comparison::Greater,
    Comparison::LessOrEqual,
    Comparison::Less,
];

fn holds<T: Ord>(comparison: Comparison, value: &T, key: &T) -> bool {
    match comparison {
        Comparison::Equal => value == key,
        Comparison::GreaterOrEqual => value >= key,
        Comparison::Greater => value > key,
        Comparison::LessOrEqual => value <= key,
        Comparison::Less => value < key,
    }
}

/// What the row `id` holds: even years, some names twice, gaps everywhere.
fn row(id: u64) -> (u16, String, i32) {
    let year = (id * 7 % 10 * 2) as u16;
    (year, format!("n{}", id % 4), (id as i32 - 20) * 3)
}

fn filled(session: &mut Session) -> Rows {
    let options = TableOptions::new().columns(["id", "year", "name", "score"]);
    let table = session.create_table("rows", &options).unwrap();
    for id in (2..60).step_by(2) {
        let (year, name, score) = row(id);
        session
            .put(&table, id, (year, name.as_str(), score))
            .unwrap();
    }
    for column in ["year", "name", "score"] {
        session
            .create_index(&table, column, &[column], &IndexOptions::new())
            .unwrap();
    }
    table
}

fn index<K: wiredtiger::Pack>(session: &Session, table: &Rows, name: &str) -> Index<K, (u64,)> {
    session.open_index(table, name, &["id"]).unwrap()
}

fn ids(join: &mut Join<'_, u64, (u16, String, i32)>) -> BTreeSet<u64> {
    let mut ids = BTreeSet::new();
    let once = format!("{join:?}").contains("All");
    while join.next().unwrap() {
        let (id, (year, name, score)) = join.entry().unwrap();
        assert_eq!((year, name.to_owned(), score), row(id));
        assert!(ids.insert(id) || !once, "{id} comes twice");
    }
    ids
}

fn expected(condition: impl Fn(u64) -> bool) -> BTreeSet<u64> {
    (2..60).step_by(2).filter(|id| condition(*id)).collect()
}

#[test]
fn each_comparison_means_what_it_says() {
    let (_connection, mut session, _) = in_memory();
    let table = filled(&mut session);
    let years = index::<u16>(&session, &table, "year");
    for (comparison, key) in ALL
        .into_iter()
        .flat_map(|c| (0..22).map(move |key| (c, key)))
    {
        for satisfy in [Satisfy::All, Satisfy::Any] {
            let mut join = session.join(&table, satisfy).unwrap();
            join.on_index(&years, comparison, key).unwrap();
            let found = ids(&mut join);
            assert_eq!(
                found,
                expected(|id| holds(comparison, &row(id).0, &key)),
                "{comparison:?} {key}"
            );
        }
        let mut join = session.join(&table, Satisfy::All).unwrap();
        join.on_key(comparison, u64::from(key) * 3).unwrap();
        assert_eq!(
            ids(&mut join),
            expected(|id| holds(comparison, &id, &(u64::from(key) * 3))),
            "key {comparison:?} {key}"
        );
    }
}

#[test]
fn conditions_are_joined_by_all_and_by_any() {
    let (_connection, mut session, _) = in_memory();
    let table = filled(&mut session);
    let years = index::<u16>(&session, &table, "year");
    let names = index::<String>(&session, &table, "name");
    let scores = index::<i32>(&session, &table, "score");
    for (a, b) in ALL.into_iter().flat_map(|a| ALL.map(|b| (a, b))) {
        let satisfied = |id| {
            [
                holds(a, &row(id).0, &8),
                holds(b, &row(id).2, &-7),
                holds(a, &id, &31),
            ]
        };
        let with = |satisfy, session: &Session| {
            let mut join = session.join(&table, satisfy).unwrap();
            join.on_index(&years, a, 8).unwrap();
            join.on_index_by_bloom(&scores, b, -7, 100).unwrap();
            join.on_key(a, 31).unwrap();
            ids(&mut join)
        };
        let all = with(Satisfy::All, &session);
        assert_eq!(
            all,
            expected(|id| satisfied(id).iter().all(|one| *one)),
            "{a:?} {b:?}"
        );
        let any = with(Satisfy::Any, &session);
        assert_eq!(
            any,
            expected(|id| satisfied(id).iter().any(|one| *one)),
            "{a:?} {b:?}"
        );
    }
    // name = n0 and (year < 4 or score > 90)
    let mut inner = session.join(&table, Satisfy::Any).unwrap();
    inner.on_index(&years, Comparison::Less, 4).unwrap();
    inner.on_index(&scores, Comparison::Greater, 90).unwrap();
    let mut join = session.join(&table, Satisfy::All).unwrap();
    join.on_index(&names, Comparison::Equal, "n0").unwrap();
    join.on_join(inner).unwrap();
    let wanted = |id| id % 4 == 0 && (row(id).0 < 4 || row(id).2 > 90);
    assert_eq!(ids(&mut join), expected(wanted));
    assert!(!expected(wanted).is_empty());
}

#[test]
fn a_join_reads_some_of_the_columns() {
    let (_connection, mut session, _) = in_memory();
    let table = filled(&mut session);
    let names = index::<String>(&session, &table, "name");
    let mut join = session
        .join_columns::<_, _, (i32, u64)>(&table, &["score", "id"], Satisfy::All)
        .unwrap();
    join.on_index(&names, Comparison::Equal, "n2").unwrap();
    let mut count = 0;
    while join.next().unwrap() {
        let (score, id) = join.value().unwrap();
        assert_eq!((score, id % 4), (row(id).2, 2));
        count += 1;
    }
    assert_eq!(count, expected(|id| id % 4 == 2).len());
    drop(join);
    let wrong = session.join_columns::<_, _, (i32,)>(&table, &["id"], Satisfy::All);
    assert_eq!(wrong.unwrap_err().kind(), ErrorKind::TypeMismatch);
}

#[test]
fn mistakes_are_errors_and_the_session_goes_on() {
    let (connection, mut session, plain) = in_memory();
    let table = filled(&mut session);
    let options = TableOptions::new().columns(["id", "year"]);
    let other: Table<u64, u16> = session.create_table("other", &options).unwrap();
    session.put(&other, 1, 1).unwrap();
    session
        .create_index(&other, "year", &["year"], &IndexOptions::new())
        .unwrap();
    let years = index::<u16>(&session, &table, "year");
    let foreign: Index<u16, u16> = session.open_index(&other, "year", &[]).unwrap();
    let invalid = |result: wiredtiger::Result<()>| {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidArgument);
    };

    let mut join = session.join(&table, Satisfy::All).unwrap();
    invalid(join.next().map(drop));
    invalid(join.key().map(drop));
    invalid(join.on_index(&foreign, Comparison::Equal, 1));
    invalid(join.on_index_by_bloom(&years, Comparison::Equal, 8, 0));
    drop(join);

    let mut join = session.join(&table, Satisfy::All).unwrap();
    join.on_index(&years, Comparison::Equal, 8).unwrap();
    assert!(join.next().unwrap());
    invalid(join.on_index(&years, Comparison::Equal, 8));
    let empty = session.join(&table, Satisfy::All).unwrap();
    invalid(join.on_join(empty));
    drop(join);
    let mut outer = session.join(&table, Satisfy::All).unwrap();
    let empty = session.join(&table, Satisfy::All).unwrap();
    invalid(outer.on_join(empty));
    drop(outer);

    // The engine would take the cursor of a plain table for one that it is not.
    session.put(&plain, "k", "v").unwrap();
    let mut join = session.join(&plain, Satisfy::All).unwrap();
    let error = join.on_key(Comparison::Equal, "k").unwrap_err();
    assert!(error.message().contains("named columns"), "{error}");
    drop(join);

    let two = connection.open_session().unwrap();
    let mut outer = session.join(&table, Satisfy::All).unwrap();
    let mut inner = two.join(&table, Satisfy::All).unwrap();
    inner.on_index(&years, Comparison::Equal, 8).unwrap();
    invalid(outer.on_join(inner));
    drop(outer);
    session.put(&plain, "the database", "works").unwrap();
}

/// The join must be closed before the cursors of its conditions, in whatever way it ends.
#[test]
fn a_join_is_closed_before_its_conditions() {
    let (connection, mut session, plain) = in_memory();
    let table = filled(&mut session);
    let years = index::<u16>(&session, &table, "year");
    let begun = |session: &Session| {
        let mut inner = session.join(&table, Satisfy::Any).unwrap();
        inner.on_index(&years, Comparison::Less, 10).unwrap();
        let mut join = session.join(&table, Satisfy::All).unwrap();
        join.on_index(&years, Comparison::Greater, 0).unwrap();
        join.on_join(inner).unwrap();
        assert!(join.next().unwrap());
        // The lifetime ends here, with or without a drop.
        std::mem::forget(join);
    };
    for _ in 0..3 {
        begun(&session);
        // A call that writes takes back what was forgotten.
        session.put(&plain, "k", "v").unwrap();
        begun(&session);
        session.reset().unwrap();
        begun(&session);
        let mut txn = session.begin().unwrap();
        let mut join = txn.join(&table, Satisfy::All).unwrap();
        join.on_index(&years, Comparison::GreaterOrEqual, 0)
            .unwrap();
        assert!(join.next().unwrap());
        drop(join);
        txn.put(&plain, "k", "w").unwrap();
        txn.rollback().unwrap();
    }
    let leaving = connection.open_session().unwrap();
    begun(&leaving);
    drop(leaving);
    // No cursor is left that would be in the way.
    session
        .create_index(&table, "another", &["year", "name"], &IndexOptions::new())
        .unwrap();
    let (mut last, table) = strings(&connection);
    last.put(&table, "the database", "works").unwrap();
}

#[test]
fn rows_of_run_time_are_joined_as_those_of_types_are() {
    let (_connection, mut session, _) = in_memory();
    filled(&mut session);
    let rows = session.open_dyn_table("rows").unwrap();
    let open = |name| session.open_dyn_index(&rows, name, &["id"]).unwrap();
    let (years, names, scores) = (open("year"), open("name"), open("score"));
    let found = |join: &mut RowJoin<'_>| {
        let mut found = BTreeSet::new();
        while join.next().unwrap() {
            let id = join.key().unwrap().get(0).unwrap().as_uint().unwrap();
            let (year, name, score) = row(id);
            let values = join.value().unwrap().values().unwrap();
            assert_eq!(values, [year.into(), name[..].into(), score.into()]);
            found.insert(id);
        }
        found
    };
    for comparison in ALL {
        for key in [7_u16, 8] {
            let mut join = session.join_rows(&rows, &[], Satisfy::All).unwrap();
            join.on_index(&years, comparison, &[key.into()]).unwrap();
            join.on_index_by_bloom(&names, Comparison::Equal, &["n2".into()], 10)
                .unwrap();
            let wanted = expected(|id| holds(comparison, &row(id).0, &key) && row(id).1 == "n2");
            assert_eq!(found(&mut join), wanted, "{comparison:?} {key}");
        }
    }
    let mut either = session.join_rows(&rows, &[], Satisfy::Any).unwrap();
    either
        .on_index(&scores, Comparison::Less, &[(-50).into()])
        .unwrap();
    either.on_key(Comparison::Greater, &[56.into()]).unwrap();
    let mut join = session.join_rows(&rows, &[], Satisfy::All).unwrap();
    join.on_join(either).unwrap();
    let wanted = expected(|id| row(id).2 < -50 || id > 56);
    assert_eq!(found(&mut join), wanted);

    let mut join = session.join_rows(&rows, &["score"], Satisfy::All).unwrap();
    for refused in [
        join.on_index(&rows, Comparison::Equal, &[2.into()]),
        join.on_index(&names, Comparison::Equal, &[2.into()]),
        join.next().map(drop),
    ] {
        refused.unwrap_err();
    }
    join.on_index(&names, Comparison::Equal, &["n0".into()])
        .unwrap();
    assert!(join.next().unwrap());
    let id = join.key().unwrap().get(0).unwrap().as_uint().unwrap();
    assert_eq!(join.value().unwrap().values().unwrap(), [row(id).2.into()]);
    assert!(session.join_rows(&rows, &["x"], Satisfy::All).is_err());
}
