// Rules 3 and 4: closing a session frees its cursors, and a cursor must not be closed twice.
use wiredtiger::{Connection, Cursor, CursorMut, Result, Session, Table, Transaction};

fn reading(session: Session, table: &Table<u64, u64>) -> Result<()> {
    let mut cursor = session.cursor(table)?;
    drop(session); //~ E0505
    cursor.next()?;
    Ok(())
}

fn writing(mut session: Session, table: &Table<u64, u64>) -> Result<()> {
    let mut cursor = session.cursor_mut(table)?;
    drop(session); //~ E0505
    cursor.next()?;
    Ok(())
}

fn returned<'t>(
    connection: &Connection,
    table: &'t Table<u64, u64>,
) -> Result<Cursor<'t, u64, u64>> {
    let session = connection.open_session()?;
    return session.cursor(table); //~ E0515
    unreachable!()
}

fn kept_in_one_place(connection: &Connection, table: &Table<u64, u64>) -> Result<()> {
    struct Both<'s>(Option<CursorMut<'s, u64, u64>>, Session);
    let mut both = Both(None, connection.open_session()?);
    both.0 = Some(both.1.cursor_mut(table)?); //~ E0597
    Ok(())
}

fn main() {}
