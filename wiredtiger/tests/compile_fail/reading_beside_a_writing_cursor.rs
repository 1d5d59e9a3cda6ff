// Rule 18: a write through the cursor moves what the others show.
use wiredtiger::{Result, Session, Table, Transaction};

fn in_a_session(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    let mut writing = session.cursor_mut(table)?;
    let reading = session.cursor(table)?; //~ E0502
    let value = session.get(table, 1)?; //~ E0502
    let range = session.range(table, ..)?; //~ E0502
    session.put(table, 1, 1)?; //~ E0499
    writing.next()?;
    Ok(())
}

fn in_a_transaction(txn: &mut Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    let mut writing = txn.cursor_mut(table)?;
    let reading = txn.cursor(table)?; //~ E0502
    txn.put(table, 1, 1)?; //~ E0499
    writing.next()?;
    Ok(())
}

fn opened_first(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    let mut reading = session.cursor(table)?;
    let writing = session.cursor_mut(table)?; //~ E0502
    reading.next()?;
    Ok(())
}

fn main() {}
