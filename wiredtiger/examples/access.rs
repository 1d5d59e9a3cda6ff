//! The classical first program: stores two entries, looks one up, and walks through all.
//!
//! The database is in the folder that `WT_HOME` names, or in a temporary one.

use std::path::PathBuf;

use wiredtiger::{Connection, Table, TableOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let home = std::env::var_os("WT_HOME").map_or_else(|| temporary.path().into(), PathBuf::from);

    let connection = Connection::create(home)?;
    let mut session = connection.open_session()?;
    // key_format=S,value_format=S
    let table: Table<String, String> = session.create_table("t", &TableOptions::new())?;

    session.put(&table, "foo", "bar")?;
    session.put(&table, "foo1", "bar1")?;

    match session.get(&table, "foo1")? {
        Some(value) => println!("{}", value.get()?),
        None => return Err("foo1 is not there".into()),
    }

    let mut range = session.range(&table, ..)?;
    while let Some((key, value)) = range.next()? {
        println!("Got: {key}, {value}");
    }

    drop(range);
    drop(session);
    connection.close()?;
    Ok(())
}
