// Rule 1: the engine's sessions are for one thread at a time.
use std::thread;

use wiredtiger::{Result, Session, Table};

fn case(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    thread::scope(|scope| {
        let other = scope.spawn(|| session.put(table, 1, 1).is_ok());
        session.put(table, 2, 2)?; //~ E0499
        session.get(table, 2)?; //~ E0502
        Ok(())
    })
}

fn main() {}
