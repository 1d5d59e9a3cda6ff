// Rule 18: a checkpoint resets the cursors of its session.
use wiredtiger::{CheckpointOptions, Result, Session, Table};

fn case(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    session.checkpoint()?; //~ E0502
    session.checkpoint_with(&CheckpointOptions::new())?; //~ E0502
    drop(value);
    Ok(())
}

fn main() {}
