//! Partial updates of text: it stays text, whatever the changes.

use proptest::prelude::*;
use wiredtiger::{Change, Connection, ErrorKind, Table, TableOptions};

use crate::common::{in_memory, temp};

/// What the changes make of a text, if that is text again.
fn changed(text: &str, changes: &[Change<'_>]) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    for change in changes {
        if bytes.len() < change.offset {
            bytes.resize(change.offset, b' ');
        }
        let end = change.offset.saturating_add(change.size).min(bytes.len());
        bytes.splice(change.offset..end, change.data.iter().copied());
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn text_stays_text(
        text in "[a-cäß世]{0,40}",
        rounds in proptest::collection::vec(
            proptest::collection::vec(
                (0_usize..60, prop_oneof![0_usize..6, Just(usize::MAX)], "[a-bé\u{0}]{0,3}"),
                1..4,
            ),
            1..6,
        ),
    ) {
        let (_connection, mut session, table) = in_memory();
        session.put(&table, "k", &text).unwrap();
        let mut expected = text;
        let mut txn = session.begin().unwrap();
        let mut cursor = txn.cursor_mut(&table).unwrap();
        for round in &rounds {
            let changes: Vec<_> = round
                .iter()
                .map(|(offset, size, data)| {
                    Change { data: data.as_bytes(), offset: *offset, size: *size }
                })
                .collect();
            let done = cursor.modify("k", &changes);
            match changed(&expected, &changes) {
                Some(text) => {
                    prop_assert!(done.unwrap());
                    expected = text;
                }
                None => prop_assert_eq!(done.unwrap_err().kind(), ErrorKind::InvalidArgument),
            }
            prop_assert_eq!(cursor.value().unwrap(), &expected[..]);
        }
        drop(cursor);
        txn.commit().unwrap();
        prop_assert_eq!(session.get_owned(&table, "k").unwrap().unwrap(), expected);
    }
}

#[test]
fn changed_texts_come_back_from_the_disk() {
    let (_dir, home) = temp();
    let mut expected: Vec<String> = (0..300)
        .map(|row| format!("row {row}: {}", "grün ".repeat(row % 40)))
        .collect();
    {
        let connection = Connection::create(&home).unwrap();
        let mut session = connection.open_session().unwrap();
        let table: Table<u64, String> = session.create_table("t", &TableOptions::new()).unwrap();
        for (row, text) in (1..).zip(&expected) {
            session.put(&table, row, text).unwrap();
        }
        for round in 0..3 {
            session.checkpoint().unwrap();
            let mut txn = session.begin().unwrap();
            let mut cursor = txn.cursor_mut(&table).unwrap();
            for (row, text) in (1..).zip(&mut expected) {
                let new = format!("{round}ß");
                let end = Change::insert(text.len() + 1, new.as_bytes());
                assert!(
                    cursor
                        .modify(row, &[Change::replace(0..3, b"line"), end])
                        .unwrap()
                );
                *text = format!("line{}{new}", &text[3..]);
            }
            drop(cursor);
            txn.commit().unwrap();
        }
        drop(session);
        connection.close().unwrap();
    }
    let connection = Connection::open(&home).unwrap();
    let session = connection.open_session().unwrap();
    let table: Table<u64, String> = session.open_table("t").unwrap();
    for (row, text) in (1..).zip(&expected) {
        assert_eq!(session.get_owned(&table, row).unwrap().as_ref(), Some(text));
    }
}

/// Changes are of bytes: what counts is what all of them together make.
#[test]
fn changes_may_cut_characters() {
    let (_connection, mut session, table) = in_memory();
    let old = "ä".repeat(200);
    let new = format!("é{}ö{}", "ä".repeat(100), "ä".repeat(99));
    session.put(&table, "k", &old).unwrap();
    let mut txn = session.begin().unwrap();
    let mut cursor = txn.cursor_mut(&table).unwrap();
    let changes = [
        Change::replace(201..202, b"\xb6"),
        Change::insert(0, b"\xa9"),
        Change::insert(0, b"\xc3"),
    ];
    let half = cursor.modify("k", &changes[..2]).unwrap_err();
    assert_eq!(half.kind(), ErrorKind::InvalidArgument, "{half}");
    assert!(cursor.modify("k", &changes).unwrap());
    assert_eq!(cursor.value().unwrap(), new);
    drop(cursor);
    let calculated = txn
        .calc_modify(new.as_bytes(), old.as_bytes(), 100, 8)
        .unwrap();
    let mut cursor = txn.cursor_mut(&table).unwrap();
    assert!(cursor.modify("k", &calculated.unwrap()).unwrap());
    assert_eq!(cursor.value().unwrap(), old);
    drop(cursor);
    txn.commit().unwrap();
}

#[test]
fn rows_are_changed_by_their_format() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new();
    let change = [Change::replace(0..1, b"yy")];
    for (format, before, after) in [
        ("S", "x1", Some("yy1")),
        ("u", "x1", Some("yy1")),
        ("3S", "x1", None),
        ("SS", "x1", None),
    ] {
        let name = format!("t{format}");
        let (key, value) = ("Q".parse().unwrap(), format.parse().unwrap());
        let table = session
            .create_dyn_table(&name, &key, &value, &options)
            .unwrap();
        let row = vec![before.into(); value.columns()];
        session.put_row(&table, &[1.into()], &row).unwrap();
        let mut txn = session.begin().unwrap();
        let mut cursor = txn.row_cursor_mut(&table).unwrap();
        assert!(cursor.search(&[1.into()]).unwrap());
        match after {
            Some(after) => {
                cursor.modify_current(&change).unwrap();
                let value = cursor.value().unwrap().get(0).unwrap();
                assert_eq!(value.as_bytes(), Some(after.as_bytes()));
            }
            None => {
                let refused = cursor.modify_current(&change).unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::NotSupported, "{refused}");
            }
        }
        drop(cursor);
        // It was found out before the engine would have ended the transaction.
        txn.commit().unwrap();
    }
    let options = TableOptions::new().columns(["id", "text"]);
    let named: Table<u64, String> = session.create_table("named", &options).unwrap();
    session.put(&named, 1, "x1").unwrap();
    let mut txn = session.begin().unwrap();
    let refused = txn.cursor_mut(&named).unwrap().modify(1, &change);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotSupported);
    txn.commit().unwrap();
}
