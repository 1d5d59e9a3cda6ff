// Rule 18: a write through one moves what the other shows.
use wiredtiger::{Result, Session, Table, Transaction};

fn in_a_session(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    let mut one = session.cursor_mut(table)?;
    let two = session.cursor_mut(table)?; //~ E0499
    one.next()?;
    Ok(())
}

fn in_a_transaction(txn: &mut Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    let mut one = txn.cursor_mut(table)?;
    let two = txn.cursor_mut(table)?; //~ E0499
    one.next()?;
    Ok(())
}

fn main() {}
