// Rule 3: closing a session frees its cursors, and what they point to.
use std::cell::RefCell;

use wiredtiger::{Connection, Result, Session, Table, ValueRef};

type Bytes<'t> = Option<ValueRef<'t, Vec<u8>>>;

fn returned<'t>(connection: &Connection, table: &'t Table<u64, Vec<u8>>) -> Result<Bytes<'t>> {
    let session = connection.open_session()?;
    return session.get(table, 1); //~ E0515
    Ok(None)
}

fn of_a_temporary(connection: &Connection, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let mut value: Bytes<'_> = None;
    value = connection.open_session()?.get(table, 1)?; //~ E0716
    drop(value);
    Ok(())
}

fn of_an_inner_scope(connection: &Connection, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let mut value: Bytes<'_> = None;
    {
        let session = connection.open_session()?;
        value = session.get(table, 1)?; //~ E0597
    }
    drop(value);
    Ok(())
}

fn of_a_cell(session: &RefCell<Session>, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let mut value: Bytes<'_> = None;
    value = session.borrow().get(table, 1)?; //~ E0716
    drop(value);
    Ok(())
}

fn main() {}
