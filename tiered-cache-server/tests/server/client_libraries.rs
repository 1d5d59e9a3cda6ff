//! Client libraries of other languages, as their own registries have them.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{RedisServer, Sidecar};

const IOREDIS: &str = "ioredis@6.0.0";

/// A folder that stays from one run to the next.
fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn check(command: impl Fn() -> Command) {
    let redis = RedisServer::start();
    for (sidecar, behind) in [
        (Sidecar::start(&[]), "none"),
        (Sidecar::before(&redis.url(), &[]), "redis"),
    ] {
        let said = run(command().args([&sidecar.port.to_string(), behind]));
        assert_eq!(said, "all is well\n");
    }
}

pub(crate) fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/server/clients")
        .join(name)
}

/// Installs Python packages that a file names, with their hashes, and answers with their folder.
pub(crate) fn python_packages(name: &str) -> PathBuf {
    let packages = folder(name);
    run(Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--upgrade", "--no-deps"])
        .args(["--disable-pip-version-check", "--root-user-action=ignore"])
        .args(["--require-hashes", "--target"])
        .arg(&packages)
        .arg("--requirement")
        .arg(script(&format!("{name}-requirements.txt"))));
    packages
}

#[test]
fn redis_py() {
    let packages = python_packages("redis-py");
    check(|| {
        let mut python = Command::new("python3");
        python.env("PYTHONPATH", &packages).arg(script("check.py"));
        python
    });
}

#[test]
fn ioredis() {
    let packages = folder("ioredis");
    run(Command::new("npm")
        .args([
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            IOREDIS,
            "--prefix",
        ])
        .arg(&packages));
    check(|| {
        let mut node = Command::new("node");
        node.env("NODE_PATH", packages.join("node_modules"))
            .arg(script("check.cjs"));
        node
    });
}
