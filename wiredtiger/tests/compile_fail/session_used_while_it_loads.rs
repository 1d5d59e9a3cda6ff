// Rule 33: a table that is loaded is not for anything else, and a loader has its session for itself.
use wiredtiger::{BulkLoader, Result, Session, Table};

fn case(session: &mut Session, table: &Table<u64, u64>) -> Result<u64> {
    let mut loader = session.bulk_load(table)?;
    loader.insert(1, 1)?;
    session.get(table, 1)?; //~ E0502
    session.put(table, 2, 2)?; //~ E0499
    loader.finish()
}

fn finished(mut loader: BulkLoader<'_, u64, u64>) -> Result<()> {
    loader.finish()?;
    loader.insert(1, 1)?; //~ E0382
    Ok(())
}

fn main() {}
