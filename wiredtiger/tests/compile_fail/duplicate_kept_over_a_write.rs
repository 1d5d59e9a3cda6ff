// Rule 18: a write moves what a duplicate of the writing cursor shows.
use wiredtiger::{DynTable, Result, Session, Table};

fn typed(session: &mut Session, table: &Table<u64, String>) -> Result<()> {
    let mut cursor = session.cursor_mut(table)?;
    cursor.next()?;
    let double = cursor.duplicate()?;
    cursor.update_current("x")?; //~ E0502
    cursor.next()?; //~ E0502
    session.put(table, 1, "x")?; //~ E0499
    double.value()?;
    Ok(())
}

fn of_rows(session: &mut Session, table: &DynTable) -> Result<()> {
    let mut cursor = session.row_cursor_mut(table)?;
    cursor.next()?;
    let double = cursor.duplicate()?;
    cursor.remove_current()?; //~ E0502
    double.value()?;
    Ok(())
}

fn reading(session: &mut Session, table: &Table<u64, String>) -> Result<()> {
    let mut cursor = session.cursor(table)?;
    cursor.next()?;
    let double = cursor.duplicate()?;
    // It needs the session, and not the cursor.
    cursor.next()?;
    drop(cursor);
    session.put(table, 1, "x")?; //~ E0502
    double.value()?;
    Ok(())
}

fn main() {}
