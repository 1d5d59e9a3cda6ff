// Rule 24: bytes of another format would be read as what they are not.
use wiredtiger::{CursorMut, Result, Session, Table, ValueRef};

fn case(session: &mut Session, table: &Table<u64, String>) -> Result<()> {
    session.put(table, 1, 1u64)?; //~ E0308
    session.put(table, 1, b"one")?; //~ E0308
    let value: Option<ValueRef<'_, Vec<u8>>> = session.get(table, 1)?; //~ E0308
    Ok(())
}

fn cursor(cursor: &mut CursorMut<'_, u64, String>) -> Result<()> {
    cursor.update_current(1u64)?; //~ E0308
    Ok(())
}

fn main() {}
