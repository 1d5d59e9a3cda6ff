// Rule 18: its new owner could write, or close it.
use wiredtiger::{Result, Session, Table};

fn case(session: Session, sessions: &mut Vec<Session>, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    sessions.push(session); //~ E0505
    drop(value);
    Ok(())
}

fn main() {}
