// Rules 3 and 31: a guard would outlive the session that it borrows.
use wiredtiger::{
    Appender, Connection, DynTable, IndexCursor, Join, Result, RowCursor, RowRef, Satisfy, Session,
    Table,
};

fn join<'t>(join: Join<'t, u64, u64>) -> Join<'static, u64, u64> {
    return join; //~ lifetime may not live long enough
    unreachable!()
}

fn index<'t>(cursor: IndexCursor<'t, u64, u64>) -> IndexCursor<'static, u64, u64> {
    return cursor; //~ lifetime may not live long enough
    unreachable!()
}

fn row_cursor<'t>(cursor: RowCursor<'t>) -> RowCursor<'static> {
    return cursor; //~ lifetime may not live long enough
    unreachable!()
}

fn row<'t>(row: RowRef<'t>) -> RowRef<'static> {
    return row; //~ lifetime may not live long enough
    unreachable!()
}

fn appender<'t>(appender: Appender<'t, u64>) -> Appender<'static, u64> {
    return appender; //~ lifetime may not live long enough
    unreachable!()
}

fn session_dropped(connection: &Connection, table: &Table<u64, u64>) -> Result<()> {
    let session = connection.open_session()?;
    let mut join = session.join(table, Satisfy::All)?;
    drop(session); //~ E0505
    join.next()?;
    Ok(())
}

fn written_while_appending(session: &mut Session, table: &DynTable) -> Result<()> {
    let mut cursor = session.row_cursor_mut(table)?;
    session.put_row(table, &[1.into()], &[2.into()])?; //~ E0499
    cursor.next()?;
    Ok(())
}

fn main() {}
