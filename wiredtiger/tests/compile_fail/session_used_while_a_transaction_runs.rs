// Rule 18: past the transaction, the session could write or reset what the transaction has read.
use wiredtiger::{Result, Session, Table};

fn case(mut session: Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let txn = session.begin()?;
    session.put(table, 1, b"new")?; //~ E0499
    session.checkpoint()?; //~ E0499
    session.get(table, 1)?; //~ E0502
    session.cursor_mut(table)?; //~ E0499
    drop(session); //~ E0505
    txn.commit()
}

fn main() {}
