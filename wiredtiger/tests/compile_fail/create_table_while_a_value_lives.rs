// Rule 18: a new table is a write to the engine's own tables.
use wiredtiger::{Result, Session, Table, TableOptions};

fn case(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    session.create_table::<u64, u64>("new", &TableOptions::new())?; //~ E0502
    drop(value);
    Ok(())
}

fn main() {}
