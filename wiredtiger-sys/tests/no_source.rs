//! A build that has no source, or a wrong one, says what to do. The build's own code is asked, in a
//! process whose environment and folder are such; nothing is compiled.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../build/sources.rs"]
mod sources;

use std::path::Path;
use std::process::Command;

/// What `build.rs` offers to its modules.
fn env(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|why| format!("{name}: {why}"))
}

fn is_on(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
}

/// What this program prints before an error.
const SAYS: &str = "the build says: ";

/// The error of a build in a repository whose folder of this crate is `crate_dir`.
fn complaint(test: &str, crate_dir: &Path, variables: &[(&str, &Path)]) -> String {
    let mut build = Command::new(std::env::current_exe().unwrap());
    build.args([test, "--exact", "--nocapture"]);
    for name in ["WIREDTIGER_SOURCE_DIR", "WIREDTIGER_NO_FETCH"] {
        build.env_remove(name);
    }
    build.env("NO_SOURCE_CHILD", "1");
    build.env("CARGO_MANIFEST_DIR", crate_dir);
    build.envs(variables.iter().copied());
    let output = build.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let start = text
        .find(SAYS)
        .unwrap_or_else(|| panic!("no error in {text}"));
    text[start + SAYS.len()..].to_owned()
}

/// In the process that `complaint` starts: tells the error.
fn is_child() -> bool {
    let is_child = std::env::var_os("NO_SOURCE_CHILD").is_some();
    if is_child {
        match sources::locate("11.3.1") {
            Ok(found) => println!("found {}", found.display()),
            Err(why) => println!("{SAYS}{why}"),
        }
    }
    is_child
}

/// A repository without the engine's source, with a script that would fetch it.
fn repository(script: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let top = tempfile::tempdir().unwrap();
    let crate_dir = top.path().join("wiredtiger-sys");
    let scripts = top.path().join("build-scripts");
    for folder in [&crate_dir, &scripts] {
        std::fs::create_dir(folder).unwrap();
    }
    std::fs::write(scripts.join("vendor-wiredtiger"), script).unwrap();
    (top, crate_dir)
}

#[test]
fn a_build_that_must_not_fetch_names_the_ways_out() {
    if is_child() {
        return;
    }
    let (_top, crate_dir) = repository("raise SystemExit('it was started')");
    let said = complaint(
        "a_build_that_must_not_fetch_names_the_ways_out",
        &crate_dir,
        &[("WIREDTIGER_NO_FETCH", Path::new("1"))],
    );
    for part in [
        "WIREDTIGER_NO_FETCH",
        "build-scripts/vendor-wiredtiger",
        "WIREDTIGER_SOURCE_DIR",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    assert!(!said.contains("it was started"), "{said}");
}

#[test]
fn a_fetch_that_fails_tells_why() {
    if is_child() {
        return;
    }
    let (_top, crate_dir) = repository("raise SystemExit('the network is down')");
    let said = complaint("a_fetch_that_fails_tells_why", &crate_dir, &[]);
    assert!(said.contains("could not be fetched"), "{said}");
    assert!(said.contains("the network is down"), "{said}");
}

#[test]
fn a_missing_python_is_named() {
    if is_child() {
        return;
    }
    let (top, crate_dir) = repository("");
    let said = complaint(
        "a_missing_python_is_named",
        &crate_dir,
        &[("PATH", top.path())],
    );
    for part in [
        "python3",
        "install Python 3 with pip",
        "WIREDTIGER_SOURCE_DIR",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

#[test]
fn a_folder_that_is_no_source_is_named() {
    if is_child() {
        return;
    }
    let (top, crate_dir) = repository("");
    let said = complaint(
        "a_folder_that_is_no_source_is_named",
        &crate_dir,
        &[("WIREDTIGER_SOURCE_DIR", top.path())],
    );
    assert!(said.starts_with("WIREDTIGER_SOURCE_DIR: "), "{said}");
    assert!(
        said.contains("is not WiredTiger's source: RELEASE_INFO is missing"),
        "{said}"
    );
}

#[test]
fn a_source_of_another_version_is_refused() {
    if is_child() {
        return;
    }
    let (top, crate_dir) = repository("");
    let source = top.path().join("other");
    for file in [
        "cmake/configs/wiredtiger_config.h.in",
        "dist/filelist",
        "src/include/wiredtiger.in",
        "src/include/wiredtiger_ext.h",
    ] {
        let file = source.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    let release = "WIREDTIGER_VERSION_MAJOR=11\nWIREDTIGER_VERSION_MINOR=4\n\
                   WIREDTIGER_VERSION_PATCH=0\n";
    std::fs::write(source.join("RELEASE_INFO"), release).unwrap();
    let said = complaint(
        "a_source_of_another_version_is_refused",
        &crate_dir,
        &[("WIREDTIGER_SOURCE_DIR", &source)],
    );
    assert!(said.contains("holds WiredTiger 11.4.0"), "{said}");
    assert!(said.contains("made for 11.3.1"), "{said}");
}
