//! Rules 5 and 6: two connections on one database destroy it, and the engine does not notice.

use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use wiredtiger::{Connection, ErrorKind};

use crate::common::{child, role, role_home, strings, temp};

#[test]
fn no_other_spelling_opens_it_again() {
    let (dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let link = dir.path().join("link");
    symlink(&home, &link).unwrap();
    let mut spellings: Vec<PathBuf> = vec![
        home.clone(),
        format!("{}/", home.display()).into(),
        format!("{}/.", home.display()).into(),
        format!("{}//", home.display()).into(),
        home.join("../home"),
        link.clone(),
        format!("{}/", link.display()).into(),
    ];
    if let Ok(here) = std::env::current_dir() {
        let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
        spellings.push(up.join(home.strip_prefix("/").unwrap()));
    }
    for spelling in &spellings {
        for options in [Connection::options(), Connection::options().create(true)] {
            let error = options.open(spelling).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Busy, "{spelling:?}: {error}");
        }
    }
    connection.close().unwrap();
    // Each is a way to open it, one after the other.
    for spelling in &spellings {
        Connection::open(spelling).unwrap_or_else(|error| panic!("{spelling:?}: {error}"));
    }
}

#[test]
fn the_home_is_free_when_the_last_owner_is_gone() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (session, _) = strings(&connection);
    let error = connection.close().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(Connection::open(&home).unwrap_err().kind(), ErrorKind::Busy);
    drop(session);
    Connection::open(&home).unwrap().close().unwrap();
}

#[test]
fn another_process_is_busy() {
    if role().as_deref() == Some("open") {
        let kind = Connection::open(role_home()).map(drop).unwrap_err().kind();
        println!("kind={kind:?}");
        return;
    }
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut other = child("same_home_twice::another_process_is_busy", "open")
        .env("TEST_HOME", &home)
        .spawn()
        .unwrap();
    let mut output = String::new();
    other
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    other.wait().unwrap();
    assert!(output.contains("kind=Busy"), "{output}");
    connection.close().unwrap();
}

#[test]
fn databases_in_memory_do_not_meet() {
    let one = Connection::options().open_in_memory().unwrap();
    let two = Connection::options().open_in_memory().unwrap();
    let (mut session, table) = strings(&one);
    session.put(&table, "k", "one").unwrap();
    let (other, table) = strings(&two);
    assert!(other.get(&table, "k").unwrap().is_none());
    assert_ne!(one.home(), two.home());
    assert!(!one.home().exists());
}
