//! Rule 50: a kill between the entries that the creation of a table makes. It is too rare to wait
//! for, so the entries are taken out of the engine's own metadata here.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests"
)]

use std::ffi::{CStr, CString};
use std::path::Path;
use std::ptr;

use wiredtiger::{Connection, ErrorKind, Table, TableOptions};
use wiredtiger_sys as ffi;

/// Removes entries from the metadata of a home, which only the C API lets one do.
fn forget(home: &Path, entries: &[&CStr]) {
    let home = CString::new(home.to_str().unwrap()).unwrap();
    let (mut connection, mut session) = (ptr::null_mut(), ptr::null_mut());
    let mut cursor: *mut ffi::WT_CURSOR = ptr::null_mut();
    let none = ptr::null();
    // SAFETY: the strings end in NUL, the places are there.
    let code =
        unsafe { ffi::wiredtiger_open(home.as_ptr(), ptr::null_mut(), none, &mut connection) };
    assert_eq!(code, 0);
    let connection: &mut ffi::WT_CONNECTION =
        // SAFETY: opened above, closed below.
        unsafe { &mut *connection };
    let open_session = connection.open_session.unwrap();
    // SAFETY: the connection is open.
    let code = unsafe { open_session(connection, ptr::null_mut(), none, &mut session) };
    assert_eq!(code, 0);
    // SAFETY: the session is open; the engine fills in its methods.
    let open_cursor = unsafe { (*session).open_cursor }.unwrap();
    let uri = c"file:WiredTiger.wt".as_ptr();
    // SAFETY: the session is open, the strings end in NUL.
    let code = unsafe { open_cursor(session, uri, ptr::null_mut(), none, &mut cursor) };
    assert_eq!(code, 0);
    // SAFETY: the cursor is open; the engine fills in its methods.
    let set_key = unsafe { (*cursor).set_key }.unwrap();
    // SAFETY: as above.
    let remove = unsafe { (*cursor).remove }.unwrap();
    for entry in entries {
        // SAFETY: the cursor's keys are strings.
        unsafe { set_key(cursor, entry.as_ptr()) };
        // SAFETY: the key is set.
        assert_eq!(unsafe { remove(cursor) }, 0, "{entry:?}");
    }
    let close = connection.close.unwrap();
    // SAFETY: the last use.
    assert_eq!(unsafe { close(connection, none) }, 0);
}

fn create(session: &mut wiredtiger::Session) -> wiredtiger::Result<Table<u64, String>> {
    session.create_table("t", &TableOptions::new().app_metadata("ours"))
}

#[test]
fn creating_it_again_finishes_it() {
    for entries in [&[c"colgroup:t"][..], &[c"colgroup:t", c"file:t.wt"]] {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let connection = Connection::create(&home).unwrap();
        create(&mut connection.open_session().unwrap()).unwrap();
        connection.close().unwrap();
        forget(&home, entries);
        if entries.len() == 2 {
            std::fs::remove_file(home.join("t.wt")).unwrap();
        }

        let connection = Connection::open(&home).unwrap();
        let mut session = connection.open_session().unwrap();
        let error = session.open_table::<u64, String>("t").unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::InvalidArgument,
            "it is half made: {error}"
        );
        let table = create(&mut session).unwrap();
        session.put(&table, 1, "one").unwrap();
        drop(session);
        connection.close().unwrap();

        let connection = Connection::open(&home).unwrap();
        let session = connection.open_session().unwrap();
        let table = session.open_table::<u64, String>("t").unwrap();
        assert_eq!(
            session.get_owned(&table, 1).unwrap().as_deref(),
            Some("one")
        );
    }
}
