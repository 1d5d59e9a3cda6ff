//! Tables whose formats are known only when the program runs.

use wiredtiger::{Connection, ErrorKind, Format, Session, Table, TableOptions, Value};

use crate::common::{in_memory, temp};

fn format(text: &str) -> Format {
    text.parse().unwrap()
}

#[test]
fn a_stored_table_tells_its_formats_and_columns() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new()
        .columns(["id", "name", "scores"])
        .app_metadata("columns=(x,y)");
    let typed: Table<u64, (String, Vec<u8>)> = session.create_table("typed", &options).unwrap();
    session.put(&typed, 7, ("seven", b"\x01\x02")).unwrap();

    let table = session.open_dyn_table("typed").unwrap();
    assert_eq!(table.key_format().as_str(), "Q");
    assert_eq!(table.value_format().as_str(), "Su");
    assert_eq!(table.columns(), ["id", "name", "scores"]);
    assert_eq!(table.value_column("scores"), Some(1));
    assert_eq!(table.value_column("id"), None);
    let row = session.get_row(&table, &[7.into()]).unwrap().unwrap();
    assert_eq!(
        row.row().values().unwrap(),
        [Value::Str("seven"), Value::Bytes(b"\x01\x02")]
    );
    assert!(session.get_row(&table, &[8u8.into()]).unwrap().is_none());
    drop(row);

    // What is written by one is read by the other.
    session
        .put_row(&table, &[8u8.into()], &["eight".into(), b"".into()])
        .unwrap();
    assert_eq!(
        session.get_owned(&typed, 8).unwrap(),
        Some(("eight".into(), vec![]))
    );
}

#[test]
fn rows_are_written_in_every_way() {
    let (_connection, mut session, _) = in_memory();
    let table = session
        .create_dyn_table("rows", &format("Si"), &format("2iu"), &TableOptions::new())
        .unwrap();
    let key = |number: i64| ["k".into(), Value::Int(number)];
    let value = |number: i64| [Value::Int(number), Value::Int(-number), b"z".into()];
    session.put_row(&table, &key(1), &value(1)).unwrap();
    session.insert_new_row(&table, &key(2), &value(2)).unwrap();
    let again = session
        .insert_new_row(&table, &key(2), &value(3))
        .unwrap_err();
    assert_eq!(again.kind(), ErrorKind::DuplicateKey);
    assert!(session.update_row(&table, &key(1), &value(10)).unwrap());
    assert!(!session.update_row(&table, &key(9), &value(9)).unwrap());
    assert!(session.remove_row(&table, &key(2)).unwrap());
    assert!(!session.remove_row(&table, &key(2)).unwrap());

    let mut txn = session.begin().unwrap();
    txn.put_row(&table, &key(3), &value(3)).unwrap();
    txn.insert_new_row(&table, &key(-4), &value(4)).unwrap();
    let mut cursor = txn.row_cursor_mut(&table).unwrap();
    cursor.insert(&key(5), &value(5)).unwrap();
    assert!(cursor.search(&key(3)).unwrap());
    cursor.update_current(&value(30)).unwrap();
    assert!(cursor.remove(&key(5)).unwrap());
    drop(cursor);
    txn.commit().unwrap();

    let mut cursor = session.row_cursor(&table).unwrap();
    let mut seen = Vec::new();
    while cursor.next().unwrap() {
        let key = cursor.key().unwrap().get(1).unwrap().as_int().unwrap();
        let value = cursor.value().unwrap().get(1).unwrap().as_int().unwrap();
        seen.push((key, value));
    }
    assert_eq!(seen, [(-4, -4), (1, -10), (3, -30)]);
    assert_eq!(
        cursor.search_near(&key(2)).unwrap(),
        Some(std::cmp::Ordering::Greater)
    );
    assert!(cursor.prev().unwrap());
    assert_eq!(format!("{:?}", cursor.key().unwrap()), "[\"k\", 1]");
}

/// Rule 24: bytes that are not of the format would be split wrongly by the engine. Rule 15: a key
/// that the engine refuses stops the database.
#[test]
fn values_that_are_not_of_the_format_do_not_reach_the_engine() {
    let (_connection, mut session, strings) = in_memory();
    let options = TableOptions::new().columns(["k", "a", "b"]);
    let table = session
        .create_dyn_table("rows", &format("u"), &format("SU"), &options)
        .unwrap();
    let good: [Value<'_>; 2] = ["a".into(), b"b".into()];
    for (key, value) in [
        (&[Value::Bytes(b"")][..], &good[..]),
        (&[], &good),
        (&[b"k".into()], &good[..1]),
        (&[b"k".into()], &["a".into(), 1.into()]),
        (&[b"k".into()], &["a\0".into(), b"b".into()]),
        (&[b"k".into(), b"l".into()], &good),
        (&[1.into()], &good),
    ] {
        let error = session.put_row(&table, key, value).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Encode | ErrorKind::InteriorNul | ErrorKind::InvalidArgument
            ),
            "{error}"
        );
    }
    session.put_row(&table, &[b"k".into()], &good).unwrap();
    session.put(&strings, "the database", "works").unwrap();
}

#[test]
fn formats_must_be_those_of_the_table_that_is_there() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new();
    session
        .create_dyn_table("t2", &format("3i"), &format("u"), &options)
        .unwrap();
    // Written differently, but the same.
    session
        .create_dyn_table("t2", &format("iil"), &format(".u"), &options)
        .unwrap();
    session
        .open_table::<(i32, i32, i32), Vec<u8>>("t2")
        .unwrap();
    let error = session
        .create_dyn_table("t2", &format("3q"), &format("u"), &options)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
    assert!(
        error.message().contains("3q") && error.message().contains("3i"),
        "{error}"
    );
    let error = session
        .open_table::<(i32, i64, i32), Vec<u8>>("t2")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
    assert_eq!(
        session.open_dyn_table("nowhere").unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        session.open_dyn_table("../x").unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
}

#[test]
fn a_table_belongs_to_its_connection() {
    let (_one, mut here, _) = in_memory();
    let (_two, there, _) = in_memory();
    let table = here
        .create_dyn_table("t3", &format("i"), &format("i"), &TableOptions::new())
        .unwrap();
    let error = there.get_row(&table, &[1.into()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn the_largest_key_is_told() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new().columns(["a", "b", "c"]);
    let table = session
        .create_dyn_table("large", &format("Si"), &format("B"), &options)
        .unwrap();
    let largest = |session: &Session| {
        let key = session.row_cursor(&table).unwrap().largest_key().unwrap()?;
        let row = table.key_format().row(&key).unwrap();
        Some(format!("{row:?}"))
    };
    assert_eq!(largest(&session), None);
    for (text, number) in [("b", -2), ("a", 9), ("b", -1)] {
        let key = [text.into(), Value::Int(number)];
        session.put_row(&table, &key, &[1.into()]).unwrap();
    }
    assert_eq!(largest(&session).as_deref(), Some("[\"b\", -1]"));
    let mut cursor = session.row_cursor(&table).unwrap();
    assert!(cursor.set_bounds(&["a".into(), 1.into()][..]..).unwrap());
    let refused = cursor.largest_key().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{refused}");
}

#[test]
fn a_new_table_is_loaded_in_order() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let options = TableOptions::new();
    let table = session
        .create_dyn_table("t", &format("I"), &format("SB"), &options)
        .unwrap();
    let mut loader = session.bulk_load_rows(&table).unwrap();
    for number in 0..500_u32 {
        loader
            .insert(&[number.into()], &["row".into(), 1_u8.into()])
            .unwrap();
    }
    let row = ["row".into(), Value::Uint(1)];
    let late = loader.insert(&[7_u32.into()], &row).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::InvalidArgument, "{late}");
    let strange = loader.insert(&["x".into()], &row).unwrap_err();
    assert_eq!(strange.kind(), ErrorKind::Encode, "{strange}");
    assert_eq!(loader.finish().unwrap(), 500);
    let row = session.get_row(&table, &[499.into()]).unwrap().unwrap();
    assert_eq!(row.row().get(0).unwrap().as_str(), Some("row"));
    drop(row);
    let again = session.bulk_load_rows(&table).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::InvalidArgument, "{again}");
}
