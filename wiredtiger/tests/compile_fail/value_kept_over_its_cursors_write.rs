// Rule 18: a write gives up the page that the cursor's own key and value are in.
use wiredtiger::{CursorMut, Result};

fn kept(cursor: &mut CursorMut<'_, u64, Vec<u8>>) -> Result<()> {
    let value = cursor.value()?;
    cursor.update_current(b"new")?; //~ E0502
    cursor.insert(1, b"new")?; //~ E0502
    cursor.remove_current()?; //~ E0502
    cursor.remove(1)?; //~ E0502
    println!("{value:?}");
    Ok(())
}

fn written_back(cursor: &mut CursorMut<'_, u64, Vec<u8>>) -> Result<()> {
    cursor.update_current(cursor.value()?)?; //~ E0502
    Ok(())
}

fn main() {}
