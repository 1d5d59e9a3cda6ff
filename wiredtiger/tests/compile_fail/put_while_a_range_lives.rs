// Rules 18 and 20: a write moves what the range's cursor shows, or resets the cursor.
use wiredtiger::{Result, Session, Table};

fn case(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let mut range = session.range(table, ..)?;
    session.put(table, 1, b"new")?; //~ E0502
    session.begin()?.commit()?; //~ E0502
    session.checkpoint()?; //~ E0502
    range.next()?;
    Ok(())
}

fn main() {}
