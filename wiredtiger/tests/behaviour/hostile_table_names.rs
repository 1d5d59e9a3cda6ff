//! Rules 12 and 13: names that lead out of the home, or to the engine's own files.

use wiredtiger::{Connection, ErrorKind, TableOptions};

use crate::common::temp;

#[test]
fn no_name_leaves_the_home_or_reaches_the_engines_files() {
    let (dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let before = std::fs::read_dir(dir.path()).unwrap().count();
    for name in [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/tmp/x",
        "a,b",
        "a b",
        "a:b",
        "a(b)",
        "a\"b",
        "a\0b",
        "a\nb",
        "ä",
        "WiredTiger",
        "WiredTiger.wt",
        "WiredTigerHS",
        "x,key_format=q",
        "a'b",
        "[a]",
        "a\\b",
    ] {
        for error in [
            session
                .create_table::<u64, u64>(name, &TableOptions::new())
                .unwrap_err(),
            session.open_table::<u64, u64>(name).unwrap_err(),
        ] {
            let expected = if name.contains('\0') {
                ErrorKind::InteriorNul
            } else {
                ErrorKind::InvalidArgument
            };
            assert_eq!(error.kind(), expected, "{name:?}: {error}");
        }
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), before);
    let longest = "x".repeat(240);
    for name in ["a", "A-b_c.9", &longest] {
        let table = session
            .create_table::<u64, u64>(name, &TableOptions::new())
            .unwrap();
        session.put(&table, 1, 2).unwrap();
    }
    drop(session);
    connection.close().unwrap();
}
