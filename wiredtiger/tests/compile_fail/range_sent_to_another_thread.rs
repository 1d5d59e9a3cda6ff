// Rule 1: its session would be used from two threads.
use std::thread;

use wiredtiger::{OwnedRange, Range, Result, Session, Table};

fn needs_send<T: Send>() {}
fn needs_sync<T: Sync>() {}

fn types() {
    needs_send::<Range<'_, u64, u64>>(); //~ E0277
    needs_sync::<Range<'_, u64, u64>>(); //~ E0277
    needs_send::<OwnedRange<'_, u64, u64>>(); //~ E0277
    needs_sync::<OwnedRange<'_, u64, u64>>(); //~ E0277
}

fn moved(session: &Session, table: &Table<u64, u64>) -> Result<()> {
    let range = session.range(table, ..)?;
    thread::scope(|scope| {
        scope.spawn(move || range.into_iter().count()); //~ E0277
    });
    Ok(())
}

fn main() {}
