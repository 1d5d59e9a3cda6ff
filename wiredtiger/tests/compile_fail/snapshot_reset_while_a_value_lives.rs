// Rules 18 and 19: a new snapshot frees what the old one kept.
use wiredtiger::{Result, Table, Timestamp, Transaction};

fn reset(txn: &mut Transaction<'_>, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = txn.get(table, 1)?;
    txn.reset_snapshot()?; //~ E0502
    txn.set_read_timestamp(Timestamp::MIN)?; //~ E0502
    txn.set_commit_timestamp(Timestamp::MIN)?; //~ E0502
    txn.truncate(table, ..)?; //~ E0502
    txn.insert_or_get(table, 1, b"")?; //~ E0502
    drop(value);
    Ok(())
}

fn prepare(txn: Transaction<'_>, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = txn.get(table, 1)?;
    txn.prepare(Timestamp::MIN)?.rollback()?; //~ E0505
    drop(value);
    Ok(())
}

fn main() {}
