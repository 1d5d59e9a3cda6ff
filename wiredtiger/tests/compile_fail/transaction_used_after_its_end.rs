// Rule 34: there is no transaction any more, and what is done would be done outside of one.
use wiredtiger::{Result, Table, Transaction};

fn read(txn: Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    txn.commit()?;
    txn.get(table, 1)?; //~ E0382
    Ok(())
}

fn written(mut txn: Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    txn.rollback()?;
    txn.put(table, 1, 1)?; //~ E0382
    Ok(())
}

fn ended_twice(txn: Transaction<'_>) -> Result<()> {
    txn.commit()?;
    txn.rollback()?; //~ E0382
    Ok(())
}

fn main() {}
