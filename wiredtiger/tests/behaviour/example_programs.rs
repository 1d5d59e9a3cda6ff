//! The examples print what they should, and `wt-tool` looks after a database.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use wiredtiger::{Connection, Table, TableOptions};

use crate::common::{strings, temp};

/// Cargo builds the examples with the tests, beside them.
pub(crate) fn program(name: &str) -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let target = deps.parent().unwrap().parent().unwrap();
    let program = target.join("examples").join(name);
    assert!(
        program.exists(),
        "{program:?} is not built: run the tests without --test"
    );
    program
}

fn printed(name: &str) -> String {
    let output = Command::new(program(name)).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn cursors() {
    assert_eq!(
        printed("cursors"),
        "forward: Chile Ghana Japan Kenya\nbackward: Kenya Japan Ghana Chile\n\
         Ghana has 34\nAtlantis is there: false\nafter India comes Japan\n\
         Japan compared to Kenya: Less\nthe largest key is Some(\"Kenya\")\n\
         from D to K: Ghana Japan\nGhana: 35\nJapan: 124\nKenya: 56\n"
    );
}

#[test]
fn transactions() {
    assert_eq!(
        printed("transactions"),
        "after a rollback: Some(10)\nuncommitted changes are not seen: Some(11)\n\
         the second one conflicts\nunless they are asked for: Some(1)\ntogether they have 11\n\
         bread at 15: Some(100)\nbread at 25: Some(120)\nbread now: Some(130)\nstable: 32\n"
    );
}

#[test]
fn backup() {
    assert_eq!(
        printed("backup"),
        "day-1: less than the whole: true\nday-2: less than the whole: true\n\
         day-3: less than the whole: true\na later backup can be based on 2\n\
         20000 entries, 0 different\n"
    );
}

#[test]
fn statistics() {
    assert_eq!(
        printed("statistics"),
        "hundreds of them: true\ndozens count bytes: true\n\
         cache: maximum bytes configured: 104857600\nbtree: 1\nsomething was written: true\n"
    );
}

#[test]
fn log() {
    assert_eq!(
        printed("log"),
        "Put key0 value\nPut key1 value\nPut key2 value\nPut key3 value\nPut key4 value\n\
         Put key0 other\nRemove key4 \nmessage: example: all is written\nthe copy is the same: true\n"
    );
}

#[test]
fn events() {
    assert_eq!(
        printed("events"),
        "InvalidArgument: WT_SESSION.create\nhundreds of pages: true\n\
         the engine spoke of DEFAULT: true\nthe engine spoke of VERIFY: true\n"
    );
}

#[test]
fn threads() {
    assert_eq!(
        printed("threads"),
        "400 entries\ncounted to Some(400)\nnot more sessions than threads: true\n"
    );
}

fn tool(home: &Path, arguments: &[&str]) -> Output {
    Command::new(program("wt-tool"))
        .arg(home)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_tool_looks_after_a_database() {
    let (dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "1").unwrap();
    let blobs: Table<u64, Vec<u8>> = session.create_table("blobs", &TableOptions::new()).unwrap();
    for number in 0..5000 {
        session.put(&blobs, number, &[7; 400]).unwrap();
    }
    session.truncate(&blobs, 100..).unwrap();
    drop(session);
    connection.close().unwrap();

    let works = |arguments: &[&str]| {
        let output = tool(&home, arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        // No bars where there is no terminal.
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let list = works(&["list"]);
    let names: Vec<_> = list
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(names, ["blobs", "t"]);
    assert!(list.contains("KiB"), "{list}");
    assert!(works(&["stat"]).contains("cache: maximum bytes configured"));
    assert!(works(&["stat", "t", "--all"]).contains("btree: row-store leaf pages"));
    assert_eq!(works(&["verify"]), "blobs: sound\nt: sound\n");
    assert_eq!(works(&["compact", "blobs"]), "blobs: compacted\n");
    assert_eq!(works(&["salvage", "t"]), "t: sound\n");
    // In every block; the first holds the description of the file.
    let file = home.join("t.wt");
    let mut bytes = std::fs::read(&file).unwrap();
    let blocks = bytes.iter_mut().skip(4096).step_by(512);
    blocks.for_each(|byte| *byte ^= 1);
    std::fs::write(&file, bytes).unwrap();
    let damaged = tool(&home, &["verify", "t"]);
    assert!(!damaged.status.success(), "{damaged:?}");
    let salvaged = tool(&home, &["salvage", "t"]);
    assert_eq!(salvaged.stdout, b"t: salvaged\n", "{salvaged:?}");
    assert_eq!(works(&["verify", "t"]), "t: sound\n");
    let connection = Connection::open(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "1").unwrap();
    drop(session);
    connection.close().unwrap();
    let dump = works(&["dump", "t"]);
    assert!(
        dump.starts_with("WiredTiger Dump") && dump.ends_with("\nData\n6100\n3100\n"),
        "{dump}"
    );
    let json = works(&["dump", "t", "--format", "json"]);
    assert!(
        json.contains("\"key0\" : \"a\",\n\"value0\" : \"1\""),
        "{json}"
    );
    let file = dir.path().join("dump");
    std::fs::write(&file, json.replace("table:t", "table:u")).unwrap();
    assert_eq!(works(&["load", file.to_str().unwrap()]), "u: 1 entries\n");
    assert!(works(&["dump", "u", "--format", "print"]).ends_with("\na\\00\n1\\00\n"));
    let copy = dir.path().join("copy");
    assert!(works(&["backup", copy.to_str().unwrap()]).contains(" files, "));
    let copied = Connection::open(&copy).unwrap();
    assert_eq!(
        copied.open_session().unwrap().table_names().unwrap(),
        ["blobs", "t", "u"]
    );

    let missing = tool(&home, &["verify", "missing", "t"]);
    assert!(!missing.status.success());
    let said = String::from_utf8(missing.stdout).unwrap();
    assert!(
        said.contains("missing: ") && said.ends_with("t: sound\n"),
        "{said}"
    );
    assert!(
        !tool(&dir.path().join("nowhere"), &["list"])
            .status
            .success()
    );
}
