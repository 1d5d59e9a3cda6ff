// Rule 18: resetting a session closes its cursors, whose memory the value is in.
use wiredtiger::{Result, Session, Table};

fn case(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    session.reset()?; //~ E0502
    drop(value);
    Ok(())
}

fn main() {}
