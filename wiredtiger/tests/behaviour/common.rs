//! What several tests need.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use wiredtiger::{Connection, Session, Table, TableOptions};

pub(crate) type Strings = Table<String, String>;

/// A new folder for a database, gone with the guard.
pub(crate) fn temp() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    (dir, home)
}

/// A database in memory, with a session and a table of strings.
pub(crate) fn in_memory() -> (Connection, Session, Strings) {
    let connection = Connection::options().open_in_memory().unwrap();
    let (session, table) = strings(&connection);
    (connection, session, table)
}

/// A session, and the table of strings `t`.
pub(crate) fn strings(connection: &Connection) -> (Session, Strings) {
    let mut session = connection.open_session().unwrap();
    let table = session.create_table("t", &TableOptions::new()).unwrap();
    (session, table)
}

/// All entries of a table.
pub(crate) fn entries(session: &Session, table: &Strings) -> Vec<(String, String)> {
    session
        .range(table, ..)
        .unwrap()
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

/// This test program again, to run only the test `name`, which finds `role` in the environment.
pub(crate) fn child(name: &str, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env("TEST_ROLE", role)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// The role that `child` was given.
pub(crate) fn role() -> Option<String> {
    std::env::var("TEST_ROLE").ok()
}

/// The home that the parent of a child has set.
pub(crate) fn role_home() -> PathBuf {
    std::env::var_os("TEST_HOME").unwrap().into()
}
