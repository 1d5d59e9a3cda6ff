//! The log's own settings, and a log that is compressed by the program.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use wiredtiger::{
    ByteSize, Compress, Connection, ConnectionOptions, Durability, ErrorKind, LogOptions, Table,
};

use crate::common::{Strings, strings, temp};

/// What a compression was asked to do.
#[derive(Default)]
struct Uses {
    compressed: AtomicUsize,
    decompressed: AtomicUsize,
    gives_up: AtomicBool,
}

/// Runs of one byte.
struct Runs(Arc<Uses>);

impl Compress for Runs {
    fn compress(&self, source: &[u8], target: &mut [u8]) -> io::Result<Option<usize>> {
        if self.0.gives_up.load(Relaxed) {
            return Ok(None);
        }
        let mut len = 2;
        for run in source.chunk_by(|one, other| one == other) {
            for part in run.chunks(255) {
                let Some(place) = target.get_mut(len..len + 2) else {
                    return Ok(None);
                };
                place.copy_from_slice(&[part.len() as u8, part[0]]);
                len += 2;
            }
        }
        let Ok(runs) = u16::try_from((len - 2) / 2) else {
            return Ok(None);
        };
        target[..2].copy_from_slice(&runs.to_le_bytes());
        self.0.compressed.fetch_add(1, Relaxed);
        Ok(Some(len))
    }

    fn decompress(&self, source: &[u8], target: &mut [u8]) -> io::Result<usize> {
        let wrong = || io::Error::other("these are no runs");
        let (runs, rest) = source.split_at_checked(2).ok_or_else(wrong)?;
        let runs = u16::from_le_bytes([runs[0], runs[1]]);
        let mut len = 0;
        for run in rest.chunks_exact(2).take(runs.into()) {
            let size = usize::from(run[0]);
            let place = target.get_mut(len..len + size).ok_or_else(wrong)?;
            place.fill(run[1]);
            len += size;
        }
        self.0.decompressed.fetch_add(1, Relaxed);
        Ok(len)
    }
}

fn options(uses: &Arc<Uses>) -> ConnectionOptions {
    let log = LogOptions::new()
        .custom_compressor("runs")
        .file_max(ByteSize::mib(1))
        .prealloc(false);
    Connection::options()
        .create(true)
        .durability(Durability::Process)
        .compressor("runs", Runs(Arc::clone(uses)))
        .log(log)
}

/// A home as a kill would leave it.
fn copy(home: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(home).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn recovery_reads_a_log_that_the_program_compresses() {
    let uses = Arc::new(Uses::default());
    let (dir, home) = temp();
    let connection = options(&uses).open(&home).unwrap();
    let (mut session, table) = strings(&connection);
    let value = |number: usize| "x".repeat(1000 + number);
    for number in 0..50 {
        session
            .put(&table, &format!("{number:02}"), &value(number))
            .unwrap();
    }
    uses.gives_up.store(true, Relaxed);
    session.put(&table, "plain", &value(0)).unwrap();
    assert!(uses.compressed.load(Relaxed) >= 50);
    let log = std::fs::read(home.join("WiredTigerLog.0000000001")).unwrap();
    let plain = |bytes: &[u8]| {
        bytes
            .windows(500)
            .filter(|part| part.iter().all(|b| *b == b'x'))
            .count()
    };
    assert!(
        (1..=1000).contains(&plain(&log)),
        "only what was not compressed"
    );
    let killed = dir.path().join("killed");
    copy(&home, &killed);

    // Without it the log cannot be read.
    let copied = dir.path().join("copied");
    copy(&killed, &copied);
    let refused = Connection::open(&copied).unwrap_err();
    assert!(refused.message().contains("compressor"), "{refused}");

    let before = uses.decompressed.load(Relaxed);
    let recovered = options(&uses).open(&killed).unwrap();
    assert!(uses.decompressed.load(Relaxed) >= before + 50);
    let again = recovered.open_session().unwrap();
    let table: Strings = again.open_table("t").unwrap();
    for number in 0..50 {
        let found = again.get_owned(&table, &format!("{number:02}")).unwrap();
        assert_eq!(found, Some(value(number)));
    }
    assert_eq!(again.get_owned(&table, "plain").unwrap(), Some(value(0)));
    // What shows the log reads it, too.
    assert!(session.log().unwrap().all(|entry| entry.is_ok()));
}

#[test]
fn an_unknown_compression_is_refused() {
    let (_dir, home) = temp();
    let log = LogOptions::new().custom_compressor("unknown");
    let options = Connection::options().create(true).log(log);
    let refused = options.open(&home).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{refused}");
    assert!(refused.message().contains("unknown"), "{refused}");
    let log = LogOptions::new().custom_compressor("a\",enabled=(");
    let options = Connection::options().create(true).log(log);
    let refused = options.open(&home).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{refused}");
}

#[test]
fn the_settings_of_the_log_reach_the_engine() {
    let (_dir, home) = temp();
    let log = LogOptions::new()
        .file_max(ByteSize::kib(512))
        .prealloc_files(3)
        .zero_fill(true)
        .force_write_wait(Duration::from_millis(1500))
        .os_cache_dirty_percent(50);
    let options = Connection::options().create(true).log(log);
    let connection = options.open(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "key", "value").unwrap();
    let file = home.join("WiredTigerLog.0000000001");
    assert_eq!(std::fs::metadata(file).unwrap().len(), 512 * 1024);
    let kept = std::fs::read_to_string(home.join("WiredTiger.basecfg")).unwrap();
    for setting in [
        "force_write_wait=2",
        "os_cache_dirty_pct=50",
        "prealloc_init_count=3",
        "zero_fill=true",
    ] {
        assert!(kept.contains(setting), "{setting} is not in {kept}");
    }
    for (log, what) in [
        (LogOptions::new().prealloc_files(0), "prealloc_init_count"),
        (
            LogOptions::new().os_cache_dirty_percent(101),
            "os_cache_dirty_pct",
        ),
        (
            LogOptions::new().force_write_wait(Duration::from_secs(61)),
            "force_write_wait",
        ),
    ] {
        let refused = Connection::options().log(log).validate().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
        assert!(refused.message().contains(what), "{refused}");
    }
}

#[test]
fn a_home_that_was_not_closed_is_refused_when_recovery_is() {
    // The engine leaks what recovery had read before it was refused.
    if cfg!(feature = "asan") {
        return;
    }
    let (dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "key", "value").unwrap();
    let killed = dir.path().join("killed");
    copy(&home, &killed);
    let strict = Connection::options().log(LogOptions::new().recover(false));
    let refused = strict.open(&killed).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RunRecovery, "{refused}");
    assert!(refused.message().contains("needs recovery"), "{refused}");
    let connection = Connection::open(&killed).unwrap();
    let session = connection.open_session().unwrap();
    let table: Table<String, String> = session.open_table("t").unwrap();
    assert_eq!(
        session.get_owned(&table, "key").unwrap().as_deref(),
        Some("value")
    );
    drop(session);
    connection.close().unwrap();
    strict.open(&killed).unwrap();
}

#[test]
fn settings_are_validated_without_a_database() {
    let options = Connection::options();
    options.validate().unwrap();
    for (raw, what) in [
        ("hash=(buckets=x)", "hash"),
        ("no_such_setting=1", "no_such_setting"),
        ("eviction_target=1", "eviction_target"),
    ] {
        let refused = options.clone().raw(raw).validate().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
        assert!(refused.message().contains(what), "{refused}");
    }
    options.raw("hash=(buckets=64)").validate().unwrap();
}
