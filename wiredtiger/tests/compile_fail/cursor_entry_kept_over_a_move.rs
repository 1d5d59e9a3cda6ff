// Rule 18: a cursor's next operation gives up the page that its key and value are in.
use wiredtiger::{Cursor, Result};

fn key(cursor: &mut Cursor<'_, String, Vec<u8>>) -> Result<()> {
    let key = cursor.key()?;
    cursor.next()?; //~ E0502
    cursor.prev()?; //~ E0502
    cursor.search("k")?; //~ E0502
    cursor.search_near("k")?; //~ E0502
    cursor.set_bounds("a".."z")?; //~ E0502
    cursor.reset()?; //~ E0502
    println!("{key:?}");
    Ok(())
}

fn value(cursor: &mut Cursor<'_, String, Vec<u8>>) -> Result<()> {
    let value = cursor.value()?;
    cursor.next()?; //~ E0502
    println!("{value:?}");
    Ok(())
}

fn entry(cursor: Cursor<'_, String, Vec<u8>>) -> Result<()> {
    let entry = cursor.entry()?;
    drop(cursor); //~ E0505
    println!("{entry:?}");
    Ok(())
}

fn main() {}
