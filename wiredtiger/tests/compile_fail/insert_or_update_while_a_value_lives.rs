// Rules 18 and 20: a write moves the session's values; one that fails resets all cursors.
use wiredtiger::{Result, Session, Table};

fn case(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    session.insert_new(table, 2, b"new")?; //~ E0502
    session.update(table, 2, b"new")?; //~ E0502
    drop(value);
    Ok(())
}

fn main() {}
