// Rule 18: a step moves the memory that the row is in.
use wiredtiger::{IndexCursor, Join, Result, RowCursor, RowRef, Value};

fn case(cursor: &mut RowCursor<'_>) -> Result<()> {
    let row = cursor.value()?;
    cursor.next()?; //~ E0502
    row.get(0)?;
    Ok(())
}

fn value(cursor: &mut RowCursor<'_>) -> Result<()> {
    let value = cursor.key()?.get(0)?;
    cursor.reset()?; //~ E0502
    drop(value.as_int());
    Ok(())
}

fn index(cursor: &mut IndexCursor<'_, String, String>) -> Result<()> {
    let key = cursor.key()?;
    cursor.next()?; //~ E0502
    drop(key.len());
    Ok(())
}

fn join(join: &mut Join<'_, String, String>) -> Result<()> {
    let key = join.key()?;
    join.next()?; //~ E0502
    drop(key.len());
    Ok(())
}

fn taken_out(row: RowRef<'_>) -> Result<Value<'_>> {
    return row.row().get(0); //~ E0515
    unreachable!()
}

fn main() {}
