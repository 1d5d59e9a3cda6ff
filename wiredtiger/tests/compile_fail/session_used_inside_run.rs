// Rule 18: past the transaction, the session could write or reset what the transaction has read.
use wiredtiger::{Error, Result, Session, Table, TransactionOptions};

fn case(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    session.run(&TransactionOptions::new(), |_| session.put(table, 1, 1))?; //~ E0500 //~ E0501
    session.run(&TransactionOptions::new(), |_| session.get_owned(table, 1))?; //~ E0502
    Ok(())
}

fn main() {}
