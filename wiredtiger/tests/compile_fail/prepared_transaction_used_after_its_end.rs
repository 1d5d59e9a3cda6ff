// Rule 34: after the commit there is no transaction.
use wiredtiger::{PreparedTransaction, Result, Timestamp};

fn committed(prepared: PreparedTransaction<'_>) -> Result<()> {
    prepared.commit(Timestamp::MIN, Timestamp::MIN)?;
    prepared.rollback()?; //~ E0382
    Ok(())
}

fn main() {}
