// Rule 18: a write moves what the session's values show, through whatever reference it comes.
use std::mem;

use wiredtiger::{PooledSession, Result, Session, Table};

fn case(mut session: PooledSession, other: &mut Session, table: &Table<u64, u64>) -> Result<()> {
    let value = session.get(table, 1)?;
    session.put(table, 1, 1)?; //~ E0502
    session.begin()?.commit()?; //~ E0502
    mem::swap(&mut *session, other); //~ E0502
    drop(value);
    Ok(())
}

fn main() {}
