use wiredtiger::{ErrorKind, Snapshot};

use crate::common::{entries, in_memory, strings};

#[test]
fn a_snapshot_shows_its_moment_on_any_thread() {
    let (connection, mut writer, table) = in_memory();
    writer.put(&table, "k", "1").unwrap();
    let snapshot = Snapshot::begin(Box::new(strings(&connection).0)).unwrap();
    writer.put(&table, "k", "2").unwrap();
    writer.put(&table, "l", "2").unwrap();
    let one = [("k".to_owned(), "1".to_owned())];
    assert_eq!(entries(&snapshot, &table), one);
    let snapshot = std::thread::spawn(move || {
        assert_eq!(entries(&snapshot, &table), one);
        assert_eq!(snapshot.get_owned(&table, "l").unwrap(), None);
        snapshot
    })
    .join()
    .unwrap();
    writer.remove(&table, "k").unwrap();
    assert!(snapshot.contains_key(&table, "k").unwrap());
}

/// It gives back what it took, and nothing runs on.
#[test]
fn the_session_of_a_snapshot_can_be_used_again() {
    let (connection, mut writer, table) = in_memory();
    let pool = connection.session_pool(1);
    for round in ["1", "2", "3"] {
        writer.put(&table, "k", round).unwrap();
        let snapshot = Snapshot::begin(pool.get().unwrap()).unwrap();
        // A range that is forgotten in its middle, too.
        let mut range = snapshot.range(&table, ..).unwrap();
        assert!(range.next().unwrap().is_some());
        std::mem::forget(range);
        drop(snapshot);
        assert_eq!(pool.open_sessions(), 1);
        let mut session = pool.get().unwrap();
        assert_eq!(
            session.get_owned(&table, "k").unwrap().as_deref(),
            Some(round)
        );
        session.put(&table, "l", round).unwrap();
    }
    let mut session = pool.get().unwrap();
    drop(Snapshot::begin(&mut *session).unwrap());
    session.put(&table, "k", "4").unwrap();
}

#[test]
fn a_connection_that_a_snapshot_uses_does_not_close() {
    let (connection, writer, _) = in_memory();
    drop(writer);
    let snapshot = Snapshot::begin(Box::new(strings(&connection).0)).unwrap();
    let error = connection.clone().close().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    drop(snapshot);
    connection.close().unwrap();
}
