//! Finds the engine's source, and has it fetched when it is not there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What must be there for a tree to be WiredTiger's source at all.
const LANDMARKS: [&str; 5] = [
    "RELEASE_INFO",
    "cmake/configs/wiredtiger_config.h.in",
    "dist/filelist",
    "src/include/wiredtiger.in",
    "src/include/wiredtiger_ext.h",
];

/// The folder with the source: `WIREDTIGER_SOURCE_DIR`, or the one beside this file (in the
/// repository a link to `vendor/wiredtiger`, which the vendor script fills).
pub(crate) fn locate(version: &str) -> Result<PathBuf, String> {
    println!("cargo:rerun-if-env-changed=WIREDTIGER_SOURCE_DIR");
    if let Some(dir) = std::env::var_os("WIREDTIGER_SOURCE_DIR") {
        let dir = PathBuf::from(dir);
        check(&dir, version).map_err(|why| format!("WIREDTIGER_SOURCE_DIR: {why}"))?;
        return Ok(dir);
    }

    let here = PathBuf::from(crate::env("CARGO_MANIFEST_DIR")?);
    let dir = here.join("wiredtiger");
    let script = here.join("../build-scripts/vendor-wiredtiger");
    if script.is_file() {
        // In the repository. The script writes nothing when the source is complete, and a tree
        // that it did not finish has no stamp.
        println!("cargo:rerun-if-changed=../vendor/wiredtiger.requirements.txt");
        if !dir.join(".vendored").is_file() {
            fetch(&script)?;
        }
    }
    check(&dir, version)?;
    Ok(dir)
}

fn fetch(script: &Path) -> Result<(), String> {
    // It decides nothing about a build that succeeds, so it is no reason to build again.
    if crate::is_on("WIREDTIGER_NO_FETCH") {
        return Err(
            "the engine's source is not in vendor/wiredtiger and WIREDTIGER_NO_FETCH forbids \
             to fetch it: run build-scripts/vendor-wiredtiger, or point WIREDTIGER_SOURCE_DIR to \
             an unpacked source"
                .into(),
        );
    }
    let output = Command::new("python3")
        .arg(script)
        .output()
        .map_err(|why| {
            format!(
                "the engine's source is not in vendor/wiredtiger and python3, which fetches it, \
             cannot be started ({why}): install Python 3 with pip, or point \
             WIREDTIGER_SOURCE_DIR to an unpacked source"
            )
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "the engine's source could not be fetched:\n{}",
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}

fn check(dir: &Path, version: &str) -> Result<(), String> {
    for landmark in LANDMARKS {
        if !dir.join(landmark).is_file() {
            return Err(format!(
                "{} is not WiredTiger's source: {landmark} is missing",
                dir.display()
            ));
        }
    }
    let path = dir.join("RELEASE_INFO");
    let text =
        std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let found = ["MAJOR", "MINOR", "PATCH"].map(|part| {
        let key = format!("WIREDTIGER_VERSION_{part}=");
        text.lines()
            .find_map(|line| line.strip_prefix(&key))
            .unwrap_or("?")
            .trim()
    });
    if found.join(".") != version {
        return Err(format!(
            "{} holds WiredTiger {}, but the bindings are made for {version}",
            dir.display(),
            found.join(".")
        ));
    }
    Ok(())
}
