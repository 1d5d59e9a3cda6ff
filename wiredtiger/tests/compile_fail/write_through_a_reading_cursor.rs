// Rule 18: it could write while others of its session read.
use wiredtiger::{Cursor, Result};

fn case(cursor: &mut Cursor<'_, u64, u64>) -> Result<()> {
    cursor.insert(1, 1)?; //~ E0599
    cursor.remove(1)?; //~ E0599
    cursor.update_current(1)?; //~ E0599
    cursor.remove_current()?; //~ E0599
    Ok(())
}

fn main() {}
