// Rule 1: the engine's sessions are for one thread at a time.
use std::thread;

use wiredtiger::{PooledSession, Table};

fn case(session: &PooledSession, table: &Table<u64, u64>) {
    thread::scope(|scope| {
        scope.spawn(|| session.get_owned(table, 1)); //~ E0277
    });
}

fn main() {}
