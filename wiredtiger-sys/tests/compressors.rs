//! Each compressor and the encryptor that a feature builds in does its work.

#![cfg(any(
    feature = "snappy",
    feature = "lz4",
    feature = "zlib",
    feature = "zstd",
    feature = "sodium"
))]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::ffi::CStr;
use std::fs;
use std::path::Path;

use support::Database;

const TABLE: &CStr = c"table:data";

/// Rows that compress well, and a text that is in each of them.
const ROWS: usize = 2_000;
const TELL_TALE: &str = "a sentence that must not be read on the disk";

fn key(row: usize) -> String {
    format!("key {row:06}")
}

fn value(row: usize) -> Vec<u8> {
    format!("{row}: {TELL_TALE}. ").repeat(10).into_bytes()
}

fn write(home: &Path, open: &str, create: &str) {
    let database = Database::open(home, &format!("create,{open}")).unwrap();
    database.create(TABLE, create).unwrap();
    let rows: Vec<_> = (0..ROWS).map(|row| (key(row), value(row))).collect();
    database.put(
        TABLE,
        rows.iter()
            .map(|(key, value)| (key.as_str(), value.as_slice())),
    );
    database.checkpoint();
    database.close();
}

fn assert_reads_back(home: &Path, open: &str) {
    let database = Database::open(home, open).unwrap();
    for row in 0..ROWS {
        assert_eq!(
            database.get(TABLE, &key(row)),
            Some(value(row)),
            "row {row}"
        );
    }
    assert_eq!(database.get(TABLE, &key(ROWS)), None);
    database.close();
}

/// Writes with the compressor, reads back, and returns the size of the table's file.
fn stored_size(compressor: &str) -> u64 {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), "", &format!("block_compressor={compressor}"));
    assert_reads_back(home.path(), "");
    fs::metadata(home.path().join("data.wt")).unwrap().len()
}

fn assert_compresses(compressor: &str) {
    let (plain, compressed) = (stored_size("none"), stored_size(compressor));
    assert!(
        compressed * 2 < plain,
        "{compressor}: {compressed} bytes, {plain} without it"
    );
}

#[cfg(feature = "snappy")]
#[test]
fn snappy_compresses() {
    assert_compresses("snappy");
}

#[cfg(feature = "lz4")]
#[test]
fn lz4_compresses() {
    assert_compresses("lz4");
}

#[cfg(feature = "zlib")]
#[test]
fn zlib_compresses() {
    assert_compresses("zlib");
}

#[cfg(feature = "zstd")]
#[test]
fn zstd_compresses() {
    assert_compresses("zstd");
}

#[cfg(feature = "sodium")]
mod sodium {
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn encryption(key: &str) -> String {
        format!("log=(enabled,file_max=1MB),encryption=(name=sodium,secretkey={key})")
    }

    /// Whether a text is in any file of the home.
    fn readable(home: &Path, text: &str) -> bool {
        fs::read_dir(home).unwrap().any(|entry| {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        })
    }

    #[test]
    fn an_encrypted_home_opens_with_its_key_only() {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), &encryption(KEY), "");
        assert_reads_back(home.path(), &encryption(KEY));

        let without =
            Database::open(home.path(), "log=(enabled,file_max=1MB)").map(Database::close);
        assert!(without.is_err(), "opened without a key");
        let other = encryption(&KEY.replace("0f", "f0"));
        let other = Database::open(home.path(), &other).map(Database::close);
        assert!(other.is_err(), "opened with another key");

        // And the attempts did no harm.
        assert_reads_back(home.path(), &encryption(KEY));
    }

    #[test]
    fn no_file_tells_the_text_or_the_key() {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), &encryption(KEY), "");
        assert!(!readable(home.path(), TELL_TALE));
        assert!(!readable(home.path(), KEY));

        // The same search finds the text where nothing is encrypted.
        let home = tempfile::tempdir().unwrap();
        write(home.path(), "log=(enabled,file_max=1MB)", "");
        assert!(readable(home.path(), TELL_TALE));
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let config = format!("create,{}", encryption(&KEY[2..]));
        assert!(
            Database::open(home.path(), &config)
                .map(Database::close)
                .is_err()
        );
    }
}
