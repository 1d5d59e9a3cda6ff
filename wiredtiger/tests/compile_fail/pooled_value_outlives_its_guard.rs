// Rule 18: the pool hands the session to another thread, which may write.
use wiredtiger::{PooledSession, Result, SessionPool, Table, ValueRef};

type Number<'t> = Option<ValueRef<'t, u64>>;

fn dropped(session: PooledSession, table: &Table<u64, u64>) -> Result<()> {
    let value = session.get(table, 1)?;
    drop(session); //~ E0505
    drop(value);
    Ok(())
}

fn of_a_temporary(pool: &SessionPool, table: &Table<u64, u64>) -> Result<()> {
    let mut value: Number<'_> = None;
    value = pool.get()?.get(table, 1)?; //~ E0716
    drop(value);
    Ok(())
}

fn returned<'p>(pool: &'p SessionPool, table: &Table<u64, u64>) -> Result<Number<'p>> {
    let session = pool.get()?;
    return session.get(table, 1); //~ E0515
    Ok(None)
}

fn main() {}
