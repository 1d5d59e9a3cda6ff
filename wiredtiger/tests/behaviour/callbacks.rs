//! Orders, compressions, encryptions and extractors in Rust: rule 37.

use std::cmp::Ordering;
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use wiredtiger::{
    Collate, Compress, Connection, ConnectionOptions, ErrorKind, Extract, ExtractedKeys, Index,
    IndexOptions, Pack, Session, Table, TableOptions,
};

use crate::common::{strings, temp};

/// Counts how often the callbacks that share it are called and dropped.
#[derive(Clone, Default)]
pub(crate) struct Uses {
    pub(crate) calls: Arc<AtomicUsize>,
    drops: Arc<AtomicUsize>,
    panics: Arc<AtomicBool>,
}

pub(crate) struct Used(pub(crate) Uses);

impl Used {
    pub(crate) fn call(&self) {
        self.0.calls.fetch_add(1, Relaxed);
        if self.0.panics.load(Relaxed) {
            panic!("a callback panics");
        }
    }
}

impl Drop for Used {
    fn drop(&mut self) {
        self.0.drops.fetch_add(1, Relaxed);
    }
}

impl Collate for Used {
    /// By the length, and then backwards.
    fn compare(&self, one: &[u8], other: &[u8]) -> Ordering {
        self.call();
        one.len().cmp(&other.len()).then_with(|| other.cmp(one))
    }
}

/// Runs of one byte, each as a count and the byte, after the length of all.
impl Compress for Used {
    fn compress(&self, source: &[u8], target: &mut [u8]) -> io::Result<Option<usize>> {
        self.call();
        let mut packed = u32::try_from(source.len()).unwrap().to_le_bytes().to_vec();
        for run in source.chunk_by(|one, other| one == other) {
            for part in run.chunks(255) {
                packed.extend([u8::try_from(part.len()).unwrap(), part[0]]);
            }
        }
        let Some(target) = target.get_mut(..packed.len()) else {
            return Ok(None);
        };
        target.copy_from_slice(&packed);
        Ok(Some(packed.len()))
    }

    fn decompress(&self, source: &[u8], target: &mut [u8]) -> io::Result<usize> {
        self.call();
        let (len, mut runs) = source
            .split_first_chunk()
            .ok_or(io::ErrorKind::InvalidData)?;
        let len = u32::from_le_bytes(*len) as usize;
        let mut done = 0;
        while done < len {
            let ([count, byte], rest) =
                runs.split_first_chunk().ok_or(io::ErrorKind::InvalidData)?;
            target[done..done + usize::from(*count)].fill(*byte);
            done += usize::from(*count);
            runs = rest;
        }
        Ok(done)
    }
}

/// A key for each word of the value.
impl Extract for Used {
    fn extract(
        &self,
        _: &[u8],
        value: &[u8],
        keys: &mut ExtractedKeys<'_>,
    ) -> wiredtiger::Result<()> {
        self.call();
        let text = <(String, u64)>::unpack(value)?.0;
        text.split(' ')
            .try_for_each(|word| keys.add(&[word.into()]))
    }
}

type Words = Table<u64, (String, u64)>;

fn backwards(session: &mut Session) -> Table<String, u64> {
    let options = TableOptions::new().collator("backwards");
    let table = session.create_table("b", &options).unwrap();
    for (key, value) in [("a", 1), ("b", 2), ("c", 3), ("aa", 4), ("bb", 5)] {
        session.put(&table, key, value).unwrap();
    }
    table
}

fn keys(range: wiredtiger::Range<'_, String, u64>) -> Vec<String> {
    range.into_iter().map(|entry| entry.unwrap().0).collect()
}

#[test]
fn a_table_keeps_the_order_of_its_collator() {
    let uses = Uses::default();
    let (_dir, home) = temp();
    let options = || {
        Connection::options()
            .create(true)
            .collator("backwards", Used(uses.clone()))
    };
    {
        // Recovery needs the order, too: what is in the log only was written by a killed process.
        let connection = options().open(&home).unwrap();
        let mut session = connection.open_session().unwrap();
        let table = backwards(&mut session);
        session.checkpoint().unwrap();
        session.put(&table, "d", 6).unwrap();
        let copy = home.with_extension("copy");
        std::fs::create_dir(&copy).unwrap();
        for entry in std::fs::read_dir(&home).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() != "WiredTiger.lock" {
                std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
            }
        }
        let recovered = options().open(&copy).unwrap();
        let session = recovered.open_session().unwrap();
        let table: Table<String, u64> = session.open_table("b").unwrap();
        assert_eq!(
            keys(session.range(&table, ..).unwrap()),
            ["d", "c", "b", "a", "bb", "aa"]
        );
    }
    assert_eq!(
        uses.drops.load(Relaxed),
        2,
        "both are dropped when their databases are closed"
    );
    assert!(uses.calls.load(Relaxed) > 10);

    let connection = options().open(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table: Table<String, u64> = session.open_table("b").unwrap();
    // The ends of a range are in the table's order, not in that of their bytes.
    let range = |from: &str, to: &str| keys(session.range(&table, from..=to).unwrap());
    assert_eq!(range("c", "bb"), ["c", "b", "a", "bb"]);
    assert_eq!(range("bb", "c"), [""; 0]);
    let open = (Bound::Excluded("c"), Bound::Excluded("bb"));
    assert_eq!(keys(session.range(&table, open).unwrap()), ["b", "a"]);
    let mut cursor = session.cursor(&table).unwrap();
    assert!(cursor.set_bounds("b".."aa").unwrap());
    assert!(!cursor.set_bounds("aa".."b").unwrap());
    drop(cursor);
    // Other tables have the order of their bytes.
    let (mut plain, table) = strings(&connection);
    for key in ["b", "aa", "a"] {
        plain.put(&table, key, "").unwrap();
    }
    assert_eq!(
        plain.range(&table, "a".."b").unwrap().into_iter().count(),
        2
    );
    session.checkpoint().unwrap();
}

#[test]
fn what_is_not_registered_is_missed() {
    let (_dir, home) = temp();
    let uses = Uses::default();
    let options = Connection::options()
        .create(true)
        .collator("backwards", Used(uses));
    let connection = options.open(&home).unwrap();
    backwards(&mut connection.open_session().unwrap());
    drop(connection);
    // Without the collator the table cannot be opened, and the rest can.
    let connection = Connection::open(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let error = session.open_table::<String, u64>("b").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert!(error.message().contains("backwards"), "{error}");
    let options = TableOptions::new().collator("unknown");
    let error = session.create_table::<u64, u64>("t", &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}

#[test]
fn blocks_are_compressed_by_a_compression_of_ones_own() {
    let uses = Uses::default();
    let (_dir, home) = temp();
    let options = || {
        Connection::options()
            .create(true)
            .compressor("runs", Used(uses.clone()))
    };
    let sizes = |name: &str, options: &TableOptions, connection: &Connection| {
        let mut session = connection.open_session().unwrap();
        let table: Table<u64, Vec<u8>> = session.create_table(name, options).unwrap();
        for number in 0..500 {
            session.put(&table, number, &[number as u8; 1000]).unwrap();
        }
        session.checkpoint().unwrap();
        std::fs::metadata(home.join(format!("{name}.wt")))
            .unwrap()
            .len()
    };
    let connection = options().open(&home).unwrap();
    let packed = sizes(
        "packed",
        &TableOptions::new().custom_compressor("runs"),
        &connection,
    );
    let plain = sizes("plain", &TableOptions::new(), &connection);
    assert!(packed * 5 < plain, "{packed} of {plain}");
    drop(connection);
    let before = uses.calls.load(Relaxed);
    let connection = options().open(&home).unwrap();
    let session = connection.open_session().unwrap();
    let table: Table<u64, Vec<u8>> = session.open_table("packed").unwrap();
    let rows = session.range(&table, ..).unwrap().into_iter();
    for (number, row) in rows.enumerate() {
        assert_eq!(row.unwrap(), (number as u64, vec![number as u8; 1000]));
    }
    assert!(uses.calls.load(Relaxed) > before);
}

fn words(options: &ConnectionOptions) -> (Connection, Session, Words, Index<String, (u64,)>) {
    let connection = options.open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let shape = TableOptions::new().columns(["id", "text", "number"]);
    let table: Words = session.create_table("texts", &shape).unwrap();
    session.put(&table, 1, ("to be or not", 10)).unwrap();
    let by_word = IndexOptions::new().extractor::<String>("words");
    session
        .create_index(&table, "words", &[], &by_word)
        .unwrap();
    let index = session.open_index(&table, "words", &["id"]).unwrap();
    (connection, session, table, index)
}

fn found(session: &Session, index: &Index<String, (u64,)>, word: &str) -> Vec<u64> {
    let mut cursor = session.index_cursor(index).unwrap();
    let mut ids = Vec::new();
    let mut more = cursor.search(word).unwrap();
    while more && cursor.key().unwrap() == word {
        ids.push(cursor.value().unwrap().0);
        more = cursor.next().unwrap();
    }
    ids
}

#[test]
fn an_index_has_the_keys_that_its_extractor_makes() {
    let uses = Uses::default();
    let (_connection, mut session, table, index) =
        words(&Connection::options().extractor("words", Used(uses.clone())));
    session.put(&table, 2, ("not me", 20)).unwrap();
    session.put(&table, 3, ("to do", 30)).unwrap();
    assert_eq!(found(&session, &index, "to"), [1, 3]);
    assert_eq!(found(&session, &index, "not"), [1, 2]);
    session.put(&table, 1, ("or else", 11)).unwrap();
    assert!(session.remove(&table, 3).unwrap());
    assert_eq!(found(&session, &index, "to"), [0; 0]);
    assert_eq!(found(&session, &index, "not"), [2]);
    assert_eq!(found(&session, &index, "else"), [1]);
    // A row that gives a key which is none of the index is not stored.
    let error = session.put(&table, 4, ("", 0)).err();
    assert!(error.is_none(), "an empty word is a word: {error:?}");
    assert_eq!(found(&session, &index, ""), [4]);
}

/// Rule 37: no panic goes through the engine, and the database works afterwards.
#[test]
fn a_panic_in_a_callback_comes_out_of_the_call() {
    let uses = Uses::default();
    let options = Connection::options()
        .collator("backwards", Used(uses.clone()))
        .extractor("words", Used(uses.clone()));
    let (connection, mut session, table, index) = words(&options);
    let ordered = backwards(&mut session);
    let panics = |work: &mut dyn FnMut()| {
        uses.panics.store(true, Relaxed);
        let result = catch_unwind(AssertUnwindSafe(work));
        uses.panics.store(false, Relaxed);
        let payload = result.expect_err("the panic goes on");
        assert_eq!(payload.downcast_ref(), Some(&"a callback panics"));
    };
    panics(&mut || drop(session.put(&table, 9, ("nine", 9))));
    assert!(session.get(&table, 9).unwrap().is_none());
    panics(&mut || drop(session.put(&ordered, "cc", 9)));
    panics(&mut || drop(session.get_owned(&ordered, "bb")));
    panics(&mut || drop(session.range(&ordered, "c".."bb")));
    let mut txn = session.begin().unwrap();
    panics(&mut || drop(txn.put(&table, 9, ("nine", 9))));
    assert!(txn.commit().is_err(), "the transaction is lost");
    // All goes on.
    session.put(&table, 9, ("nine to", 9)).unwrap();
    assert_eq!(found(&session, &index, "to"), [1, 9]);
    assert_eq!(session.get_owned(&ordered, "bb").unwrap(), Some(5));
    assert_eq!(session.get_owned(&ordered, "cc").unwrap(), None);
    drop((session, options));
    connection.close().unwrap();
    assert_eq!(uses.drops.load(Relaxed), 2);
}

#[test]
fn names_are_checked() {
    let (_dir, home) = temp();
    for name in ["", "none", "a,b", "a\"b", "a\0b", "ä", "a b", "a)"] {
        let used = || Used(Uses::default());
        let options = Connection::options().create(true);
        for options in [
            options.clone().collator(name, used()),
            options.clone().compressor(name, used()),
            options.clone().extractor(name, used()),
        ] {
            assert!(options.open(&home).is_err(), "{name:?}");
        }
    }
    let twice = Connection::options()
        .create(true)
        .collator("one", Used(Uses::default()))
        .collator("one", Used(Uses::default()));
    assert_eq!(
        twice.open(&home).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert!(format!("{twice:?}").contains("one"));
}
