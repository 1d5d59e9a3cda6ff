// A part of a text is not always text: only bytes are changed in part.
use wiredtiger::{Change, CursorMut, Result};

fn bytes(cursor: &mut CursorMut<'_, u64, Vec<u8>>) -> Result<bool> {
    cursor.modify(1, &[Change::insert(0, b"x")])
}

fn text(cursor: &mut CursorMut<'_, u64, String>) -> Result<()> {
    cursor.modify_current(&[Change::insert(0, b"x")])?; //~ E0599
    Ok(())
}

fn main() {}
