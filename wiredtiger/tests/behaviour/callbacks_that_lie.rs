//! Rule 60: callbacks that say something else than what they did.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use wiredtiger::{Compress, Connection, Encrypt, Table, TableOptions};

use crate::common::temp;

/// What a callback says it has written is not believed.
#[test]
fn a_callback_that_lies_is_an_error() {
    struct Liar(usize, Arc<AtomicBool>);
    impl Compress for Liar {
        fn compress(&self, _: &[u8], target: &mut [u8]) -> io::Result<Option<usize>> {
            let lies = self.1.load(Relaxed);
            Ok(lies.then_some(target.len() + self.0))
        }
        fn decompress(&self, _: &[u8], _: &mut [u8]) -> io::Result<usize> {
            Ok(usize::MAX)
        }
        fn target_len(&self, len: usize) -> usize {
            if self.0 == 0 && self.1.load(Relaxed) {
                usize::MAX
            } else {
                len
            }
        }
    }
    impl Encrypt for Liar {
        fn encrypt(&self, _: &[u8], target: &mut [u8]) -> io::Result<usize> {
            Ok(target.len() + 1)
        }
        fn decrypt(&self, _: &[u8], _: &mut [u8]) -> io::Result<usize> {
            Ok(usize::MAX)
        }
        fn overhead(&self) -> usize {
            self.0
        }
    }
    for (liar, why) in [(0, "were written"), (1, "were written")] {
        let (_dir, home) = temp();
        let lies = Arc::new(AtomicBool::new(true));
        let options = Connection::options()
            .create(true)
            .compressor("liar", Liar(liar, lies.clone()));
        let connection = options.open(&home).unwrap();
        let mut session = connection.open_session().unwrap();
        let options = TableOptions::new().custom_compressor("liar");
        let table: Table<u64, String> = session.create_table("t", &options).unwrap();
        session.put(&table, 1, &"text ".repeat(10_000)).unwrap();
        let error = session.checkpoint().unwrap_err();
        assert!(error.message().contains(why), "{error}");
        // The database is none the worse for it.
        lies.store(false, Relaxed);
        session.checkpoint().unwrap();
        drop(session);
        connection.close().unwrap();
    }
    for overhead in [usize::MAX, 1 << 20, 8] {
        let (_dir, home) = temp();
        let options = Connection::options()
            .create(true)
            .encryptor("liar", Liar(overhead, Arc::default()));
        assert!(options.open(&home).is_err());
    }
}
