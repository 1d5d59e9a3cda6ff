//! Statistics, metadata, the log, progress, and settings that change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wiredtiger::{
    BackgroundCompaction, ByteSize, Cancel, CompactOptions, Connection, Durability, ErrorKind,
    LogOperation, LogRecordKind, ReconfigureOptions, StatisticKey, Statistics, StatisticsLevel,
    Table, TableOptions, TransactionOptions, VerifyOptions,
};

use crate::common::{in_memory, strings, temp};

#[test]
fn statistics_have_words_and_values() {
    let (_dir, home) = temp();
    let options = Connection::options()
        .create(true)
        .statistics(Statistics::All);
    let connection = options.open(&home).unwrap();
    let (mut session, table) = strings(&connection);
    for number in 0..100 {
        session.put(&table, &number.to_string(), "value").unwrap();
    }
    for _ in 0..100 {
        session.begin().unwrap().commit().unwrap();
    }
    session.checkpoint().unwrap();
    let all = connection.statistics().unwrap();
    assert!(all.len() > 500);
    let begun = all
        .iter()
        .find(|one| one.key == StatisticKey::TXN_COMMIT)
        .unwrap();
    assert_eq!(begun.category(), "transaction");
    assert!(begun.value >= 100, "{begun:?}");
    assert_eq!(begun.printable.parse(), Ok(begun.value));
    let found = session
        .statistic(StatisticKey::TXN_COMMIT)
        .unwrap()
        .unwrap();
    assert_eq!(found.description, begun.description);
    assert_eq!(session.statistic(StatisticKey(-5)).unwrap(), None);
    for level in [
        StatisticsLevel::Connection,
        StatisticsLevel::Size,
        StatisticsLevel::Fast,
        StatisticsLevel::CacheWalk,
        StatisticsLevel::TreeWalk,
        StatisticsLevel::All,
    ] {
        let found: Vec<_> = session
            .table_statistics(&table, level)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let size = found
            .iter()
            .find(|one| one.key == StatisticKey::BLOCK_SIZE)
            .unwrap();
        assert_eq!(
            u64::try_from(size.value).unwrap(),
            std::fs::metadata(home.join("t.wt")).unwrap().len(),
            "{level:?}"
        );
    }
    assert!(session.session_statistics().unwrap().count() > 5);
    let missing = session.table_statistics("missing", StatisticsLevel::Fast);
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn without_statistics_there_is_an_error() {
    let (_connection, session, _) = in_memory();
    let refused = session.statistics().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    assert!(refused.message().contains("statistics"), "{refused}");
}

#[test]
fn settings_of_an_open_database_change() {
    let (connection, session, _) = in_memory();
    let options = ReconfigureOptions::new()
        .statistics(Statistics::Fast)
        .cache_size(ByteSize::mib(33))
        .cache_max_wait(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(2))
        .io_capacity(ByteSize::mib(50))
        .eviction(wiredtiger::EvictionOptions::new().dirty_target(10));
    connection.reconfigure(&options).unwrap();
    let size = session
        .statistic(StatisticKey::CACHE_BYTES_MAX)
        .unwrap()
        .unwrap();
    assert_eq!(size.value, 33 << 20);
    for hostile in [
        "cache_size",
        "\"\u{e4}\"=1",
        "extra_diagnostics=[all]",
        "checkpoint=(wait=1)",
        "debug_mode=(table_logging=true)",
        "cache_size=1GB)",
    ] {
        let refused = connection.reconfigure(&ReconfigureOptions::new().raw(hostile));
        assert_eq!(
            refused.unwrap_err().kind(),
            ErrorKind::InvalidArgument,
            "{hostile}"
        );
    }
    connection
        .reconfigure(&ReconfigureOptions::new().raw("cache_size=44MB"))
        .unwrap();
    let size = session
        .statistic(StatisticKey::CACHE_BYTES_MAX)
        .unwrap()
        .unwrap();
    assert_eq!(size.value, 44 << 20);
}

#[test]
fn the_metadata_names_the_objects() {
    let (_connection, mut session, _) = in_memory();
    let _: Table<u64, u64> = session.create_table("a", &TableOptions::new()).unwrap();
    assert_eq!(session.table_names().unwrap(), ["a", "t"]);
    let entries: Vec<_> = session.metadata().unwrap().map(Result::unwrap).collect();
    let table = entries.iter().find(|entry| entry.uri == "table:a").unwrap();
    assert!(table.config.contains("key_format=Q"), "{table:?}");
    assert!(entries.iter().any(|entry| entry.uri == "file:a.wt"));
}

#[test]
fn the_log_shows_what_was_committed() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    let mut txn = session.begin().unwrap();
    txn.put(&table, "key", "value").unwrap();
    txn.remove(&table, "key").unwrap();
    txn.commit().unwrap();
    // What a C program would take for a format.
    let text = "100 %s of %n: %d\u{e4}";
    session.log_message(text).unwrap();
    session.log_flush(Durability::Disk).unwrap();
    assert_eq!(
        session.log_message("a\0b").unwrap_err().kind(),
        ErrorKind::InteriorNul
    );

    let entries: Vec<_> = session.log().unwrap().map(Result::unwrap).collect();
    // The engine has some of its own.
    let mut messages = entries.iter().filter_map(|entry| entry.message());
    assert!(messages.any(|message| message == text));
    let put = entries
        .iter()
        .find(|entry| entry.operation == LogOperation::Put && entry.key == b"key\0")
        .unwrap();
    assert_eq!(
        (put.kind, &put.value[..]),
        (LogRecordKind::Commit, &b"value\0"[..])
    );
    let removed = entries
        .iter()
        .find(|entry| entry.operation == LogOperation::Remove)
        .unwrap();
    assert_eq!(removed.transaction, put.transaction);
    assert_eq!(
        (removed.position, removed.counter),
        (put.position, put.counter + 1)
    );
    let id = format!(",id={},", put.file_id);
    let file = session
        .metadata()
        .unwrap()
        .map(Result::unwrap)
        .find(|entry| entry.config.contains(&id));
    assert_eq!(file.unwrap().uri, "file:t.wt");
    assert!(
        entries
            .windows(2)
            .all(|pair| pair[0].position <= pair[1].position)
    );
}

#[test]
fn without_a_log_there_is_an_error() {
    let (_connection, mut session, table) = in_memory();
    assert!(
        session.log().is_err()
            || session
                .log()
                .unwrap()
                .next()
                .is_none_or(|entry| entry.is_err())
    );
    assert_eq!(
        session.log_message("text").unwrap_err().kind(),
        ErrorKind::NotSupported
    );
    session.put(&table, "a", "1").unwrap();
}

#[test]
fn long_operations_tell_how_far_they_are() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table: Table<u64, Vec<u8>> = session.create_table("b", &TableOptions::new()).unwrap();
    for number in 0..20_000 {
        session.put(&table, number, &[7; 400]).unwrap();
    }
    session.checkpoint().unwrap();
    let (told, largest) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (count, most) = (Arc::clone(&told), Arc::clone(&largest));
    let options = VerifyOptions::new().progress(move |progress| {
        assert_eq!(progress.operation, "WT_SESSION.verify");
        count.fetch_add(1, Ordering::Relaxed);
        most.fetch_max(progress.done, Ordering::Relaxed);
    });
    session.verify(&table, &options).unwrap();
    assert!(told.load(Ordering::Relaxed) > 1);
    assert!(largest.load(Ordering::Relaxed) > 100);
    // Nobody is told of what is not theirs.
    let before = told.load(Ordering::Relaxed);
    session.verify(&table, &VerifyOptions::new()).unwrap();
    assert_eq!(told.load(Ordering::Relaxed), before);
}

#[test]
fn a_panic_of_who_is_told_comes_out_of_the_call() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table: Table<u64, Vec<u8>> = session.create_table("b", &TableOptions::new()).unwrap();
    for number in 0..20_000 {
        session.put(&table, number, &[7; 400]).unwrap();
    }
    session.checkpoint().unwrap();
    let options = VerifyOptions::new().progress(|_| panic!("enough"));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        session.verify(&table, &options)
    }));
    let payload = caught.unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"enough"));
    // All works, and the one who panicked is not told any more.
    session.verify(&table, &VerifyOptions::new()).unwrap();
    session.put(&table, 1, b"x").unwrap();
}

#[test]
fn a_compaction_is_cancelled() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table: Table<u64, Vec<u8>> = session.create_table("b", &TableOptions::new()).unwrap();
    for number in 0..40_000 {
        session.put(&table, number, &[7; 400]).unwrap();
    }
    session.checkpoint().unwrap();
    session.truncate(&table, ..35_000).unwrap();
    session.checkpoint().unwrap();
    let options = CompactOptions::new().free_at_least(ByteSize::mib(1));
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let steps = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&steps);
    let cancelled = options.clone().cancel(&cancel).progress(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        stop.cancel();
    });
    assert!(!session.compact(&table, &cancelled).unwrap());
    assert!(cancel.is_cancelled());
    assert!(steps.load(Ordering::Relaxed) >= 1);
    let before = session.table_space(&table).unwrap().file;
    assert!(
        session
            .compact(&table, &options.clone().dry_run(true))
            .unwrap()
    );
    assert_eq!(session.table_space(&table).unwrap().file, before);
    assert!(session.compact("b", &options).unwrap());
    assert!(session.table_space(&table).unwrap().file < before);
    session.verify(&table, &VerifyOptions::new()).unwrap();
}

#[test]
fn the_background_compacts() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    let options = BackgroundCompaction::new()
        .free_at_least(ByteSize::mib(1))
        .time_limit(Duration::from_secs(10))
        .exclude("t");
    session.start_background_compaction(&options).unwrap();
    session.put(&table, "a", "1").unwrap();
    session.stop_background_compaction().unwrap();
    session
        .start_background_compaction(&BackgroundCompaction::new().once(true))
        .unwrap();
    session.stop_background_compaction().unwrap();
    let hostile = BackgroundCompaction::new().exclude("x\",timeout=0");
    let refused = session.start_background_compaction(&hostile);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_conflict_says_why() {
    let connection = Connection::options()
        .cache_size(ByteSize::mib(1))
        .open_in_memory();
    let connection = connection.unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "1").unwrap();
    let mut other = connection.open_session().unwrap();
    let options = TransactionOptions::new()
        .name("transfer")
        .priority(5)
        .operation_timeout(Duration::from_secs(5));
    let mut txn = session.begin_with(&options).unwrap();
    txn.put(&table, "a", "2").unwrap();
    let mut second = other.begin().unwrap();
    let conflict = second.put(&table, "a", "3").unwrap_err();
    assert_eq!(conflict.kind(), ErrorKind::Rollback);
    let reason = "conflict between concurrent operations";
    assert!(conflict.message().contains(reason), "{conflict}");
}
