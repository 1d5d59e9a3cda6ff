// Rule 1: the engine's sessions are for one thread at a time.
use std::sync::{Arc, OnceLock};
use std::thread;

use wiredtiger::{Result, Session, Table};

static SESSION: OnceLock<Session> = OnceLock::new(); //~ E0277

fn lent(session: &Session, table: &Table<u64, u64>) {
    thread::scope(|scope| {
        scope.spawn(|| session.get_owned(table, 1)); //~ E0277
    });
}

fn owned_by_both(session: Session, table: Table<u64, u64>) {
    let session = Arc::new(session);
    let other = Arc::clone(&session);
    thread::spawn(move || other.get_owned(&table, 1)); //~ E0277
}

fn main() {}
