// Rule 18: a write moves what other cursors of the session show, inside a transaction, too.
use wiredtiger::{Result, Table, Transaction};

fn case(txn: &mut Transaction<'_>, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = txn.get(table, 1)?;
    txn.put(table, 2, b"new")?; //~ E0502
    txn.insert_new(table, 3, b"new")?; //~ E0502
    txn.update(table, 2, b"new")?; //~ E0502
    txn.remove(table, 2)?; //~ E0502
    txn.cursor_mut(table)?; //~ E0502
    drop(value);
    Ok(())
}

fn main() {}
