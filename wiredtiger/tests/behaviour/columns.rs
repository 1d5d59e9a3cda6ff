//! Column groups, projections and indexes: rules 24, 25 and 28.

use std::cmp::Ordering;

use wiredtiger::{Connection, Error, ErrorKind, Index, IndexOptions, Session, Table, TableOptions};

use crate::common::{in_memory, temp};

type Key = (String, u16);
type Value = (u64, String, Vec<u8>);
type People = Table<Key, Value>;

fn options() -> TableOptions {
    TableOptions::new()
        .columns(["country", "year", "population", "capital", "flag"])
        .column_group("numbers", ["population"])
        .column_group("names", ["capital"])
        .column_group("flags", ["flag"])
}

fn filled(session: &mut Session) -> People {
    let table = session.create_table("people", &options()).unwrap();
    for (number, country) in (0..).zip(["Chad", "Fiji", "Peru", "Togo"]) {
        for year in [1990, 2000] {
            let value = (
                number * 10_000 + u64::from(year),
                country,
                country.as_bytes(),
            );
            session.put(&table, (country, year), value).unwrap();
        }
    }
    table
}

#[test]
fn rows_are_put_together_from_their_groups() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = filled(&mut session);
    session.checkpoint().unwrap();
    for group in ["numbers", "names", "flags"] {
        assert!(home.join(format!("people_{group}.wt")).exists(), "{group}");
    }
    let value = session.get_owned(&table, ("Peru", 2000)).unwrap();
    assert_eq!(value, Some((22_000, "Peru".into(), b"Peru".into())));
    // A second creation finds all of it.
    let again: People = session.create_table("people", &options()).unwrap();
    assert_eq!(session.range(&again, ..).unwrap().into_iter().count(), 8);
    let other = connection.open_session().unwrap();
    assert_eq!(other.range(&again, ..).unwrap().into_iter().count(), 8);
    session
        .create_table::<Key, Value>("people", &options())
        .unwrap();
}

/// The engine forgets to move the third group in a search near a key.
#[test]
fn a_search_near_a_key_moves_all_groups() {
    let (_connection, mut session, _) = in_memory();
    let table = filled(&mut session);
    let mut cursor = session.cursor(&table).unwrap();
    assert!(cursor.search(("Togo", 2000)).unwrap());
    assert_eq!(
        cursor.search_near(("Chad", 1990)).unwrap(),
        Some(Ordering::Equal)
    );
    assert_eq!(
        cursor.entry().unwrap(),
        (("Chad", 1990), (1990, "Chad", &b"Chad"[..]))
    );
    assert!(cursor.next().unwrap());
    assert_eq!(
        cursor.entry().unwrap(),
        (("Chad", 2000), (2000, "Chad", &b"Chad"[..]))
    );
    assert_eq!(
        cursor.search_near(("Gabon", 0)).unwrap(),
        Some(Ordering::Greater)
    );
    assert_eq!(
        cursor.entry().unwrap(),
        (("Peru", 1990), (21_990, "Peru", &b"Peru"[..]))
    );
    assert_eq!(
        cursor.search_near(("Zimbabwe", 0)).unwrap(),
        Some(Ordering::Less)
    );
    assert_eq!(cursor.value().unwrap().2, b"Togo");
}

#[test]
fn cursors_write_all_groups_and_indexes() {
    let (_connection, mut session, _) = in_memory();
    let table = filled(&mut session);
    session
        .create_index(&table, "by_capital", &["capital"], &IndexOptions::new())
        .unwrap();
    let mut cursor = session.cursor_mut(&table).unwrap();
    while cursor.next().unwrap() {
        let ((country, year), (population, ..)) = cursor.entry().unwrap();
        if year == 1990 {
            cursor.remove_current().unwrap();
        } else {
            let (population, flag) = (population + 1, country.as_bytes().to_vec());
            cursor
                .update_current((population, "Capital", &flag))
                .unwrap();
        }
    }
    drop(cursor);
    let rows: Vec<_> = session
        .range(&table, ..)
        .unwrap()
        .into_iter()
        .map(|row| row.unwrap().1)
        .collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[1], (12_001, "Capital".into(), b"Fiji".into()));
    let index: Index<String, (String,)> = session
        .open_index(&table, "by_capital", &["country"])
        .unwrap();
    let mut cursor = session.index_cursor(&index).unwrap();
    let mut seen = Vec::new();
    while cursor.next().unwrap() {
        let (capital, (country,)) = cursor.entry().unwrap();
        seen.push((capital.to_owned(), country.to_owned()));
    }
    let expected = ["Chad", "Fiji", "Peru", "Togo"];
    assert_eq!(
        seen,
        expected.map(|country| ("Capital".into(), country.into()))
    );
}

#[test]
fn an_index_finds_what_was_there_and_what_comes() {
    let (_connection, mut session, _) = in_memory();
    let table = filled(&mut session);
    session
        .create_index(&table, "by_year", &["year"], &IndexOptions::new())
        .unwrap();
    session
        .put(&table, ("Oman", 2000), (5, "Muscat", b"O"))
        .unwrap();
    let index: Index<u16, (String, u64)> = session
        .open_index(&table, "by_year", &["country", "population"])
        .unwrap();
    let mut cursor = session.index_cursor(&index).unwrap();
    assert!(cursor.search(2000).unwrap());
    let mut seen = vec![cursor.value().unwrap().0.to_owned()];
    while cursor.next().unwrap() {
        assert_eq!(cursor.key().unwrap(), 2000);
        seen.push(cursor.value().unwrap().0.to_owned());
    }
    assert_eq!(seen, ["Chad", "Fiji", "Oman", "Peru", "Togo"]);
    assert!(!cursor.search(1999).unwrap());
    assert_eq!(cursor.key().unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(cursor.search_near(1999).unwrap(), Some(Ordering::Greater));
    assert_eq!(cursor.key().unwrap(), 2000);
    assert!(cursor.prev().unwrap());
    assert_eq!(cursor.entry().unwrap(), (1990, ("Togo", 31_990)));
    drop(cursor);
    assert!(session.remove(&table, ("Oman", 2000)).unwrap());
    let whole: Index<u16, Value> = session.open_index(&table, "by_year", &[]).unwrap();
    let mut cursor = session.index_cursor(&whole).unwrap();
    let mut count = 0;
    while cursor.next().unwrap() {
        cursor.value().unwrap();
        count += 1;
    }
    assert_eq!(count, 8);
}

/// Bytes as the key of an index have their length in front, and the table's key behind.
#[test]
fn an_index_of_bytes_is_read_and_searched() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new().columns(["id", "tag"]);
    let table: Table<Vec<u8>, Vec<u8>> = session.create_table("b", &options).unwrap();
    let new = IndexOptions::new();
    session
        .create_index(&table, "tags", &["tag"], &new)
        .unwrap();
    session
        .create_index(&table, "both", &["tag", "id"], &new)
        .unwrap();
    for (id, tag) in [(b"PK", b"x"), (b"QK", b"x"), (b"RK", b"y")] {
        session.put(&table, id, tag).unwrap();
    }
    let tags: Index<Vec<u8>, Vec<u8>> = session.open_index(&table, "tags", &["id"]).unwrap();
    let mut cursor = session.index_cursor(&tags).unwrap();
    assert!(cursor.search(b"x").unwrap());
    assert_eq!(cursor.entry().unwrap(), (&b"x"[..], &b"PK"[..]));
    assert!(cursor.next().unwrap() && cursor.next().unwrap());
    assert_eq!(cursor.entry().unwrap(), (&b"y"[..], &b"RK"[..]));
    drop(cursor);
    // Here the last column has no length, and nothing follows it.
    type Pair = (Vec<u8>, Vec<u8>);
    let both: Index<Pair, Pair> = session.open_index(&table, "both", &["id", "tag"]).unwrap();
    let mut cursor = session.index_cursor(&both).unwrap();
    assert!(cursor.search((b"x", b"QK")).unwrap());
    assert_eq!(cursor.key().unwrap(), (&b"x"[..], &b"QK"[..]));
    assert_eq!(cursor.value().unwrap(), (&b"QK"[..], &b"x"[..]));
    drop(cursor);

    let table = session.open_dyn_table("b").unwrap();
    let tags = session.open_dyn_index(&table, "tags", &["id"]).unwrap();
    let mut cursor = session.row_cursor(&tags).unwrap();
    assert!(cursor.search(&[b"y".into()]).unwrap());
    assert_eq!(
        cursor.key().unwrap().get(0).unwrap().as_bytes(),
        Some(&b"y"[..])
    );
    assert_eq!(
        cursor.value().unwrap().get(0).unwrap().as_bytes(),
        Some(&b"RK"[..])
    );
    drop(cursor);
    let error = session
        .put_row(&tags, &[b"z".into()], &[b"z".into()])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
}

#[test]
fn a_projection_reads_the_columns_that_it_names() {
    let (_connection, mut session, _) = in_memory();
    let table = filled(&mut session);
    let projection = session
        .project::<_, _, (Vec<u8>, u16, u64)>(&table, &["flag", "year", "population"])
        .unwrap();
    let mut cursor = session.projected(&projection).unwrap();
    assert!(cursor.search(("Fiji", 2000)).unwrap());
    assert_eq!(
        cursor.entry().unwrap(),
        (("Fiji", 2000), (&b"Fiji"[..], 2000, 12_000))
    );
    assert!(cursor.next().unwrap());
    assert_eq!(cursor.value().unwrap().1, 1990);
    drop(cursor);
    let wrong = |error: Error, kind| assert_eq!(error.kind(), kind, "{error}");
    let project = |columns: &[&str]| session.project::<_, _, (u64,)>(&table, columns);
    wrong(project(&["capital"]).unwrap_err(), ErrorKind::TypeMismatch);
    wrong(
        project(&["nothing"]).unwrap_err(),
        ErrorKind::InvalidArgument,
    );
    wrong(project(&[]).unwrap_err(), ErrorKind::InvalidArgument);
    wrong(
        project(&["year,flag"]).unwrap_err(),
        ErrorKind::InvalidArgument,
    );
    wrong(project(&["year)"]).unwrap_err(), ErrorKind::InvalidArgument);
}

/// A cursor that does not know of an index would write past its list of indexes.
#[test]
fn an_index_is_created_while_nobody_has_a_cursor_on_the_table() {
    let (connection, mut session, _) = in_memory();
    let table = filled(&mut session);
    let mut other = connection.open_session().unwrap();
    other
        .put(&table, ("Oman", 1990), (1, "Muscat", b"O"))
        .unwrap();
    let create = |session: &mut Session, name: &str| {
        session.create_index(&table, name, &["capital"], &IndexOptions::new())
    };
    // The other session keeps its cursor for the next call.
    assert_eq!(
        create(&mut session, "one").unwrap_err().kind(),
        ErrorKind::Busy
    );
    other.reset().unwrap();
    create(&mut session, "one").unwrap();
    other
        .put(&table, ("Oman", 2000), (2, "Muscat", b"O"))
        .unwrap();
    other.reset().unwrap();
    create(&mut session, "two").unwrap();
    other
        .put(&table, ("Oman", 2010), (3, "Muscat", b"O"))
        .unwrap();
    for name in ["one", "two"] {
        let index: Index<String, (u16,)> = other.open_index(&table, name, &["year"]).unwrap();
        let mut cursor = other.index_cursor(&index).unwrap();
        assert!(cursor.search("Muscat").unwrap());
        let mut years = vec![cursor.value().unwrap().0];
        while cursor.next().unwrap() && cursor.key().unwrap() == "Muscat" {
            years.push(cursor.value().unwrap().0);
        }
        assert_eq!(years, [1990, 2000, 2010], "{name}");
    }
}

#[test]
fn names_cannot_leave_their_place() {
    let (_connection, mut session, plain) = in_memory();
    let table = filled(&mut session);
    for name in ["", "a:b", "a,b", "a(b", "../x", "a\0b", "ä", "a b", "a\"b"] {
        let options = IndexOptions::new();
        assert!(
            session
                .create_index(&table, name, &["year"], &options)
                .is_err()
        );
        assert!(
            session
                .create_index(&table, "fine", &[name], &options)
                .is_err()
        );
        assert!(
            session
                .open_index::<u16, (u16,), _, _>(&table, name, &[])
                .is_err()
        );
        let options = TableOptions::new().columns([name, "v"]);
        assert!(
            session.create_table::<u64, u64>("x", &options).is_err(),
            "{name:?}"
        );
        let options = TableOptions::new()
            .columns(["k", "v"])
            .column_group(name, ["v"]);
        assert!(
            session.create_table::<u64, u64>("x", &options).is_err(),
            "{name:?}"
        );
    }
    for options in [
        TableOptions::new().columns(["k"]),
        TableOptions::new().columns(["k", "v", "w"]),
        TableOptions::new().columns(["k", "k"]),
        TableOptions::new()
            .columns(["k", "v"])
            .column_group("g", ["w"]),
        TableOptions::new()
            .columns(["k", "v"])
            .column_group("g", ["k"]),
        TableOptions::new().column_group("g", ["v"]),
    ] {
        assert!(
            session.create_table::<u64, u64>("x", &options).is_err(),
            "{options:?}"
        );
    }
    // None of these has left half of a table behind.
    assert_eq!(
        session.open_dyn_table("x").unwrap_err().kind(),
        ErrorKind::NotFound
    );
    // A table whose columns have no names has no indexes.
    let error = session
        .create_index(&plain, "i", &["value"], &IndexOptions::new())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        session
            .open_index::<u16, Value, _, _>(&table, "missing", &[])
            .is_err()
    );
    session.put(&plain, "the database", "works").unwrap();
}
