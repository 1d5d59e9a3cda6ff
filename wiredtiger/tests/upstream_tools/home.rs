//! Databases that our library writes and reads.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use wiredtiger::{
    ByteSize, Connection, ConnectionOptions, LogOptions, Session, Table, TableOptions,
};

use crate::sample::Sample;

/// What a table holds.
pub(crate) type Entries<K, V> = BTreeMap<K, V>;

/// The same as bytes, packed by these tests, whatever the types.
pub(crate) struct Stored {
    pub(crate) uri: String,
    pub(crate) entries: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What has to be in the file of a table with these entries.
pub(crate) fn stored<K: Sample, V: Sample>(entries: &Entries<K, V>) -> Stored {
    let packed = entries
        .iter()
        .map(|(key, value)| (key.packed(), value.packed()));
    Stored {
        uri: format!("table:{}", name::<K, V>()),
        entries: packed.collect(),
    }
}

/// The library's own defaults, with a log in small files: tests copy homes.
pub(crate) fn options() -> ConnectionOptions {
    Connection::options()
        .create(true)
        .log(LogOptions::new().file_max(ByteSize::mib(1)).prealloc(false))
}

/// Opens a home, works in it, and closes it, which must go well.
pub(crate) fn with<R>(home: &Path, work: impl FnOnce(&mut Session) -> R) -> R {
    let connection = options().open(home).expect("our library opens the home");
    let mut session = connection.open_session().expect("a session");
    let result = work(&mut session);
    drop(session);
    connection.close().expect("our library closes the home");
    result
}

/// What the table of two types is called.
pub(crate) fn name<K: Sample, V: Sample>() -> String {
    format!("{}-{}", K::NAME, V::NAME)
}

/// Entries with ordinary keys that a filled table ends up with, besides those at the edges.
const PLAIN: u64 = 80;
const REMOVED: u64 = 40;

/// The keys of a filled table that stay, and those that are removed.
fn keys<K: Sample>() -> (Vec<K>, Vec<K>) {
    let stay = K::keys()
        .into_iter()
        .chain((0..PLAIN).map(K::plain))
        .collect();
    (stay, (PLAIN..PLAIN + REMOVED).map(K::plain).collect())
}

/// What a filled table holds: all keys and all values at the edges.
pub(crate) fn filled<K: Sample, V: Sample>() -> Entries<K, V> {
    let (keys, values) = (keys::<K>().0, V::values());
    let entries: Entries<K, V> = keys
        .iter()
        .cloned()
        .zip(values.iter().cloned().cycle())
        .collect();
    assert_eq!(entries.len(), keys.len(), "two keys are the same");
    assert!(
        values
            .iter()
            .all(|value| entries.values().any(|stored| stored == value))
    );
    entries
}

/// Makes a table that holds `filled` after all kinds of changes.
pub(crate) fn fill<K: Sample, V: Sample>(session: &mut Session) -> Entries<K, V> {
    let options = TableOptions::new();
    let table: Table<K, V> = session
        .create_table(&name::<K, V>(), &options)
        .expect("a table");
    let (keys, removed) = keys::<K>();
    for (key, n) in keys.iter().chain(&removed).zip(1000..) {
        session
            .put(&table, key.lend(), V::plain(n).lend())
            .expect("put");
    }
    // What follows changes pages that are on disk.
    session.checkpoint().expect("checkpoint");

    let entries = filled::<K, V>();
    for (key, value) in &entries {
        session.put(&table, key.lend(), value.lend()).expect("put");
    }
    let (alone, together) = removed.split_at(removed.len() / 2);
    for key in alone {
        assert!(session.remove(&table, key.lend()).expect("remove"));
    }
    let mut transaction = session.begin().expect("begin");
    for key in together {
        assert!(transaction.remove(&table, key.lend()).expect("remove"));
    }
    transaction.commit().expect("commit");

    let mut transaction = session.begin().expect("begin");
    for key in &keys {
        assert!(transaction.remove(&table, key.lend()).expect("remove"));
    }
    transaction.rollback().expect("rollback");
    entries
}

/// Whether our library finds `entries`, in their order.
pub(crate) fn check<K: Sample, V: Sample>(session: &Session, entries: &Entries<K, V>) {
    let table = session
        .open_table::<K, V>(&name::<K, V>())
        .expect("the table");
    let range = session.range(&table, ..).expect("a range");
    let found: Vec<(K, V)> = range
        .into_iter()
        .map(|entry| entry.expect("an entry"))
        .collect();
    assert_eq!(found.len(), entries.len(), "{}", name::<K, V>());
    for (found, stored) in found.iter().zip(entries) {
        // Values can be large: a message of this crate's tests shows their beginning only.
        let same = (&found.0, &found.1) == stored;
        assert!(
            same,
            "{}: {:.99?} is not {:.99?}",
            name::<K, V>(),
            found,
            stored
        );
    }
}

/// Copies the home of a process that has ended.
pub(crate) fn copy(home: &Path, to: &Path) {
    fs::create_dir(to).expect("a new folder");
    for entry in fs::read_dir(home).expect("a home") {
        let entry = entry.expect("an entry of the home");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
    }
}
