// Rule 18: the write would move the value while it copies it.
use wiredtiger::{Result, Session, Table};

fn whole(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let Some(value) = session.get(table, 1)? else { return Ok(()) };
    session.put(table, 2, &value)?; //~ E0502
    Ok(())
}

fn in_one_expression(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    session.put(table, 2, &session.get(table, 1)?.unwrap())?; //~ E0502
    Ok(())
}

fn main() {}
