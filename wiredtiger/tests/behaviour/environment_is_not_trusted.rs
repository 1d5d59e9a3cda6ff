//! Rules 9 and 40: the engine takes settings from the environment, native code to load among them,
//! and the setting that forbids it can make a home unusable.

use wiredtiger::Connection;

use crate::common::{child, role, role_home, strings, temp};

const NAME: &str = "environment_is_not_trusted::settings_of_the_environment_are_ignored";

#[test]
fn settings_of_the_environment_are_ignored() {
    if role().is_some() {
        let connection = Connection::create(role_home()).unwrap();
        let (mut session, table) = strings(&connection);
        session.put(&table, "k", "v").unwrap();
        drop(session);
        connection.close().unwrap();
        return;
    }
    let run = |home: &std::path::Path, variable: Option<&str>| {
        let mut child = child(NAME, "open");
        child.env_remove("WIREDTIGER_CONFIG").env("TEST_HOME", home);
        child.envs(variable.map(|value| ("WIREDTIGER_CONFIG", value)));
        let output = child.output().unwrap();
        assert!(output.status.success(), "{variable:?}: {output:?}");
    };
    // An extension that is not there would fail the open, if it were looked for.
    let hostile = Some("extensions=(/no/such/file.so)");
    for first in [hostile, None] {
        let (_dir, home) = temp();
        for variable in [first, hostile, None, hostile] {
            run(&home, variable);
        }
        let settings = std::fs::read_to_string(home.join("WiredTiger.basecfg"));
        assert_eq!(
            settings.is_ok(),
            first.is_none(),
            "it is written when a home is made"
        );
        assert!(!settings.unwrap_or_default().contains("use_environment"));
    }
}
