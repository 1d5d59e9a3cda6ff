//! What a table takes of its disk, and giving back what it does not need.

use std::time::Duration;

use wiredtiger::{
    ByteSize, CheckpointOptions, CompactOptions, Connection, ErrorKind, Table, TableOptions,
};

use crate::common::temp;

const ROWS: u64 = 8000;

fn fill(session: &mut wiredtiger::Session, table: &Table<u64, Vec<u8>>) {
    for number in 0..ROWS {
        session.put(table, number, &[7; 1000]).unwrap();
    }
}

#[test]
fn a_table_tells_its_file_and_what_is_live_in_it() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session.create_table("t", &TableOptions::new()).unwrap();
    assert_eq!(session.table_space(&table).unwrap().live, ByteSize(0));
    fill(&mut session, &table);
    session.checkpoint().unwrap();
    let full = session.table_space(&table).unwrap();
    let file = std::fs::metadata(home.join("t.wt")).unwrap().len();
    assert_eq!(full.file, ByteSize(file));
    assert!(
        full.live.0 > ROWS * 1000 && full.live <= full.file,
        "{full:?}"
    );
    for number in 0..ROWS {
        session.remove(&table, number).unwrap();
    }
    session.checkpoint().unwrap();
    let empty = session.table_space(&table).unwrap();
    assert!(empty.live.0 < 100_000, "{empty:?}");
}

#[test]
fn a_compaction_cuts_off_what_is_free() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session.create_table("t", &TableOptions::new()).unwrap();
    let options = CompactOptions::new()
        .time_limit(Duration::from_secs(60))
        .free_at_least(ByteSize::mib(1));
    fill(&mut session, &table);
    session.checkpoint().unwrap();
    let full = session.table_space(&table).unwrap();
    assert!(session.compact(&table, &options).unwrap());
    assert!(session.table_space(&table).unwrap().file.0 > full.live.0);
    // The last ones stay: the free part lies before them.
    for number in 0..ROWS - 500 {
        session.remove(&table, number).unwrap();
    }
    for _ in 0..2 {
        session
            .checkpoint_with(&CheckpointOptions::new().force(true))
            .unwrap();
    }
    assert!(session.compact(&table, &options).unwrap());
    let small = session.table_space(&table).unwrap();
    assert!(small.file.0 < full.file.0 / 4, "{small:?} of {full:?}");
    for number in ROWS - 500..ROWS {
        assert_eq!(
            session.get_owned(&table, number).unwrap().unwrap(),
            [7; 1000]
        );
    }
}

#[test]
fn a_table_in_memory_takes_nothing_and_others_tables_are_refused() {
    let connection = Connection::options().open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let table: Table<u64, Vec<u8>> = session.create_table("t", &TableOptions::new()).unwrap();
    assert_eq!(session.table_space(&table).unwrap().file, ByteSize(0));
    let other = Connection::options().open_in_memory().unwrap();
    let mut stranger = other.open_session().unwrap();
    let kind = stranger.table_space(&table).unwrap_err().kind();
    assert_eq!(kind, ErrorKind::InvalidArgument);
    let refused = stranger.compact(&table, &CompactOptions::new());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidArgument);
}
