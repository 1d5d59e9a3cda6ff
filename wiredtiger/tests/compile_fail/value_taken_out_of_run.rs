// Rule 18: `run` ends the transaction when its closure returns, and the value with it.
use wiredtiger::{Error, Result, Session, Table, TransactionOptions, ValueRef};

fn kept(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let mut kept: Option<ValueRef<'_, Vec<u8>>> = None;
    session.run(&TransactionOptions::new(), |txn| {
        kept = txn.get(table, 1)?; //~ E0521
        Ok::<_, Error>(())
    })?;
    drop(kept);
    Ok(())
}

fn returned(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    session.run(&TransactionOptions::new(), |txn| txn.get(table, 1))?; //~ lifetime may not live long enough
    Ok(())
}

fn main() {}
