// Rule 18: the pool hands the session to another thread, in the middle of the transaction.
use wiredtiger::{PooledSession, Result, SessionPool, Transaction};

fn dropped(mut session: PooledSession) -> Result<()> {
    let txn = session.begin()?;
    drop(session); //~ E0505
    txn.commit()
}

fn returned(pool: &SessionPool) -> Result<Transaction<'_>> {
    let mut session = pool.get()?;
    return session.begin(); //~ E0515
    unreachable!()
}

fn main() {}
