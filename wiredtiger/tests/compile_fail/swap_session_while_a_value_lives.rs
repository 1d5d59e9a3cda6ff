// Rules 3 and 18: under its new name the session could write, or be closed.
use std::mem;

use wiredtiger::{Result, Session, Table};

fn swapped(one: &mut Session, two: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = one.get(table, 1)?;
    mem::swap(one, two); //~ E0502
    drop(value);
    Ok(())
}

fn replaced(one: &mut Session, two: Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = one.get(table, 1)?;
    drop(mem::replace(one, two)); //~ E0502
    drop(value);
    Ok(())
}

fn assigned(one: &mut Session, two: Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = one.get(table, 1)?;
    *one = two; //~ E0506
    drop(value);
    Ok(())
}

fn main() {}
