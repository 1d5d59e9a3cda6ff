use wiredtiger::{Connection, ErrorKind, TableOptions};

use crate::common::{in_memory, temp};

#[test]
fn both_sides_are_shown() {
    let (_connection, mut session, _) = in_memory();
    for error in [
        session.open_table::<String, u64>("t").unwrap_err(),
        session
            .create_table::<String, u64>("t", &TableOptions::new())
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::TypeMismatch);
        assert!(
            error.message().contains("key_format=S,value_format=Q"),
            "{error}"
        );
        assert!(
            error.message().contains("key_format=S,value_format=S"),
            "{error}"
        );
    }
    // Neither attempt is in the way of the right types.
    session.open_table::<String, String>("t").unwrap();
}

#[test]
fn options_of_another_writer_cannot_change_the_types() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new().raw("key_format=q");
    let error = session
        .create_table::<String, u64>("u", &options)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_table_belongs_to_its_connection() {
    let (_one, mut here, table) = in_memory();
    let (_two, mut there, other) = in_memory();
    assert_ne!(table, other);
    assert_eq!(
        there.get(&table, "k").unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(
        here.put(&other, "k", "v").unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    there.put(&other, "k", "v").unwrap();
}

#[test]
fn bytes_that_are_no_text_are_an_error_and_not_a_crash() {
    // A `u` table read as text would be refused by its format; damage inside the format is not.
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session
        .create_table::<u64, String>("t", &TableOptions::new())
        .unwrap();
    let error = session.put(&table, 1, "a\0b").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InteriorNul);
    assert!(session.get(&table, 1).unwrap().is_none());
}
