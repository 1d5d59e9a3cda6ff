// Rule 3: closing a session closes its cursors, the range's among them.
use wiredtiger::{Result, Session, Table, Transaction};

fn of_a_session(session: Session, table: &Table<u64, u64>) -> Result<()> {
    let mut range = session.range(table, ..)?;
    drop(session); //~ E0505
    range.next()?;
    Ok(())
}

fn as_an_iterator(session: Session, table: &Table<u64, u64>) -> Result<()> {
    let mut entries = session.range(table, ..)?.into_iter();
    drop(session); //~ E0505
    entries.next();
    Ok(())
}

fn of_a_transaction(txn: Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    let mut range = txn.range(table, ..)?;
    txn.commit()?; //~ E0505
    range.next()?;
    Ok(())
}

fn main() {}
