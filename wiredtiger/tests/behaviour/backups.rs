//! Copies of a database in use.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wiredtiger::{
    BackupId, BackupOptions, ByteSize, Connection, ErrorKind, Piece, Session, Table, TableOptions,
    VerifyOptions,
};

use crate::common::{child, in_memory, role, role_home, strings, temp};

type Blobs = Table<u64, Vec<u8>>;

fn blobs(session: &mut Session) -> Blobs {
    session.create_table("b", &TableOptions::new()).unwrap()
}

fn fill(session: &mut Session, table: &Blobs, from: u64, mark: u8) {
    for number in from..from + 5000 {
        session.put(table, number, &[mark; 200]).unwrap();
    }
}

fn contents(home: &Path) -> BTreeMap<u64, Vec<u8>> {
    let connection = Connection::open(home).unwrap();
    let mut session = connection.open_session().unwrap();
    session.verify("b", &VerifyOptions::new()).unwrap();
    let table = session.open_table("b").unwrap();
    let range = session.range(&table, ..).unwrap();
    range.into_iter().map(Result::unwrap).collect()
}

#[test]
fn a_backup_opens_and_holds_what_was_committed() {
    let (dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = blobs(&mut session);
    fill(&mut session, &table, 0, 1);
    session.checkpoint().unwrap();
    // Only in the log.
    session.put(&table, 999_999, b"last").unwrap();
    let copy = dir.path().join("deep/copy");
    let told = Arc::new(AtomicU64::new(0));
    let last = Arc::clone(&told);
    let options = BackupOptions::new().progress(move |progress| {
        last.store(progress.done, Ordering::Relaxed);
    });
    let report = connection.backup_with(&copy, &options).unwrap();
    assert!(report.files > 4);
    assert!(report.bytes > 1 << 20);
    assert_eq!(told.load(Ordering::Relaxed), report.bytes);
    // Work goes on, in both.
    session.put(&table, 1, b"after").unwrap();
    let copied = contents(&copy);
    assert_eq!(copied.len(), 5001);
    assert_eq!(copied[&999_999], b"last");
    assert_eq!(copied[&1], [1; 200]);
    let again = connection.backup_to(&copy).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AlreadyExists);
}

#[test]
fn a_later_backup_copies_what_has_changed() {
    let (dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = blobs(&mut session);
    for part in 0..10 {
        fill(&mut session, &table, part * 5000, 1);
    }
    session.checkpoint().unwrap();
    let id = |name| BackupId::new(name).unwrap();
    let (monday, tuesday, wednesday) = (id("monday"), id("tuesday"), id("wednesday"));
    assert_eq!(
        session.backup_ids().unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    let copy = dir.path().join("copy");
    let options = BackupOptions::new()
        .id(&monday)
        .granularity(ByteSize::kib(64));
    let first = session.backup_with(&copy, &options).unwrap();

    fill(&mut session, &table, 0, 2);
    session.checkpoint().unwrap();
    let new: Table<u64, u64> = session.create_table("new", &TableOptions::new()).unwrap();
    session.put(&new, 1, 1).unwrap();
    let options = BackupOptions::new().id(&tuesday).since(&monday);
    let second = session.backup_with(&copy, &options).unwrap();
    assert!(
        second.bytes < first.bytes / 2 + (1 << 20),
        "{first:?} {second:?}"
    );
    assert_eq!(session.backup_ids().unwrap().len(), 2);

    fill(&mut session, &table, 20_000, 3);
    let options = BackupOptions::new().id(&wednesday).since(&tuesday);
    session.backup_with(&copy, &options).unwrap();

    // A folder that is opened is not gone on with: so a copy of it is.
    let opened = dir.path().join("opened");
    std::fs::create_dir(&opened).unwrap();
    for entry in std::fs::read_dir(&copy).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), opened.join(entry.file_name())).unwrap();
    }
    let copied = contents(&opened);
    let range = session.range(&table, ..).unwrap();
    let expected: BTreeMap<_, _> = range.into_iter().map(Result::unwrap).collect();
    assert!(copied == expected);
    let options = BackupOptions::new().since(&wednesday);
    let refused = session.backup_with(&opened, &options).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{refused}");

    // Monday is forgotten, since there is only room for two; then all are.
    let options = BackupOptions::new().since(&monday);
    assert!(session.backup_with(&copy, &options).is_err());
    session.forget_backups().unwrap();
    let options = BackupOptions::new().since(&wednesday);
    assert!(session.backup_with(&copy, &options).is_err());
    session.put(&table, 1, b"x").unwrap();
    for name in ["", "a b", "x\",force_stop=true"] {
        assert_eq!(
            BackupId::new(name).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }
}

#[test]
fn a_program_copies_the_files_itself() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "1").unwrap();
    let (one, two) = (BackupId::new("one").unwrap(), BackupId::new("two").unwrap());
    let mut backup = session.backup(&BackupOptions::new().id(&one)).unwrap();
    let names: Vec<_> = backup.by_ref().map(Result::unwrap).collect();
    assert!(names.contains(&"t.wt".to_owned()), "{names:?}");
    assert!(!names.contains(&"WiredTiger.lock".to_owned()));
    assert!(backup.pieces("t.wt").is_err());
    // One at a time.
    let other = connection.open_session().unwrap();
    assert_eq!(
        other.backup(&BackupOptions::new()).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    backup.close().unwrap();

    // One that is forgotten ends with the session's next write.
    std::mem::forget(session.backup(&BackupOptions::new()).unwrap());
    session.put(&table, "a", "2").unwrap();
    session.checkpoint().unwrap();
    let options = BackupOptions::new().id(&two).since(&one);
    let mut backup = other.backup(&options).unwrap();
    let mut pieces = Vec::new();
    while let Some(name) = backup.next() {
        let name = name.unwrap();
        pieces.push((name.clone(), backup.pieces(&name).unwrap()));
    }
    let of = |name: &str| &pieces.iter().find(|(each, _)| each == name).unwrap().1[..];
    // It had no checkpoint when the first backup began: all of it is new.
    assert!(matches!(of("t.wt"), [Piece::File { .. }]), "{pieces:?}");
    assert!(matches!(
        of("WiredTiger.backup"),
        [Piece::File { size: 1.. }]
    ));
}

/// Rule 6: closing any descriptor of the lock file would let another process in.
#[test]
fn the_lock_outlives_a_backup() {
    const NAME: &str = "backups::the_lock_outlives_a_backup";
    if role().is_some() {
        let error = Connection::open(role_home()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        return;
    }
    let (dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    strings(&connection);
    connection.backup_to(dir.path().join("copy")).unwrap();
    let status = child(NAME, "second")
        .env("TEST_HOME", &home)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn databases_in_memory_have_no_backup() {
    let (connection, mut session, table) = in_memory();
    let (dir, _) = temp();
    let refused = connection.backup_to(dir.path().join("copy")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotSupported, "{refused}");
    session.put(&table, "a", "1").unwrap();
}
