//! Backups: a whole one, and then only what has changed, several times, into one folder. After the
//! engine's `ex_backup.c` and `ex_backup_block.c`.

use wiredtiger::{BackupId, BackupOptions, ByteSize, Connection, Table, TableOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let path = |name: &str| temporary.path().join(name);
    let connection = Connection::create(path("home"))?;
    let mut session = connection.open_session()?;
    let table: Table<u64, Vec<u8>> = session.create_table("data", &TableOptions::new())?;
    for number in 0..20_000 {
        session.put(&table, number, &[b'a'; 100])?;
    }
    session.checkpoint()?;

    let mut last = BackupId::new("day-0")?;
    let options = BackupOptions::new()
        .id(&last)
        .granularity(ByteSize::kib(64));
    let whole = session.backup_with(path("copy"), &options)?;

    for day in 1..=3_u64 {
        for number in 0..10 {
            session.put(&table, number * day, &[b'b'; 100])?;
        }
        session.checkpoint()?;
        let id = BackupId::new(format!("day-{day}"))?;
        let options = BackupOptions::new().id(&id).since(&last);
        let changed = session.backup_with(path("copy"), &options)?;
        let less = changed.bytes < whole.bytes;
        println!("{}: less than the whole: {less}", id.as_str());
        last = id;
    }
    let ids = session.backup_ids()?;
    println!("a later backup can be based on {}", ids.len());

    // The copy is a database of its own.
    let restored = Connection::open(path("copy"))?;
    let copy = restored.open_session()?;
    let copied = copy.open_table::<u64, Vec<u8>>("data")?;
    let same = session
        .range(&table, ..)?
        .into_iter()
        .zip(copy.range(&copied, ..)?);
    let (mut count, mut different) = (0, 0);
    for (here, there) in same {
        count += 1;
        different += u64::from(here? != there?);
    }
    println!("{count} entries, {different} different");
    Ok(())
}
