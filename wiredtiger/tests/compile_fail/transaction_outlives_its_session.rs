// Rule 3: the session that its end needs would be closed, or another's.
use wiredtiger::{Connection, Result, Session, Transaction};

fn dropped(mut session: Session) -> Result<()> {
    let txn = session.begin()?;
    drop(session); //~ E0505
    txn.commit()
}

fn swapped(session: &mut Session, other: &mut Session) -> Result<()> {
    let txn = session.begin()?;
    std::mem::swap(session, other); //~ E0499
    txn.commit()
}

fn returned(connection: &Connection) -> Result<Transaction<'_>> {
    let mut session = connection.open_session()?;
    return session.begin(); //~ E0515
    unreachable!()
}

fn main() {}
