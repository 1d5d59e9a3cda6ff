// Rule 18: the write moves the memory that the join refers to.
use wiredtiger::{Result, Satisfy, Session, Table};

fn case(session: &mut Session, table: &Table<u64, String>) -> Result<()> {
    let mut join = session.join(table, Satisfy::All)?;
    session.put(table, 1, "two")?; //~ E0502
    join.next()?;
    Ok(())
}

fn index(
    session: &mut Session,
    table: &Table<u64, String>,
    index: &wiredtiger::Index<String, String>,
) -> Result<()> {
    let mut cursor = session.index_cursor(index)?;
    session.put(table, 1, "two")?; //~ E0502
    cursor.next()?;
    Ok(())
}

fn row(session: &mut Session, table: &wiredtiger::DynTable) -> Result<()> {
    let row = session.get_row(table, &[1.into()])?;
    session.put_row(table, &[1.into()], &[2.into()])?; //~ E0502
    drop(row);
    Ok(())
}

fn cursor(session: &mut Session, table: &wiredtiger::DynTable) -> Result<()> {
    let cursor = session.row_cursor(table)?;
    session.append_row(table, &[2.into()])?; //~ E0502
    drop(cursor);
    Ok(())
}

fn main() {}
