// Rules 1 and 18: the other thread could write, or close the session.
use std::thread;

use wiredtiger::{Result, Session, Table, Transaction};

fn moved(session: Session, table: &Table<u64, u64>) -> Result<()> {
    let value = session.get(table, 1)?;
    thread::spawn(move || drop(session)); //~ E0505
    drop(value);
    Ok(())
}

fn lent(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    let value = session.get(table, 1)?;
    thread::scope(|scope| drop(scope.spawn(|| session.put(table, 1, 1)))); //~ E0500
    drop(value);
    Ok(())
}

fn in_a_transaction(txn: Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    let value = txn.get(table, 1)?;
    thread::scope(|scope| drop(scope.spawn(move || txn.commit()))); //~ E0505
    drop(value);
    Ok(())
}

fn main() {}
