// Rule 16: the engine would take a key from the memory that the search gives up.
use wiredtiger::{Cursor, Result};

fn case(cursor: &mut Cursor<'_, String, Vec<u8>>) -> Result<()> {
    cursor.search(cursor.key()?)?; //~ E0502
    Ok(())
}

fn main() {}
