// The view closes the cursors that keep a checkpoint: what they lend ends with it.
use wiredtiger::{Result, Session, Table};

fn case(session: &Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let view = session.at_checkpoint("old")?;
    let value = view.get(table, 1)?;
    drop(view); //~ E0505
    drop(value);
    Ok(())
}

fn main() {}
