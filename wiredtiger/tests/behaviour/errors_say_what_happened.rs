use std::fs;
use std::os::unix::fs::PermissionsExt;

use wiredtiger::{Connection, ErrorKind, TableOptions};

use crate::common::{in_memory, strings, temp};

#[test]
fn the_engines_own_message_is_in_the_error() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new().raw("no_such_setting=7");
    let error = session.create_table::<u64, u64>("x", &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(error.operation(), "WT_SESSION.create");
    assert_eq!(error.uri(), Some("table:x"));
    assert_eq!(error.code(), 22);
    assert!(error.message().contains("no_such_setting"), "{error}");
    assert!(
        !error.message().contains("WT_VERB"),
        "the stamp is left out: {error}"
    );

    // The next error has its own message, not this one.
    let error = session.open_table::<u64, u64>("missing").unwrap_err();
    assert!(!error.message().contains("no_such_setting"), "{error}");
}

#[test]
fn what_is_missing_is_not_corrupt() {
    let (_dir, home) = temp();
    let error = Connection::open(&home).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.message().contains("create"),
        "it says what to do: {error}"
    );
    assert!(!home.exists(), "nothing was made");

    fs::create_dir(&home).unwrap();
    assert_eq!(
        Connection::open(&home).unwrap_err().kind(),
        ErrorKind::NotFound
    );

    let connection = Connection::create(&home).unwrap();
    assert!(connection.is_new().unwrap());
    let session = connection.open_session().unwrap();
    let error = session.open_table::<u64, u64>("t").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.uri(), Some("table:t"));
    drop(session);
    connection.close().unwrap();
    assert!(!Connection::open(&home).unwrap().is_new().unwrap());
}

#[test]
fn a_file_or_a_forbidden_folder_is_no_home() {
    let (dir, home) = temp();
    fs::write(&home, "text").unwrap();
    assert!(Connection::create(&home).is_err());
    assert_eq!(
        Connection::open(&home).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );

    // Root may write anywhere: then there is nothing to see.
    let locked = dir.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(locked.join("probe"), "").is_err() {
        let error = Connection::create(&locked).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Io(std::io::ErrorKind::PermissionDenied),
            "{error}"
        );
    }
}

#[test]
#[cfg_attr(
    feature = "diagnostic",
    ignore = "with its own checks the engine aborts at a panic"
)]
fn a_damaged_database_asks_for_salvage() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "k", "v").unwrap();
    drop(session);
    connection.close().unwrap();

    fs::write(home.join("WiredTiger.turtle"), "garbage").unwrap();
    let error = Connection::open(&home).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TrySalvage, "{error:?}");
    assert!(error.is_fatal());
    // The failed attempt has let the home go.
    let salvaged = Connection::options().salvage(true).open(&home).unwrap();
    let session = salvaged.open_session().unwrap();
    let table = session.open_table::<String, String>("t").unwrap();
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("v")
    );
}

#[test]
fn an_error_keeps_its_message_through_other_calls() {
    let (_connection, mut session, table) = in_memory();
    session.put(&table, "k", "v").unwrap();
    let first = session.insert_new(&table, "k", "w").unwrap_err();
    let copy = first.clone();
    let _ = session.open_table::<u64, u64>("missing");
    assert_eq!(first.to_string(), copy.to_string());
    assert_eq!(first.kind(), ErrorKind::DuplicateKey);
    let io: std::io::Error = first.into();
    assert_eq!(io.kind(), std::io::ErrorKind::AlreadyExists);
}
