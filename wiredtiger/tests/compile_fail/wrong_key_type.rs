// Rule 24: bytes of another format would break the order of the table.
use wiredtiger::{Cursor, Result, Session, Table};

fn case(session: &mut Session, table: &Table<u64, String>) -> Result<()> {
    session.get(table, "one")?; //~ E0308
    session.put(table, -1i64, "one")?; //~ E0308
    session.remove(table, b"one")?; //~ E0308
    Ok(())
}

fn range(session: &Session, table: &Table<u64, String>) -> Result<()> {
    session.range(table, "a".."z")?; //~ E0277
    Ok(())
}

fn cursor(cursor: &mut Cursor<'_, u64, String>) -> Result<()> {
    cursor.search("one")?; //~ E0308
    Ok(())
}

fn main() {}
