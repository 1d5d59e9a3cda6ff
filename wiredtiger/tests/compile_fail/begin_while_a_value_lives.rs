// Rule 18: the values of a session die when a transaction begins.
use wiredtiger::{Error, Result, Session, Table, TransactionOptions};

fn case(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    let options = TransactionOptions::new();
    session.begin()?.commit()?; //~ E0502
    session.begin_with(&options)?.commit()?; //~ E0502
    session.run(&options, |_| Ok::<_, Error>(()))?; //~ E0502
    drop(value);
    Ok(())
}

fn main() {}
