// Rule 1: there can be others in its session, which would be used from two threads.
use std::thread;

use wiredtiger::{Cursor, CursorMut, Result, Session, Table};

fn needs_send<T: Send>() {}
fn needs_sync<T: Sync>() {}

fn types() {
    needs_send::<Cursor<'_, u64, u64>>(); //~ E0277
    needs_sync::<Cursor<'_, u64, u64>>(); //~ E0277
    needs_send::<CursorMut<'_, u64, u64>>(); //~ E0277
    needs_sync::<CursorMut<'_, u64, u64>>(); //~ E0277
}

fn moved(session: &Session, table: &Table<u64, u64>) -> Result<()> {
    let mut one = session.cursor(table)?;
    let mut two = session.cursor(table)?;
    thread::scope(|scope| {
        scope.spawn(move || one.next()); //~ E0277
        two.next()
    })?;
    Ok(())
}

fn main() {}
