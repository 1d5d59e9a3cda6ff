// Rules 15 and 35: any key that is set while a transaction is prepared stops the database.
use wiredtiger::{PreparedTransaction, Result, Session, Table, Timestamp};

fn through_it(prepared: &PreparedTransaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    prepared.get(table, 1)?; //~ E0599
    Ok(())
}

fn beside_it(session: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    let prepared = session.begin()?.prepare(Timestamp::MIN)?;
    session.get(table, 1)?; //~ E0502
    session.begin()?.commit()?; //~ E0499
    prepared.rollback()
}

fn main() {}
