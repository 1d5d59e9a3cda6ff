//! `WIREDTIGER_NO_VENDOR=1`: links the WiredTiger that the system has, for distributions.

use std::path::PathBuf;

/// Emits the link lines and returns the folder of `wiredtiger.h`.
pub(crate) fn probe(version: &str) -> Result<PathBuf, String> {
    let library = pkg_config::Config::new()
        .exactly_version(version)
        .probe("wiredtiger")
        .map_err(|why| {
            format!(
                "WIREDTIGER_NO_VENDOR is set, but pkg-config has no wiredtiger {version} \
                 (other versions have other struct layouts): {why}"
            )
        })?;
    for feature in [
        "SNAPPY",
        "LZ4",
        "ZLIB",
        "ZSTD",
        "SODIUM",
        "DIAGNOSTIC",
        "ASAN",
    ] {
        if std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some() {
            println!(
                "cargo:warning=wiredtiger-sys: the feature {} has no effect on the system's \
                 library; load its extension by configuration",
                feature.to_lowercase()
            );
        }
    }
    // pkg-config does not list a folder that compilers search anyway.
    Ok(library
        .include_paths
        .into_iter()
        .find(|dir| dir.join("wiredtiger.h").is_file())
        .unwrap_or_else(|| PathBuf::from("/usr/include")))
}
