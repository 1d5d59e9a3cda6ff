// Rules 24 and 25: an index is written by its table, and a write of some columns would be half a row.
use wiredtiger::{Index, IndexCursor, Projection, Result, RowCursor, Session};

fn case(session: &mut Session, index: &Index<String, u64>) -> Result<()> {
    session.cursor_mut(index)?; //~ E0308
    session.put(index, "a", 1)?; //~ E0308
    Ok(())
}

fn cursor(cursor: &mut IndexCursor<'_, String, u64>) -> Result<()> {
    cursor.update_current(1)?; //~ E0599
    cursor.remove_current()?; //~ E0599
    Ok(())
}

fn projection(session: &mut Session, projection: &Projection<String, u64>) -> Result<()> {
    session.put(projection, "a", 1)?; //~ E0308
    session.cursor_mut(projection)?; //~ E0308
    let mut cursor = session.projected(projection)?;
    cursor.update_current(1)?; //~ E0599
    Ok(())
}

fn reading(cursor: &mut RowCursor<'_>) -> Result<()> {
    cursor.insert(&[1.into()], &[1.into()])?; //~ E0599
    Ok(())
}

fn main() {}
