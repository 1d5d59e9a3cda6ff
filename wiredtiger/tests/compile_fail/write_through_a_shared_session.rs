// Rule 18: another reference may have lent a value.
use wiredtiger::{Result, Session, Table};

fn case(session: &Session, table: &Table<u64, u64>) -> Result<()> {
    session.put(table, 1, 1)?; //~ E0596
    session.begin()?; //~ E0596
    session.cursor_mut(table)?; //~ E0596
    Ok(())
}

fn main() {}
