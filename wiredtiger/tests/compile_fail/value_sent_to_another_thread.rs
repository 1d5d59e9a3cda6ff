// Rule 1: dropping it there would use the session from two threads.
use std::thread;

use wiredtiger::{Result, Session, Table, ValueRef};

fn needs_send<T: Send>() {}
fn needs_sync<T: Sync>() {}

fn types() {
    needs_send::<ValueRef<'_, u64>>(); //~ E0277
    needs_sync::<ValueRef<'_, u64>>(); //~ E0277
}

fn moved(session: &Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    thread::scope(|scope| {
        scope.spawn(move || drop(value)); //~ E0277
    });
    Ok(())
}

fn main() {}
