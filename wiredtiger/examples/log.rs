//! Reading the log, and replaying what it holds into another table. After the engine's `ex_log.c`.

use wiredtiger::{Connection, Durability, LogOperation, LogRecordKind, Table, TableOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let connection = Connection::create(temporary.path())?;
    let mut session = connection.open_session()?;
    let table: Table<Vec<u8>, Vec<u8>> = session.create_table("logtest", &TableOptions::new())?;

    // Single operations and a transaction.
    for number in 0..5 {
        session.put(&table, format!("key{number}").as_bytes(), b"value")?;
    }
    let mut txn = session.begin()?;
    txn.put(&table, b"key0", b"other")?;
    txn.remove(&table, b"key4")?;
    txn.commit()?;
    session.log_message("example: all is written")?;
    session.log_flush(Durability::Process)?;

    // The numbers by which the log knows the file of the table.
    let file = session.metadata()?.find_map(|entry| {
        let entry = entry.ok().filter(|entry| entry.uri == "file:logtest.wt")?;
        let (_, rest) = entry.config.split_once(",id=")?;
        rest.split(',').next()?.parse::<u32>().ok()
    });
    let file = file.ok_or("the table has no file")?;

    let mut replay = Vec::new();
    for entry in session.log()? {
        let entry = entry?;
        // The engine has messages of its own.
        if let Some(text) = entry.message().filter(|text| text.starts_with("example")) {
            println!("message: {text}");
        }
        if entry.kind == LogRecordKind::Commit && entry.file_id == file {
            println!(
                "{:?} {} {}",
                entry.operation,
                String::from_utf8_lossy(&entry.key),
                String::from_utf8_lossy(&entry.value)
            );
            replay.push(entry);
        }
    }

    let copy: Table<Vec<u8>, Vec<u8>> = session.create_table("copy", &TableOptions::new())?;
    for entry in replay {
        match entry.operation {
            LogOperation::Put => session.put(&copy, &entry.key, &entry.value)?,
            LogOperation::Remove => {
                session.remove(&copy, &entry.key)?;
            }
            other => return Err(format!("{other:?} is not replayed").into()),
        }
    }
    let mut range = session
        .range(&table, ..)?
        .into_iter()
        .zip(session.range(&copy, ..)?);
    let same = range.all(|(here, there)| matches!((here, there), (Ok(a), Ok(b)) if a == b));
    println!("the copy is the same: {same}");
    Ok(())
}
