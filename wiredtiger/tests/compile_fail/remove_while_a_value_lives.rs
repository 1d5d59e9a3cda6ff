// Rule 18: a removal is a transaction of its own; its commit moves what the session's values show.
use wiredtiger::{Result, Session, Table};

fn case(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    session.remove(table, 2)?; //~ E0502
    drop(value);
    Ok(())
}

fn main() {}
