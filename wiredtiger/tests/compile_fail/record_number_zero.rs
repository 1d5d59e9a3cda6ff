// Rule 15: the engine stops the whole database at the record number zero.
use wiredtiger::{RecordNumber, Result, Session, Table};

fn case(session: &mut Session, table: &Table<RecordNumber, String>) -> Result<()> {
    session.put(table, 0, "a")?; //~ E0308
    session.put(table, 0u64, "a")?; //~ E0308
    session.put(table, RecordNumber(0), "a")?; //~ E0423
    Ok(())
}

fn rows_do_not_append(session: &mut Session, table: &Table<u64, String>) -> Result<()> {
    session.append(table, "a")?; //~ E0308
    Ok(())
}

fn main() {}
