//! An encryption of one's own. It shows how to plug one in, and keeps no secret: use a real cipher,
//! or the feature `sodium`, which has one built in.

use std::fs;
use std::io;

use wiredtiger::{Connection, ConnectionOptions, Encrypt, Table, TableOptions};

/// A checksum in front, and then each byte added to a key that the password gives.
struct Password(Vec<u8>);

const SUM: usize = 8;

impl Password {
    fn sum(&self, bytes: &[u8]) -> [u8; SUM] {
        let mix = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        self.0
            .iter()
            .chain(bytes)
            .fold(0xcbf2_9ce4_8422_2325, mix)
            .to_le_bytes()
    }
}

impl Encrypt for Password {
    fn encrypt(&self, source: &[u8], target: &mut [u8]) -> io::Result<usize> {
        let (sum, body) = target.split_at_mut(SUM);
        sum.copy_from_slice(&self.sum(source));
        for ((to, from), key) in body.iter_mut().zip(source).zip(self.0.iter().cycle()) {
            *to = from.wrapping_add(*key);
        }
        Ok(SUM + source.len())
    }

    fn decrypt(&self, source: &[u8], target: &mut [u8]) -> io::Result<usize> {
        let (sum, body) = source
            .split_first_chunk()
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        for ((to, from), key) in target.iter_mut().zip(body).zip(self.0.iter().cycle()) {
            *to = from.wrapping_sub(*key);
        }
        if self.sum(&target[..body.len()]) != *sum {
            return Err(io::Error::other("the password is another one"));
        }
        Ok(body.len())
    }

    fn overhead(&self) -> usize {
        SUM
    }
}

fn options(password: &str) -> ConnectionOptions {
    Connection::options()
        .create(true)
        .encryptor("password", Password(password.into()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let home = dir.path().join("home");
    let plain = "this can be read";
    {
        let connection = options("open sesame").open(&home)?;
        let mut session = connection.open_session()?;
        let table: Table<u64, String> = session.create_table("t", &TableOptions::new())?;
        session.put(&table, 1, plain)?;
        drop(session);
        connection.close()?;
    }

    let mut readable = 0;
    for entry in fs::read_dir(&home)? {
        let bytes = fs::read(entry?.path())?;
        readable += usize::from(
            bytes
                .windows(plain.len())
                .any(|part| part == plain.as_bytes()),
        );
    }
    println!("files in which the text can be read: {readable}");

    match options("open barley").open(&home) {
        Ok(_) => return Err("the wrong password opens it".into()),
        Err(_) => println!("the wrong password does not open it"),
    }

    let connection = options("open sesame").open(&home)?;
    let session = connection.open_session()?;
    let table: Table<u64, String> = session.open_table("t")?;
    println!(
        "the right one shows: {}",
        session.get_owned(&table, 1)?.ok_or("it is gone")?
    );
    Ok(())
}
