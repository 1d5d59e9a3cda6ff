use std::mem::{forget, swap};
use std::time::Duration;

use wiredtiger::{Connection, ErrorKind};

use crate::common::{in_memory, strings};

#[test]
fn sessions_are_used_again() {
    let (connection, _session, table) = in_memory();
    let pool = connection.session_pool(4);
    for round in 0..10 {
        pool.get()
            .unwrap()
            .put(&table, "k", &round.to_string())
            .unwrap();
    }
    assert_eq!(pool.open_sessions(), 1);
    let held: Vec<_> = (0..4).map(|_| pool.get().unwrap()).collect();
    assert_eq!(pool.open_sessions(), 4);
    drop(held);
    pool.close_idle();
    assert_eq!(pool.open_sessions(), 0);
    assert_eq!(
        pool.get()
            .unwrap()
            .get_owned(&table, "k")
            .unwrap()
            .as_deref(),
        Some("9")
    );
}

#[test]
fn a_full_pool_waits_and_then_says_so() {
    let (connection, _session, _table) = in_memory();
    let pool = connection.session_pool(1);
    let held = pool.get().unwrap();
    let error = pool.get_timeout(Duration::from_millis(20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| pool.get().map(drop));
        std::thread::sleep(Duration::from_millis(20));
        drop(held);
        waiter.join().unwrap().unwrap();
    });
}

#[test]
fn nothing_of_one_user_reaches_the_next() {
    let (connection, session, table) = in_memory();
    let pool = connection.session_pool(1);
    let mut user = pool.get().unwrap();
    let mut txn = user.begin().unwrap();
    txn.put(&table, "k", "v").unwrap();
    forget(txn);
    drop(user);
    let user = pool.get().unwrap();
    assert!(user.get(&table, "k").unwrap().is_none());
    assert!(session.get(&table, "k").unwrap().is_none());
}

#[test]
fn a_swapped_session_does_not_enter_the_pool() {
    let (connection, _session, table) = in_memory();
    let pool = connection.session_pool(1);
    let other = Connection::options().open_in_memory().unwrap();
    let (mut foreign, _) = strings(&other);
    let mut user = pool.get().unwrap();
    swap(&mut *user, &mut foreign);
    drop(user);
    // The pool opens another one of its own connection.
    pool.get().unwrap().put(&table, "k", "v").unwrap();
    foreign.put(&table, "k", "w").unwrap();
}

#[test]
fn the_engines_own_limit_is_an_error() {
    let connection = Connection::options()
        .session_max(1)
        .open_in_memory()
        .unwrap();
    let mut sessions = Vec::new();
    let error = loop {
        match connection.open_session() {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
        assert!(sessions.len() < 500);
    };
    assert!(!error.is_fatal(), "{error}");
    assert!(error.message().contains("session"), "{error}");
    sessions.pop();
    connection.open_session().unwrap();
    let pool = connection.session_pool(1000);
    let held: Vec<_> = std::iter::from_fn(|| pool.get().ok()).collect();
    assert_eq!(
        pool.open_sessions(),
        held.len(),
        "failed attempts take no place"
    );
}
