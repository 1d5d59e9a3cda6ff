// Rule 18: what is done to whole tables moves the session's memory.
use wiredtiger::{
    AlterOptions, CompactOptions, Result, SalvageOptions, Session, SessionOptions, Table,
    VerifyOptions,
};

fn case(session: &mut Session, table: &Table<u64, Vec<u8>>) -> Result<()> {
    let value = session.get(table, 1)?;
    session.drop_table(table)?; //~ E0502
    session.rename_table(table, "other")?; //~ E0502
    session.clear_table(table)?; //~ E0502
    session.truncate(table, 1..2)?; //~ E0502
    session.verify(table, &VerifyOptions::new())?; //~ E0502
    session.salvage(table, &SalvageOptions::new())?; //~ E0502
    session.alter(table, &AlterOptions::new())?; //~ E0502
    session.compact(table, &CompactOptions::new())?; //~ E0502
    session.reconfigure(&SessionOptions::new())?; //~ E0502
    session.log_message("text")?; //~ E0502
    session.forget_backups()?; //~ E0502
    session.load(&mut &b""[..])?; //~ E0502
    session.bulk_load(table)?; //~ E0502
    drop(value);
    Ok(())
}

fn main() {}
