//! Columns with names: column groups, indexes, projections and joins.
//!
//! The populations of some countries in some years. What is read often is stored apart from the
//! rest, and found by country and by year.

use wiredtiger::{
    Comparison, Connection, Error, Index, IndexOptions, RecordNumber, Satisfy, Session, Table,
    TableOptions, TransactionOptions,
};

/// key_format=r,value_format=SHQ,columns=(id,country,year,population)
type Populations = Table<RecordNumber, (String, u16, u64)>;

const DATA: [(&str, u16, u64); 12] = [
    ("AU", 1900, 4_000_000),
    ("AU", 1950, 8_267_337),
    ("AU", 2000, 19_053_186),
    ("CAN", 1900, 5_500_000),
    ("CAN", 1950, 14_011_422),
    ("CAN", 2000, 31_099_561),
    ("UK", 1900, 369_000_000),
    ("UK", 1950, 50_127_000),
    ("UK", 2000, 59_522_468),
    ("USA", 1900, 76_212_168),
    ("USA", 1950, 150_697_361),
    ("USA", 2000, 301_279_593),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let connection = Connection::create(home.path())?;
    let mut session = connection.open_session()?;

    let options = TableOptions::new()
        .columns(["id", "country", "year", "population"])
        .column_group("main", ["country", "year"])
        .column_group("population", ["population"]);
    let table: Populations = session.create_table("poptable", &options)?;
    let index = IndexOptions::new();
    session.create_index(&table, "country", &["country"], &index)?;
    session.create_index(&table, "country_plus_year", &["country", "year"], &index)?;
    // Years never change: updates of a row leave this index alone.
    let immutable = IndexOptions::new().immutable(true);
    session.create_index(&table, "year", &["year"], &immutable)?;

    let mut appender = session.appender(&table)?;
    for row in DATA {
        appender.append(row)?;
    }
    drop(appender);

    println!("all rows");
    let mut range = session.range(&table, ..)?;
    while let Some((id, (country, year, population))) = range.next()? {
        println!("  {id}: {country}, {year}, {population}");
    }
    drop(range);

    raise(&mut session, &table)?;
    by_index(&session, &table)?;
    by_projection(&session, &table)?;
    by_join(&session, &table)?;

    drop(session);
    connection.close()?;
    Ok(())
}

/// Adds one to each population, in one transaction.
fn raise(session: &mut Session, table: &Populations) -> wiredtiger::Result<()> {
    session.run(&TransactionOptions::new(), |txn| {
        let mut cursor = txn.cursor_mut(table)?;
        while cursor.next()? {
            let (country, year, population) = cursor.value()?;
            let country = country.to_owned();
            cursor.update_current((&country, year, population + 1))?;
        }
        Ok::<_, Error>(())
    })
}

fn by_index(session: &Session, table: &Populations) -> wiredtiger::Result<()> {
    println!("the first row of the USA");
    let countries: Index<String, (u16, u64)> =
        session.open_index(table, "country", &["year", "population"])?;
    let mut cursor = session.index_cursor(&countries)?;
    if cursor.search("USA")? {
        let (country, (year, population)) = cursor.entry()?;
        println!("  {country}, {year}, {population}");
    }

    println!("the USA in 1950, by both columns");
    let both: Index<(String, u16), (u64,)> =
        session.open_index(table, "country_plus_year", &["population"])?;
    let mut cursor = session.index_cursor(&both)?;
    if cursor.search(("USA", 1950))? {
        println!("  {}", cursor.value()?.0);
    }
    Ok(())
}

/// Only the file of the column group `population` is read.
fn by_projection(session: &Session, table: &Populations) -> wiredtiger::Result<()> {
    let populations = session.project::<_, _, (u64,)>(table, &["population"])?;
    let mut cursor = session.projected(&populations)?;
    let mut sum = 0;
    while cursor.next()? {
        sum += cursor.value()?.0;
    }
    println!("all populations: {sum}");
    Ok(())
}

fn by_join(session: &Session, table: &Populations) -> wiredtiger::Result<()> {
    println!("the UK or Canada, after 1900");
    let countries: Index<String, (RecordNumber,)> =
        session.open_index(table, "country", &["id"])?;
    let years: Index<u16, (RecordNumber,)> = session.open_index(table, "year", &["id"])?;
    let mut either = session.join(table, Satisfy::Any)?;
    either.on_index(&countries, Comparison::Equal, "UK")?;
    either.on_index(&countries, Comparison::Equal, "CAN")?;
    let mut join = session.join(table, Satisfy::All)?;
    join.on_index(&years, Comparison::Greater, 1900)?;
    join.on_join(either)?;
    while join.next()? {
        let (id, (country, year, population)) = join.entry()?;
        println!("  {id}: {country}, {year}, {population}");
    }
    Ok(())
}
