// Rule 3: closing a session frees its cursors, and what they point to.
use wiredtiger::{Result, Session, Table};

fn case(session: Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    drop(session); //~ E0505
    drop(value);
    Ok(())
}

fn main() {}
