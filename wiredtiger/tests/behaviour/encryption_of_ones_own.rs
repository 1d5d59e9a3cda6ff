//! Encryption in Rust.

use std::io;

use wiredtiger::{Connection, Encrypt};

use crate::callbacks::{Used, Uses};
use crate::common::{strings, temp};

const NONCE: usize = 4;

/// No cipher to keep a secret with: a byte for a key, and a sum that finds changes.
struct Shifted {
    key: u8,
    used: Used,
}

fn sum(bytes: &[u8]) -> [u8; NONCE] {
    bytes
        .iter()
        .fold(7u32, |sum, byte| sum.wrapping_mul(31) ^ u32::from(*byte))
        .to_le_bytes()
}

impl Encrypt for Shifted {
    fn encrypt(&self, source: &[u8], target: &mut [u8]) -> io::Result<usize> {
        self.used.call();
        target[..NONCE].copy_from_slice(&sum(source));
        for (to, from) in target[NONCE..].iter_mut().zip(source) {
            *to = from ^ self.key;
        }
        Ok(source.len() + NONCE)
    }

    fn decrypt(&self, source: &[u8], target: &mut [u8]) -> io::Result<usize> {
        self.used.call();
        let (stored, source) = source
            .split_first_chunk()
            .ok_or(io::ErrorKind::InvalidData)?;
        for (to, from) in target.iter_mut().zip(source) {
            *to = from ^ self.key;
        }
        if sum(&target[..source.len()]) != *stored {
            return Err(io::Error::other("the key is another one"));
        }
        Ok(source.len())
    }

    fn overhead(&self) -> usize {
        NONCE
    }
}

#[test]
fn all_files_are_encrypted_by_an_encryption_of_ones_own() {
    let uses = Uses::default();
    let (_dir, home) = temp();
    let options = |key| {
        let used = Used(uses.clone());
        Connection::options()
            .create(true)
            .encryptor("shifted", Shifted { key, used })
    };
    let secret = "a text that is easy to find";
    {
        let connection = options(0x5a).open(&home).unwrap();
        let (mut session, table) = strings(&connection);
        session.put(&table, "key", secret).unwrap();
        session.checkpoint().unwrap();
        session.put(&table, "in the log", secret).unwrap();
    }
    for entry in std::fs::read_dir(&home).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "{} shows the text", path.display());
    }
    let error = options(0x5b).open(&home).unwrap_err();
    assert!(error.message().contains("another one"), "{error}");
    let without = Connection::open(&home).unwrap_err();
    assert!(!without.message().is_empty());
    let connection = options(0x5a).open(&home).unwrap();
    let (session, table) = strings(&connection);
    let value = session.get_owned(&table, "in the log").unwrap();
    assert_eq!(value.as_deref(), Some(secret));
}
