//! Every named option is one that the engine knows, and does what it says.

use std::time::Duration;

use wiredtiger::{
    AccessPattern, ByteSize, CheckpointOptions, CheckpointPolicy, Checksum, Compressor, Connection,
    Durability, ErrorKind, EvictionOptions, Isolation, LogOptions, SessionOptions, Statistics,
    TableOptions, TransactionOptions,
};

use crate::common::{strings, temp};

#[test]
fn the_engine_knows_them_all() {
    let (_dir, home) = temp();
    for level in [
        Durability::Checkpoint,
        Durability::Buffered,
        Durability::Disk,
    ] {
        let connection = Connection::options()
            .create(true)
            .cache_size(ByteSize::mib(10))
            .cache_max_wait(Duration::from_secs(1))
            .session_max(50)
            .durability(level)
            .log(
                LogOptions::new()
                    .file_max(ByteSize::mib(1))
                    .prealloc(false)
                    .remove(true),
            )
            .checkpoint(CheckpointPolicy {
                every: Duration::from_secs(5),
                log_size: ByteSize::mb(1),
            })
            .eviction(
                EvictionOptions::new()
                    .target(70)
                    .trigger(90)
                    .dirty_target(40)
                    .dirty_trigger(60)
                    .updates_target(30)
                    .updates_trigger(50)
                    .checkpoint_target(5)
                    .threads(1, 2),
            )
            .statistics(Statistics::Fast)
            .mmap(false)
            .raw("file_manager=(close_idle_time=10),hash=(buckets=64)")
            .open(&home)
            .unwrap();
        let mut session = connection
            .open_session_with(
                &SessionOptions::new()
                    .isolation(Isolation::Snapshot)
                    .cache_max_wait(Duration::from_millis(500))
                    .ignore_cache_size(true)
                    .raw("cache_cursors=false"),
            )
            .unwrap();
        let table = session
            .create_table::<u64, Vec<u8>>(
                &format!("{level:?}"),
                &TableOptions::new()
                    .block_compressor(Compressor::None)
                    .leaf_page_max(ByteSize::kib(16))
                    .leaf_value_max(ByteSize::kib(4))
                    .internal_page_max(ByteSize::kib(8))
                    .memory_page_max(ByteSize::mib(1))
                    .allocation_size(ByteSize::kib(4))
                    .prefix_compression(true)
                    .logged(true)
                    .exclusive(true)
                    .app_metadata("about (this) = table, grün")
                    .raw("split_pct=80"),
            )
            .unwrap();
        let mut txn = session
            .begin_with(
                &TransactionOptions::new()
                    .isolation(Isolation::Snapshot)
                    .durability(level)
                    .operation_timeout(Duration::from_secs(1))
                    .name("a transaction")
                    .priority(-5)
                    .raw("ignore_prepare=false"),
            )
            .unwrap();
        txn.put(&table, 1, b"one").unwrap();
        txn.commit().unwrap();
        let nightly = CheckpointOptions::new().name("nightly").force(true);
        session.checkpoint_with(&nightly).unwrap();
        if level == Durability::Checkpoint {
            session.log_flush(level).unwrap();
        } else {
            session.log_flush(Durability::Disk).unwrap();
        }
        drop(session);
        assert_eq!(connection.durability(), level);
        connection.close().unwrap();
    }
}

#[test]
fn the_engine_knows_the_rare_ones_too() {
    let (_dir, home) = temp();
    let connection = Connection::options()
        .create(true)
        .operation_timeout(Duration::from_secs(9))
        .cache_overhead(10)
        .checkpoint_sync(false)
        .io_capacity(ByteSize::mib(500))
        .close_idle_files(Duration::from_secs(20))
        .block_cache(ByteSize::mib(10))
        .statistics(Statistics::Fast)
        .statistics_log(Duration::from_secs(3600))
        .prefetch(true)
        .verify_metadata(true)
        .mmap_all(true)
        .open(&home)
        .unwrap();
    let stored = std::fs::read_to_string(home.join("WiredTiger.basecfg")).unwrap();
    for text in [
        "cache_overhead=10",
        "checkpoint_sync=false",
        "io_capacity=(total=524288000)",
        "close_idle_time=20",
        "block_cache=(enabled=true,size=10485760,type=DRAM)",
        "statistics_log=(wait=3600)",
        "prefetch=(available=true,default=true)",
        "mmap_all=true",
        "operation_timeout_ms=9000",
    ] {
        assert!(stored.contains(text), "{text} is not in {stored}");
    }
    let mut session = connection.open_session().unwrap();
    let options = TableOptions::new()
        .checksum(Checksum::Unencrypted)
        .access_pattern(AccessPattern::Random)
        .split_percent(75)
        .prefix_compression(true)
        .prefix_compression_min(6)
        .internal_key_max(ByteSize::b(300))
        .memory_page_image_max(ByteSize::mib(2))
        .os_cache_max(ByteSize::mib(64))
        .os_cache_dirty_max(ByteSize::mib(8))
        .cache_resident(true)
        .ignore_in_memory_cache_size(false)
        .columns(["k", "v"])
        .column_group("g", ["v"]);
    let table = session.create_table::<u64, u64>("t", &options).unwrap();
    session.put(&table, 1, 1).unwrap();
    drop(session);
    connection.close().unwrap();
    // The metadata, where the settings of a table are kept, is a table itself.
    let metadata = std::fs::read(home.join("WiredTiger.wt")).unwrap();
    let metadata = String::from_utf8_lossy(&metadata);
    for text in [
        "checksum=unencrypted",
        "access_pattern_hint=random",
        "split_pct=75",
        "prefix_compression_min=6",
        "internal_key_max=300",
        "memory_page_image_max=2097152",
        "os_cache_max=67108864",
        "os_cache_dirty_max=8388608",
        "cache_resident=true",
    ] {
        // In the file of the column group, and not only in the entry of the table.
        assert!(metadata.contains(text), "{text} is not in the metadata");
    }
}

#[test]
fn an_exclusive_table_is_made_once() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, _) = strings(&connection);
    session
        .create_table::<String, String>("t", &TableOptions::new())
        .unwrap();
    let exclusive = TableOptions::new().exclusive(true);
    let error = session
        .create_table::<String, String>("t", &exclusive)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    drop(session);
    connection.close().unwrap();
    let error = Connection::options()
        .create(true)
        .exclusive(true)
        .open(&home)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
}

#[test]
fn a_database_opened_for_reading_is_not_written() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "k", "v").unwrap();
    drop(session);
    connection.close().unwrap();
    let connection = Connection::options().read_only(true).open(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session.open_table::<String, String>("t").unwrap();
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("v")
    );
    assert!(session.put(&table, "k", "w").is_err());
}

#[test]
fn a_compressor_that_is_not_built_in_is_refused() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let built_in = [
        (Compressor::Snappy, cfg!(feature = "snappy")),
        (Compressor::Lz4, cfg!(feature = "lz4")),
        (Compressor::Zlib, cfg!(feature = "zlib")),
        (Compressor::Zstd, cfg!(feature = "zstd")),
    ];
    let text = "the same words again and again ".repeat(200);
    for (compressor, there) in built_in {
        let name = format!("{compressor:?}");
        let options = TableOptions::new().block_compressor(compressor);
        let table = session.create_table::<u64, String>(&name, &options);
        assert_eq!(table.is_ok(), there, "{compressor:?}");
        if let Ok(table) = table {
            for key in 0..1000 {
                session.put(&table, key, &text).unwrap();
            }
        }
    }
    session.checkpoint().unwrap();
    for (compressor, _) in built_in.iter().filter(|(_, there)| *there) {
        let size = home
            .join(format!("{compressor:?}.wt"))
            .metadata()
            .unwrap()
            .len();
        assert!(
            size < 1_000_000,
            "{compressor:?}: {size} bytes for 6 MB of text"
        );
    }
}

#[test]
#[cfg(feature = "sodium")]
fn an_encrypted_database_needs_its_key() {
    let (_dir, home) = temp();
    let key = "0011223344556677889900112233445566778899001122334455667788990011";
    let connection = Connection::options()
        .create(true)
        .encryption(key)
        .open(&home)
        .unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "k", "plain text").unwrap();
    drop(session);
    connection.close().unwrap();
    assert!(Connection::open(&home).is_err());
    let other = key.replace("00", "ff");
    assert!(Connection::options().encryption(other).open(&home).is_err());
    let connection = Connection::options().encryption(key).open(&home).unwrap();
    let (session, table) = strings(&connection);
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("plain text")
    );
}
