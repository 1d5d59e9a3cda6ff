//! Where, when, how and of what the figures are.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What this program was built with, engines included.
const LOCK: &str = include_str!("../../../Cargo.lock");

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meta {
    pub(super) versions: BTreeMap<String, String>,
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) command: String,
    pub(super) date: String,
}

impl Meta {
    pub(super) fn gather() -> Result<Self> {
        Ok(Self {
            versions: versions()?,
            cpu: cpu(),
            cores: std::thread::available_parallelism()
                .context("the number of cores")?
                .get(),
            command: command(),
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        })
    }
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

fn versions() -> Result<BTreeMap<String, String>> {
    let lock: Lock = toml::from_str(LOCK).context("Cargo.lock")?;
    // A crate that is built twice is there twice; the one that is used is the newer one.
    let crates: BTreeMap<&str, &str> = lock
        .package
        .iter()
        .map(|package| (package.name.as_str(), package.version.as_str()))
        .collect();
    let of = |name: &str| {
        let version = crates.get(name).copied();
        version.with_context(|| format!("Cargo.lock has no {name}"))
    };
    let lmdb = heed::lmdb_version();
    let mut versions = BTreeMap::from([
        ("bench", env!("CARGO_PKG_VERSION").to_owned()),
        ("rustc", told_by("rustc", &["--version"])),
        ("redis", redis()),
        ("os", told_by("uname", &["-sr"])),
        ("tiered-cache", of("tiered-cache")?.to_owned()),
        (
            "wiredtiger",
            format!(
                "{}.{}.{}",
                wiredtiger_sys::WIREDTIGER_VERSION_MAJOR,
                wiredtiger_sys::WIREDTIGER_VERSION_MINOR,
                wiredtiger_sys::WIREDTIGER_VERSION_PATCH
            ),
        ),
        (
            "lmdb",
            format!(
                "{}.{}.{} (heed {})",
                lmdb.major,
                lmdb.minor,
                lmdb.patch,
                of("heed")?
            ),
        ),
        ("redb", of("redb")?.to_owned()),
        ("fjall", of("fjall")?.to_owned()),
        ("foyer", of("foyer")?.to_owned()),
        ("moka", of("moka")?.to_owned()),
    ]);
    if cfg!(feature = "rocksdb") {
        // The crate's version ends with that of the engine in it.
        let engine = of("rust-librocksdb-sys")?;
        let engine = engine.split_once('+').map_or(engine, |(_, engine)| engine);
        let version = format!("{engine} (rust-rocksdb {})", of("rust-rocksdb")?);
        versions.insert("rocksdb", version);
    }
    Ok(versions
        .into_iter()
        .map(|(name, version)| (name.to_owned(), version))
        .collect())
}

/// The command, without the folder that this program lies in, and with what the script made of a
/// feature.
fn command() -> String {
    let mut words = vec!["build-scripts/bench".to_owned()];
    words.extend(std::env::args().skip(1));
    if cfg!(feature = "rocksdb") {
        words.push("--with rocksdb".to_owned());
    }
    words.join(" ")
}

/// What follows `v=` in what it says, which is more than that.
fn redis() -> String {
    let told = told_by("redis-server", &["--version"]);
    let version = told
        .split_whitespace()
        .find_map(|word| word.strip_prefix("v="));
    version.map_or_else(|| told.clone(), str::to_owned)
}

fn told_by(program: &str, arguments: &[&str]) -> String {
    Command::new(program).args(arguments).output().map_or_else(
        |_| format!("{program}: not there"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn cpu() -> String {
    std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "an unknown processor".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_has_a_version() {
        let versions = versions().unwrap();
        for engine in [
            "wiredtiger",
            "tiered-cache",
            "lmdb",
            "redb",
            "fjall",
            "foyer",
            "moka",
        ] {
            let version = &versions[engine];
            assert!(
                version.starts_with(|first: char| first.is_ascii_digit()),
                "{engine}: {version}"
            );
        }
        assert_eq!(
            versions.contains_key("rocksdb"),
            cfg!(feature = "rocksdb"),
            "RocksDB is named when it is there"
        );
    }
}
