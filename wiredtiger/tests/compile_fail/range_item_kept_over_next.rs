// Rule 18: a cursor's step gives up the page that the last entry is in.
use wiredtiger::{Range, Result};

fn next(mut range: Range<'_, String, Vec<u8>>) -> Result<()> {
    let entry = range.next()?;
    range.next()?; //~ E0499
    println!("{entry:?}");
    Ok(())
}

fn collected(mut range: Range<'_, String, Vec<u8>>) -> Result<()> {
    let mut keys: Vec<&str> = Vec::new();
    while let Some((key, _)) = range.next()? { keys.push(key) } //~ E0499
    println!("{keys:?}");
    Ok(())
}

fn main() {}
