// Rule 18: a transaction that is dropped is rolled back.
use wiredtiger::{Result, Session, Table, Transaction, ValueRef};

fn dropped(txn: Transaction<'_>, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = txn.get(table, 1)?;
    drop(txn); //~ E0505
    drop(value);
    Ok(())
}

fn forgotten(txn: Transaction<'_>, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = txn.get(table, 1)?;
    std::mem::forget(txn); //~ E0505
    drop(value);
    Ok(())
}

fn assigned<'s>(
    txn: &mut Transaction<'s>,
    other: Transaction<'s>,
    table: &Table<u64, u64>,
) -> Result<()> {
    let value = txn.get(table, 1)?;
    *txn = other; //~ E0506
    drop(value);
    Ok(())
}

fn of_a_temporary(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let mut value: Option<ValueRef<'_, Vec<u8>>> = None;
    value = session.begin()?.get(table, 1)?; //~ E0716
    drop(value);
    Ok(())
}

fn main() {}
