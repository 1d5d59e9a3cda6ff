// Rule 18: the end of a transaction takes the positions and memory of its cursors.
use wiredtiger::{Result, Table, Transaction};

fn reading(txn: Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    let mut cursor = txn.cursor(table)?;
    txn.commit()?; //~ E0505
    cursor.next()?;
    Ok(())
}

fn writing(mut txn: Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    let mut cursor = txn.cursor_mut(table)?;
    txn.commit()?; //~ E0505
    cursor.next()?;
    Ok(())
}

fn rolled_back(mut txn: Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    let mut cursor = txn.cursor_mut(table)?;
    txn.rollback()?; //~ E0505
    cursor.next()?;
    Ok(())
}

fn main() {}
