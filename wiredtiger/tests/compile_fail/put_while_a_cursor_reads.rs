// Rules 18 and 20: a write moves what the cursor shows, or resets it.
use wiredtiger::{Result, Session, Table, Transaction};

fn in_a_session(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    let mut cursor = session.cursor(table)?;
    session.put(table, 1, 1)?; //~ E0502
    session.begin()?.commit()?; //~ E0502
    session.reset()?; //~ E0502
    cursor.next()?;
    Ok(())
}

fn in_a_transaction(txn: &mut Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    let mut cursor = txn.cursor(table)?;
    txn.put(table, 1, 1)?; //~ E0502
    cursor.next()?;
    Ok(())
}

fn main() {}
