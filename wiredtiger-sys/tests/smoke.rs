//! The library links and works, whichever features it is built with.

mod support;

use std::ffi::{CStr, c_int};

use support::Database;
use wiredtiger_sys as ffi;

const TABLE: &CStr = c"table:smoke";

#[test]
fn the_library_is_the_version_that_is_bound() {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: three places to write a number to.
    let text = unsafe { ffi::wiredtiger_version(&mut major, &mut minor, &mut patch) };
    let bound = [
        ffi::WIREDTIGER_VERSION_MAJOR,
        ffi::WIREDTIGER_VERSION_MINOR,
        ffi::WIREDTIGER_VERSION_PATCH,
    ];
    assert_eq!(
        [major, minor, patch].map(|part: c_int| part.to_string()),
        bound.map(|part| part.to_string())
    );
    // SAFETY: the engine returns a constant text.
    let text = unsafe { CStr::from_ptr(text) }.to_str().unwrap();
    assert!(text.starts_with("WiredTiger 11.3.1"), "{text}");
    let package = env!("CARGO_PKG_VERSION");
    assert!(
        package.ends_with("+11.3.1"),
        "{package} does not name the engine's version"
    );
}

#[test]
fn rows_are_there_after_a_reopen() {
    let home = tempfile::tempdir().unwrap();
    let database = Database::open(home.path(), "create").unwrap();
    database.create(TABLE, "").unwrap();
    database.put(
        TABLE,
        [
            ("a", &b"one"[..]),
            ("b", &b"two\0three"[..]),
            ("c", &b""[..]),
        ],
    );
    assert_eq!(database.get(TABLE, "a").as_deref(), Some(&b"one"[..]));
    assert_eq!(database.get(TABLE, "d"), None);
    database.close();

    let database = Database::open(home.path(), "").unwrap();
    assert_eq!(database.get(TABLE, "a").as_deref(), Some(&b"one"[..]));
    assert_eq!(
        database.get(TABLE, "b").as_deref(),
        Some(&b"two\0three"[..])
    );
    assert_eq!(database.get(TABLE, "c").as_deref(), Some(&b""[..]));
    database.close();
}

#[test]
fn an_unknown_compressor_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let database = Database::open(home.path(), "create").unwrap();
    let refused = database.create(TABLE, "block_compressor=nosuch");
    const EINVAL: c_int = 22;
    assert_eq!(refused, Err(EINVAL));
    database.close();
}
