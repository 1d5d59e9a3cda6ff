//! Rule 47: the name of a checkpoint goes into the engine's metadata as it is.

use wiredtiger::{CheckpointOptions, Connection, ErrorKind};

use crate::common::{strings, temp};

#[test]
fn no_name_costs_data() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "k", "v").unwrap();
    for name in [
        "",
        "a b",
        "=",
        "a=b",
        "(",
        "a)",
        "#",
        "ä",
        "checkpoint=()",
        "a\0",
        "a\"b",
        "a,b",
    ] {
        let error = session
            .checkpoint_with(&CheckpointOptions::new().name(name))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name:?}");
    }
    for name in ["nightly", "2026-11-22_run"] {
        session
            .checkpoint_with(&CheckpointOptions::new().name(name))
            .unwrap();
    }
    drop(session);
    connection.close().unwrap();
    let (session, table) = strings(&Connection::open(&home).unwrap());
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("v")
    );
}
