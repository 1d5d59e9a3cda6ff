//! Rules 2 to 4: handles may be dropped in any order that the compiler lets through.

use wiredtiger::{Connection, Session};

use crate::common::{strings, temp};

#[test]
fn sessions_outlive_the_connections_handle() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let clone = connection.clone();
    let (mut one, table) = strings(&connection);
    let (mut two, _) = strings(&clone);
    drop(connection);
    one.put(&table, "k", "v").unwrap();
    drop(clone);
    two.put(&table, "k", "w").unwrap();
    drop(one);
    assert_eq!(two.get_owned(&table, "k").unwrap().as_deref(), Some("w"));
    drop(two);

    let (session, table) = strings(&Connection::open(&home).unwrap());
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("w")
    );
}

#[test]
fn sessions_are_stored_and_moved_between_threads() {
    struct Worker {
        session: Session,
    }
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (session, table) = strings(&connection);
    let mut worker = Worker { session };
    drop(connection);
    for number in 0..4 {
        // A transaction begins here and ends there.
        worker = std::thread::spawn(move || {
            let key = number.to_string();
            let mut txn = worker.session.begin().unwrap();
            txn.put(&table, &key, "v").unwrap();
            txn.commit().unwrap();
            let cursor = worker.session.cursor(&table).unwrap();
            drop(cursor);
            worker
        })
        .join()
        .unwrap();
    }
    assert_eq!(
        worker
            .session
            .range(&table, ..)
            .unwrap()
            .into_iter()
            .count(),
        4
    );
}

#[test]
fn many_sessions_with_open_cursors_go_away_together() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let sessions: Vec<_> = (0..20)
        .map(|_| {
            let (mut session, table) = strings(&connection);
            session.put(&table, "k", "v").unwrap();
            drop((
                session.get(&table, "k").unwrap(),
                session.get(&table, "k").unwrap(),
            ));
            session
        })
        .collect();
    drop(connection);
    drop(sessions);
    Connection::open(&home).unwrap().close().unwrap();
}
