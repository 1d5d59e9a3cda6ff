//! The examples of how to run it as a service.

use std::fs;
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tiered-cache-server");

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(name);
    fs::read_to_string(path).unwrap()
}

/// systemd itself finds nothing wrong with the unit.
#[test]
fn the_unit_is_right() {
    let dir = tempfile::tempdir().unwrap();
    let unit = dir.path().join("tiered-cache-server.service");
    let installed = "/usr/local/bin/tiered-cache-server";
    let text = example("tiered-cache-server.service");
    assert!(text.contains(&format!("ExecStart={installed} ")), "{text}");
    fs::write(&unit, text.replace(installed, PROGRAM)).unwrap();
    let output = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&unit)
        .output()
        .unwrap_or_else(|error| panic!("systemd-analyze: {error} (in Debian: `systemd`)"));
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

/// What the examples set are settings, and these values are taken.
#[test]
fn the_variables_are_settings() {
    let texts = ["tiered-cache-server.service", "Containerfile"].map(example);
    let words = texts.iter().flat_map(|text| text.split_whitespace());
    let mut set = 0;
    for word in words {
        let word = word.strip_prefix("Environment=").unwrap_or(word);
        let Some((name, value)) = word.split_once('=') else {
            continue;
        };
        let Some(setting) = name.strip_prefix("TIERED_CACHE_") else {
            continue;
        };
        set += 1;
        let printed = Command::new(PROGRAM)
            .arg("--print-config")
            .env(name, value)
            .output()
            .unwrap();
        assert!(printed.status.success(), "{word}: {printed:?}");
        let printed = String::from_utf8(printed.stdout).unwrap();
        // Secrets are not printed; the others are as they were given.
        let shown = match setting {
            "REMOTE" => "rediss://***@host",
            "REQUIREPASS" => "***",
            _ => value,
        };
        let line = format!("{} = \"{shown}\"", setting.to_lowercase());
        assert!(printed.lines().any(|one| one == line), "{line}: {printed}");
    }
    assert_eq!(set, 5, "in both files");
}
