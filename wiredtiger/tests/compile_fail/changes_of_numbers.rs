// The engine changes bytes and text in part, and nothing else: a part of a number is none.
use wiredtiger::{Change, CursorMut, Result};

fn bytes(cursor: &mut CursorMut<'_, u64, Vec<u8>>) -> Result<bool> {
    cursor.modify(1, &[Change::insert(0, b"x")])
}

fn text(cursor: &mut CursorMut<'_, u64, String>) -> Result<bool> {
    cursor.modify(1, &[Change::insert(0, b"x")])
}

fn number(cursor: &mut CursorMut<'_, u64, u64>) -> Result<()> {
    cursor.modify_current(&[Change::insert(0, b"x")])?; //~ E0599
    Ok(())
}

fn main() {}
