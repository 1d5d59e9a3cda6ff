use std::path::Path;
use std::process::Command;

use crate::common::temp;
use crate::example_programs::program;

const EXPECTED: &str = "bar1\nGot: foo, bar\nGot: foo1, bar1\n";

fn run(home: Option<&Path>) -> String {
    let mut command = Command::new(program("access"));
    command
        .env_remove("WT_HOME")
        .envs(home.map(|home| ("WT_HOME", home)));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_first_program_prints_what_it_should() {
    assert_eq!(run(None), EXPECTED);
}

#[test]
fn the_same_home_again_shows_the_same_data() {
    let (_dir, home) = temp();
    assert_eq!(run(Some(&home)), EXPECTED);
    assert_eq!(run(Some(&home)), EXPECTED);
    let connection = wiredtiger::Connection::open(&home).unwrap();
    let session = connection.open_session().unwrap();
    let table = session.open_table::<String, String>("t").unwrap();
    assert_eq!(session.range(&table, ..).unwrap().into_iter().count(), 2);
}
