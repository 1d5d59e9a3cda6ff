// Rule 18: a guard that never drops still shows the engine's memory.
use std::mem::ManuallyDrop;

use wiredtiger::{Result, Session, Table};

fn leaked(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = Box::leak(Box::new(session.get(table, 1)?.unwrap()));
    session.put(table, 1, b"new")?; //~ E0502
    println!("{:?}", value.get()?);
    Ok(())
}

fn never_dropped(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = ManuallyDrop::new(session.get(table, 1)?.unwrap());
    session.put(table, 1, b"new")?; //~ E0502
    println!("{:?}", value.get()?);
    Ok(())
}

fn main() {}
