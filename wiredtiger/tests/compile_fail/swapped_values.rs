// Rule 18: after a swap each name has the other session's value; both sessions stay borrowed.
use std::mem;

use wiredtiger::{Result, Session, Table};

fn case(one: &mut Session, two: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let mut first = one.get(table, 1)?;
    let mut second = two.get(table, 1)?;
    mem::swap(&mut first, &mut second);
    drop(first);
    one.put(table, 1, b"new")?; //~ E0502
    two.put(table, 1, b"new")?; //~ E0502
    drop(second);
    Ok(())
}

fn main() {}
