// Rules 18 and 20: a write inside the loop could reset the cursor that the loop walks with.
use wiredtiger::{Result, Session, Table};

fn in_a_session(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    for entry in session.range(table, ..)? {
        let (key, value) = entry?;
        session.put(table, key, value + 1)?; //~ E0502
    }
    Ok(())
}

fn in_a_transaction(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    let mut txn = session.begin()?;
    for entry in txn.range(table, ..)? {
        let (key, _) = entry?;
        txn.remove(table, key)?; //~ E0502
    }
    txn.commit()
}

fn main() {}
