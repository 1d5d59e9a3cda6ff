//! Dropping, renaming, emptying, checking, repairing and changing tables.

use std::io::{Read as _, Seek, SeekFrom, Write as _};

use wiredtiger::{
    AlterOptions, Connection, Durability, ErrorKind, RecordNumber, SalvageOptions, SessionOptions,
    Table, TableOptions, VerifyOptions,
};

use crate::common::{entries, in_memory, strings, temp};

/// Rule 38: a table with changes that are not on disk is "busy", and so is one with cursors of our
/// own.
#[test]
fn a_table_is_dropped_right_after_writes() {
    for durability in [Durability::Process, Durability::Checkpoint] {
        let (_dir, home) = temp();
        let options = Connection::options().create(true).durability(durability);
        let connection = options.open(&home).unwrap();
        let (mut session, table) = strings(&connection);
        session.put(&table, "a", "1").unwrap();
        assert_eq!(
            session.get_owned(&table, "a").unwrap().as_deref(),
            Some("1")
        );
        session.drop_table(&table).unwrap();
        assert_eq!(
            session.get(&table, "a").unwrap_err().kind(),
            ErrorKind::NotFound
        );
        assert!(!home.join("t.wt").exists());
        let missing = session.drop_table("t").unwrap_err();
        assert_eq!(
            (missing.kind(), missing.uri()),
            (ErrorKind::NotFound, Some("table:t"))
        );
        // The name is free, for other types too.
        let other: Table<u64, u64> = session.create_table("t", &TableOptions::new()).unwrap();
        session.put(&other, 1, 2).unwrap();
        assert_eq!(
            session.get(&table, "a").unwrap_err().kind(),
            ErrorKind::TypeMismatch
        );
    }
}

#[test]
fn a_table_in_memory_is_dropped() {
    let (_connection, mut session, table) = in_memory();
    session.put(&table, "a", "1").unwrap();
    session.drop_table("t").unwrap();
    assert_eq!(
        session.get(&table, "a").unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn a_table_that_another_session_reads_is_busy() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "1").unwrap();
    let mut other = connection.open_session().unwrap();
    let value = other.get(&table, "a").unwrap().unwrap();
    assert_eq!(
        session.drop_table(&table).unwrap_err().kind(),
        ErrorKind::Busy
    );
    // Nothing has happened to it.
    assert_eq!(value.get().unwrap(), "1");
    drop(value);
    other.reset().unwrap();
    session.drop_table(&table).unwrap();
}

#[test]
fn a_table_gets_another_name() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "1").unwrap();
    session.rename_table(&table, "u").unwrap();
    assert_eq!(
        session.get(&table, "a").unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let renamed = session.open_table::<String, String>("u").unwrap();
    assert_eq!(
        session.get_owned(&renamed, "a").unwrap().as_deref(),
        Some("1")
    );
    let _: Table<u64, u64> = session.create_table("v", &TableOptions::new()).unwrap();
    let taken = session.rename_table("u", "v").unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists, "{taken}");
    assert_eq!(entries(&session, &renamed).len(), 1);
}

/// Rules 12 and 13: no name leads out of the home or to the engine's own files.
#[test]
fn names_that_are_no_tables_are_refused() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    for name in [
        "",
        "../t",
        "a/b",
        "WiredTiger",
        "WiredTigerHS",
        "a\0b",
        "t,u",
    ] {
        let errors = [
            session.drop_table(name).unwrap_err(),
            session.rename_table("t", name).unwrap_err(),
            session.rename_table(name, "u").unwrap_err(),
            session.clear_table(name).unwrap_err(),
            session.verify(name, &VerifyOptions::new()).unwrap_err(),
            session.salvage(name, &SalvageOptions::new()).unwrap_err(),
            session.alter(name, &AlterOptions::new()).unwrap_err(),
        ];
        for error in errors {
            let kinds = [ErrorKind::InvalidArgument, ErrorKind::InteriorNul];
            assert!(kinds.contains(&error.kind()), "{name:?}: {error}");
        }
    }
    session.put(&table, "a", "1").unwrap();
}

#[test]
fn ranges_are_removed_at_once() {
    let (_connection, mut session, _) = in_memory();
    let table: Table<u64, u64> = session.create_table("n", &TableOptions::new()).unwrap();
    let fill = |session: &mut wiredtiger::Session| {
        for number in 0..10 {
            session.put(&table, number * 10, number).unwrap();
        }
    };
    let left = |session: &wiredtiger::Session| -> Vec<u64> {
        let range = session.range(&table, ..).unwrap();
        range.into_iter().map(|entry| entry.unwrap().0).collect()
    };
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let all = |keep: &dyn Fn(u64) -> bool| -> Vec<u64> {
        (0..10)
            .map(|number| number * 10)
            .filter(|key| keep(*key))
            .collect()
    };
    // Ends that are there and that are not, empty ranges, and none.
    let ends: Vec<_> = [0, 5, 30, 31, 39, 40, 90, 95]
        .into_iter()
        .flat_map(|key| [Included(key), Excluded(key)])
        .chain([Unbounded])
        .collect();
    for from in &ends {
        for to in &ends {
            fill(&mut session);
            session.truncate(&table, (*from, *to)).unwrap();
            let range = (*from, *to);
            let keep = |key| !std::ops::RangeBounds::contains(&range, &key);
            assert_eq!(left(&session), all(&keep), "{range:?}");
        }
    }
    fill(&mut session);
    session.clear_table(&table).unwrap();
    assert!(left(&session).is_empty());
    // Nothing to do, and a transaction that is rolled back.
    session.truncate(&table, 3..7).unwrap();
    fill(&mut session);
    let mut txn = session.begin().unwrap();
    txn.truncate(&table, 20..).unwrap();
    assert_eq!(left(&txn).len(), 2);
    txn.truncate(&table, ..).unwrap();
    assert!(left(&txn).is_empty());
    txn.put(&table, 5, 5).unwrap();
    txn.rollback().unwrap();
    assert_eq!(left(&session).len(), 10);
}

/// Rule 67: the engine aborted the process.
#[test]
fn an_empty_table_is_truncated() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    let numbers: Table<RecordNumber, u64> =
        session.create_table("n", &TableOptions::new()).unwrap();
    for _ in 0..3 {
        session.clear_table(&table).unwrap();
        session.truncate(&table, ..="m").unwrap();
        session.truncate(&table, "m"..).unwrap();
        session.truncate(&table, "a"..="m").unwrap();
        session.truncate(&numbers, ..).unwrap();
        session.truncate(&numbers, ..=RecordNumber::FIRST).unwrap();
    }
    session.put(&table, "k", "v").unwrap();
    assert_eq!(entries(&session, &table).len(), 1);
    session.clear_table(&table).unwrap();
    session.clear_table(&table).unwrap();
    assert!(entries(&session, &table).is_empty());
}

#[test]
fn a_truncation_conflicts_like_a_write() {
    let (connection, mut session, table) = in_memory();
    session.put(&table, "a", "1").unwrap();
    let mut other = connection.open_session().unwrap();
    let mut txn = session.begin().unwrap();
    txn.put(&table, "a", "2").unwrap();
    let mut second = other.begin().unwrap();
    let conflict = second.truncate(&table, .."z").unwrap_err();
    assert_eq!(conflict.kind(), ErrorKind::Rollback);
    // The transaction is lost, as after any conflict.
    assert!(second.put(&table, "b", "1").is_err());
    drop(second);
    txn.commit().unwrap();
}

#[test]
fn a_sound_table_passes_and_a_damaged_one_does_not() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    for number in 0..2000 {
        let key = format!("{number:05}");
        session.put(&table, &key, &"x".repeat(100)).unwrap();
    }
    // With changes that are not on disk yet.
    session
        .verify(&table, &VerifyOptions::new().strict(true))
        .unwrap();
    drop(session);
    connection.close().unwrap();

    let file = home.join("t.wt");
    let mut damaged = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&file)
        .unwrap();
    let size = damaged.metadata().unwrap().len();
    let mut bytes = vec![0; 64];
    damaged.seek(SeekFrom::Start(size / 2)).unwrap();
    damaged.read_exact(&mut bytes).unwrap();
    bytes.iter_mut().for_each(|byte| *byte = !*byte);
    damaged.seek(SeekFrom::Start(size / 2)).unwrap();
    damaged.write_all(&bytes).unwrap();
    drop(damaged);

    let connection = Connection::open(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let bad = session.verify("t", &VerifyOptions::new()).unwrap_err();
    assert!(!bad.message().is_empty());
    session.salvage("t", &SalvageOptions::new()).unwrap();
    session.verify("t", &VerifyOptions::new()).unwrap();
    let table = session.open_table::<String, String>("t").unwrap();
    let left = entries(&session, &table).len();
    assert!(left > 500 && left < 2000, "{left}");
    session.put(&table, "new", "row").unwrap();
}

/// Rule 57: that is why a table is verified first.
#[test]
fn a_salvage_brings_back_what_was_removed() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table: Table<u64, Vec<u8>> = session.create_table("b", &TableOptions::new()).unwrap();
    let mut loader = session.bulk_load(&table).unwrap();
    for number in 0..20_000 {
        loader.insert(number, &[1; 100]).unwrap();
    }
    loader.finish().unwrap();
    session.truncate(&table, 3000..9000).unwrap();
    let count =
        |session: &wiredtiger::Session| session.range(&table, ..).unwrap().into_iter().count();
    session.verify(&table, &VerifyOptions::new()).unwrap();
    assert_eq!(count(&session), 14_000);
    session.salvage(&table, &SalvageOptions::new()).unwrap();
    assert!(count(&session) > 14_000);
}

#[test]
fn databases_in_memory_have_nothing_to_check() {
    let (_connection, mut session, table) = in_memory();
    session.put(&table, "a", "1").unwrap();
    for error in [
        session.verify(&table, &VerifyOptions::new()).unwrap_err(),
        session.salvage(&table, &SalvageOptions::new()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotSupported, "{error}");
    }
    assert_eq!(
        session.get_owned(&table, "a").unwrap().as_deref(),
        Some("1")
    );
}

#[test]
fn options_of_a_table_change() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "1").unwrap();
    let options = AlterOptions::new()
        .app_metadata("owner=ada")
        .cache_resident(true);
    let options = options
        .os_cache_max(wiredtiger::ByteSize::mib(64))
        .os_cache_dirty_max(wiredtiger::ByteSize::mib(16));
    session.alter(&table, &options).unwrap();
    let metadata = session.metadata().unwrap();
    let of_table: Vec<_> = metadata
        .map(Result::unwrap)
        .filter(|entry| entry.uri.contains(":t"))
        .map(|entry| entry.config)
        .collect();
    let has = |part: &str| of_table.iter().any(|config| config.contains(part));
    assert!(
        has("owner=ada") && has("cache_resident=true"),
        "{of_table:?}"
    );
    assert!(has("os_cache_max=67108864") && has("os_cache_dirty_max=16777216"));
    let hostile = AlterOptions::new().app_metadata("x\",log=(enabled=false");
    assert_eq!(
        session.alter(&table, &hostile).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
}

#[test]
fn a_session_changes_its_options() {
    let (_connection, mut session, table) = in_memory();
    session
        .reconfigure(&SessionOptions::new().isolation(wiredtiger::Isolation::ReadCommitted))
        .unwrap();
    assert_eq!(
        session.put(&table, "a", "1").unwrap_err().kind(),
        ErrorKind::NotSupported
    );
    session
        .reconfigure(&SessionOptions::new().isolation(wiredtiger::Isolation::Snapshot))
        .unwrap();
    session.put(&table, "a", "1").unwrap();
}

#[test]
fn the_pinned_range_grows_with_others_transactions() {
    let (connection, mut session, table) = in_memory();
    session.put(&table, "a", "1").unwrap();
    let mut writer = connection.open_session().unwrap();
    assert_eq!(session.transaction_pinned_range().unwrap(), 0);
    let value = session.get(&table, "a").unwrap().unwrap();
    for _ in 0..5 {
        writer.put(&table, "b", "1").unwrap();
    }
    assert!(session.transaction_pinned_range().unwrap() >= 5);
    drop(value);
}
