// Rule 18: `run` ends the transaction itself, once, when nothing of it is in use.
use wiredtiger::{Error, Result, Session, Table, Transaction, TransactionOptions};

fn kept(session: &mut Session) -> Result<()> {
    let mut kept: Option<&mut Transaction<'_>> = None;
    session.run(&TransactionOptions::new(), |txn| {
        kept = Some(txn); //~ E0521
        Ok::<_, Error>(())
    })?;
    drop(kept);
    Ok(())
}

fn ended(session: &mut Session) -> Result<()> {
    session.run(&TransactionOptions::new(), |txn| {
        txn.commit()?; //~ E0507
        Ok::<_, Error>(())
    })
}

fn main() {}
