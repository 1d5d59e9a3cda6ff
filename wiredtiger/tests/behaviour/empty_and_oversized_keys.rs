//! Rule 15: a key that the engine refuses stops the whole database. The connection must go on.

use wiredtiger::{Connection, ErrorKind, TableOptions};

use crate::common::temp;

#[test]
fn the_database_goes_on_after_keys_it_could_not_take() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session
        .create_table::<Vec<u8>, Vec<u8>>("t", &TableOptions::new())
        .unwrap();
    // Zeroed memory that nobody touches: it is refused by its length.
    let oversized = vec![0; u32::MAX as usize - 1023];

    for key in [&b""[..], &oversized] {
        assert_eq!(
            session.get(&table, key).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
        let near = session
            .cursor(&table)
            .unwrap()
            .search_near(key)
            .unwrap_err();
        for error in [
            near,
            session.put(&table, key, b"v").unwrap_err(),
            session.insert_new(&table, key, b"v").unwrap_err(),
            session.update(&table, key, b"v").unwrap_err(),
            session.remove(&table, key).unwrap_err(),
            session.range(&table, key..).unwrap_err(),
            session
                .cursor_mut(&table)
                .unwrap()
                .insert(key, b"v")
                .unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
            assert_eq!(error.uri(), Some("table:t"));
        }
        // It does not cost the transaction around it either.
        let mut txn = session.begin().unwrap();
        txn.put(&table, b"in", b"v").unwrap();
        assert!(txn.put(&table, key, b"v").is_err());
        txn.commit().unwrap();
    }
    // The value alone is too large.
    let mut txn = session.begin().unwrap();
    let error = txn.put(&table, b"k", &oversized).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    txn.put(&table, b"k", b"").unwrap();
    txn.commit().unwrap();

    assert_eq!(session.get_owned(&table, b"k").unwrap(), Some(vec![]));
    session
        .create_table::<u64, u64>("new", &TableOptions::new())
        .unwrap();
    session.checkpoint().unwrap();
    drop(session);
    connection.close().unwrap();
}
