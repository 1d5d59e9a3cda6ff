// Rule 18: what reads through it would outlive the transaction that it reads in.
use wiredtiger::{Result, Session, Table, Transaction};

fn case(txn: Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    let session: &Session = &txn;
    txn.commit()?; //~ E0505
    session.get(table, 1)?;
    Ok(())
}

fn main() {}
