//! Rules 9 and 40: the engine takes settings from the environment, native code to load among them,
//! and the setting that forbids it can make a home unusable.

use wiredtiger::Connection;

use crate::common::{child, role, role_home, strings, temp};

const NAME: &str = "environment_is_not_trusted::settings_of_the_environment_are_ignored";

#[test]
fn settings_of_the_environment_are_ignored() {
    if role().is_some() {
        match Connection::create(role_home()) {
            Ok(connection) => {
                let (mut session, table) = strings(&connection);
                session.put(&table, "k", "v").unwrap();
                drop(session);
                connection.close().unwrap();
                println!("opened");
            }
            Err(error) => println!("refused {:?}: {error}", error.kind()),
        }
        return;
    }
    let run = |home: &std::path::Path, variable: Option<&str>| {
        let mut child = child(NAME, "open");
        child.env_remove("WIREDTIGER_CONFIG").env("TEST_HOME", home);
        child.envs(variable.map(|value| ("WIREDTIGER_CONFIG", value)));
        let output = child.output().unwrap();
        assert!(output.status.success(), "{variable:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    // An extension that is not there would fail the open, if it were looked for.
    let hostile = Some("extensions=(/no/such/file.so)");
    let (_dir, home) = temp();
    let refused = run(&home, hostile);
    assert!(refused.contains("refused InvalidArgument"), "{refused}");
    assert!(
        refused.contains("WIREDTIGER_CONFIG"),
        "it says why: {refused}"
    );
    // Nor is one whose creation was cut off a home already.
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("WiredTiger"), "").unwrap();
    assert!(run(&home, hostile).contains("refused InvalidArgument"));
    std::fs::remove_file(home.join("WiredTiger")).unwrap();
    for variable in [None, hostile, None, hostile] {
        assert!(run(&home, variable).contains("opened"), "{variable:?}");
    }
    let settings = std::fs::read_to_string(home.join("WiredTiger.basecfg")).unwrap();
    assert!(!settings.contains("use_environment"), "{settings}");
}
