// Rule 18: it could write while others of its session read.
use std::mem;

use wiredtiger::{Cursor, CursorMut, Result, Session, Table};

fn swapped<'s>(one: &mut Cursor<'s, u64, u64>, two: &mut CursorMut<'s, u64, u64>) {
    mem::swap(one, two); //~ E0308
}

fn assigned(session: &Session, table: &Table<u64, u64>) -> Result<()> {
    let cursor: CursorMut<'_, u64, u64> = session.cursor(table)?; //~ E0308
    Ok(())
}

fn main() {}
