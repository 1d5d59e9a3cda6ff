// Rule 18: they lend the session's memory, like any cursor.
use wiredtiger::{BackupOptions, Result, Session, Table};

fn statistics(session: &mut Session, table: &Table<u64, u64>) -> Result<usize> {
    let statistics = session.statistics()?;
    session.put(table, 1, 1)?; //~ E0502
    Ok(statistics.count())
}

fn log(session: &mut Session, table: &Table<u64, u64>) -> Result<usize> {
    let log = session.log()?;
    session.put(table, 1, 1)?; //~ E0502
    Ok(log.count())
}

fn metadata(session: &mut Session, table: &Table<u64, u64>) -> Result<usize> {
    let metadata = session.metadata()?;
    session.put(table, 1, 1)?; //~ E0502
    Ok(metadata.count())
}

fn sample(session: &mut Session, table: &Table<u64, u64>) -> Result<usize> {
    let sample = session.sample(table)?;
    session.put(table, 1, 1)?; //~ E0502
    Ok(sample.count())
}

fn checkpoint(session: &mut Session, table: &Table<u64, u64>) -> Result<Option<u64>> {
    let view = session.at_checkpoint("old")?;
    session.put(table, 1, 1)?; //~ E0502
    view.get_owned(table, 1)
}

fn backup(session: &mut Session) -> Result<()> {
    let backup = session.backup(&BackupOptions::new())?;
    session.checkpoint()?; //~ E0502
    backup.close()
}

fn main() {}
