// Rule 18: the values that a transaction has read die at its commit.
use wiredtiger::{Result, Table, Transaction};

fn case(txn: Transaction<'_>, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = txn.get(table, 1)?;
    txn.commit()?; //~ E0505
    drop(value);
    Ok(())
}

fn main() {}
