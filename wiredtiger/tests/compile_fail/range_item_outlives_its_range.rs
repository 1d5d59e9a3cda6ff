// Rule 18: the cursor behind the range goes to its next user, and the entry with its position.
use wiredtiger::{Range, Result};

fn dropped(mut range: Range<'_, String, Vec<u8>>) -> Result<()> {
    let entry = range.next()?;
    drop(range); //~ E0505
    println!("{entry:?}");
    Ok(())
}

fn reversed(mut range: Range<'_, String, Vec<u8>>) -> Result<()> {
    let entry = range.next()?;
    println!("{:?}", range.rev().next()?); //~ E0505
    println!("{entry:?}");
    Ok(())
}

fn made_an_iterator(mut range: Range<'_, String, Vec<u8>>) -> Result<()> {
    let entry = range.next()?;
    println!("{}", range.into_iter().count()); //~ E0505
    println!("{entry:?}");
    Ok(())
}

fn returned<'t>(mut range: Range<'t, String, Vec<u8>>) -> Result<Option<(&'t str, &'t [u8])>> {
    return range.next(); //~ E0515
    Ok(None)
}

fn main() {}
