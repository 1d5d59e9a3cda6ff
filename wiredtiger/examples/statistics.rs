//! Statistics of the database, of a table and of a session. After the engine's `ex_stat.c`.

use wiredtiger::{
    Connection, StatisticKey, Statistics, StatisticsLevel, Table, TableOptions, Unit,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let connection = Connection::options()
        .create(true)
        .statistics(Statistics::All)
        .open(temporary.path())?;
    let mut session = connection.open_session()?;
    let table: Table<u64, String> = session.create_table("access", &TableOptions::new())?;
    for number in 0..100 {
        session.put(&table, number, "abc")?;
    }
    session.checkpoint()?;

    // All of the database's.
    let all = connection.statistics()?;
    println!("hundreds of them: {}", all.len() > 500);
    let bytes = all
        .iter()
        .filter(|statistic| statistic.unit() == Unit::Bytes);
    println!("dozens count bytes: {}", bytes.count() > 24);

    // One of them.
    if let Some(size) = session.statistic(StatisticKey::CACHE_BYTES_MAX)? {
        println!("{}: {}", size.description, size.value);
    }

    // A table's, which needs a walk through its pages for some.
    for statistic in session.table_statistics(&table, StatisticsLevel::TreeWalk)? {
        let statistic = statistic?;
        if statistic.name() == "row-store leaf pages" {
            println!("{}: {}", statistic.category(), statistic.value);
        }
    }

    // How much more is written to the disk than was changed, for example.
    let value = |name: &str| {
        let found = all.iter().find(|statistic| statistic.name() == name);
        found.map_or(0, |statistic| statistic.value)
    };
    println!(
        "something was written: {}",
        value("bytes written from cache") > 0
    );
    Ok(())
}
