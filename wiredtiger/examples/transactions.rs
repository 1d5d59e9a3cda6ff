//! Transactions: isolation, conflicts, retries, timestamps, two phases. After the engine's
//! `ex_all.c` and `ex_sync.c`.

use wiredtiger::{
    Connection, Durability, Error, ErrorKind, Isolation, Session, Table, TableOptions, Timestamp,
    TimestampOf, Timestamps, TransactionOptions,
};

type Accounts = Table<String, i64>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let connection = Connection::create(temporary.path())?;
    let mut session = connection.open_session()?;
    let accounts: Accounts = session.create_table("accounts", &TableOptions::new())?;

    basics(&mut session, &accounts)?;
    conflicts(&connection, &mut session, &accounts)?;
    timestamps(&connection, &mut session)?;
    Ok(())
}

fn basics(session: &mut Session, accounts: &Accounts) -> wiredtiger::Result<()> {
    let mut txn = session.begin()?;
    txn.put(accounts, "ada", 10)?;
    txn.put(accounts, "bob", 10)?;
    txn.commit()?;

    let mut txn = session.begin()?;
    txn.put(accounts, "ada", 0)?;
    txn.rollback()?;
    println!(
        "after a rollback: {:?}",
        session.get_owned(accounts, "ada")?
    );

    // This one is on the disk when the commit returns; the log is not flushed for the others.
    let safe = TransactionOptions::new().durability(Durability::Disk);
    let mut txn = session.begin_with(&safe)?;
    txn.put(accounts, "ada", 11)?;
    txn.commit()
}

fn conflicts(
    connection: &Connection,
    session: &mut Session,
    accounts: &Accounts,
) -> wiredtiger::Result<()> {
    let mut other = connection.open_session()?;
    let mut first = session.begin()?;
    first.put(accounts, "ada", 1)?;

    let mut second = other.begin()?;
    println!(
        "uncommitted changes are not seen: {:?}",
        second.get_owned(accounts, "ada")?
    );
    match second.put(accounts, "ada", 2) {
        Err(error) if error.kind() == ErrorKind::Rollback => println!("the second one conflicts"),
        other => other?,
    }
    second.rollback()?;

    let dirty = TransactionOptions::new().isolation(Isolation::ReadUncommitted);
    let reader = other.begin_with(&dirty)?;
    println!(
        "unless they are asked for: {:?}",
        reader.get_owned(accounts, "ada")?
    );
    drop(reader);
    first.commit()?;

    // The usual way: try again until it succeeds.
    let total = other.run(&TransactionOptions::new(), |txn| {
        let ada = txn.get_owned(accounts, "ada")?.unwrap_or(0);
        let bob = txn.get_owned(accounts, "bob")?.unwrap_or(0);
        txn.put(accounts, "ada", ada - 1)?;
        txn.put(accounts, "bob", bob + 1)?;
        Ok::<_, Error>(ada + bob)
    })?;
    println!("together they have {total}");
    Ok(())
}

fn timestamps(connection: &Connection, session: &mut Session) -> wiredtiger::Result<()> {
    // The application's own order, for tables that are not logged.
    let prices: Table<String, i64> =
        session.create_table("prices", &TableOptions::new().logged(false))?;
    for (time, price) in [(10, 100), (20, 120)] {
        let mut txn = session.begin()?;
        txn.put(&prices, "bread", price)?;
        txn.commit_at(Timestamp::try_from(time)?)?;
    }
    for time in [15, 25] {
        let then = TransactionOptions::new().read_timestamp(Timestamp::try_from(time)?);
        let txn = session.begin_with(&then)?;
        println!("bread at {time}: {:?}", txn.get_owned(&prices, "bread")?);
    }

    // Two phases: prepared, it cannot fail any more.
    let mut txn = session.begin()?;
    txn.put(&prices, "bread", 130)?;
    let prepared = txn.prepare(Timestamp::try_from(30)?)?;
    prepared.commit(Timestamp::try_from(31)?, Timestamp::try_from(32)?)?;
    println!("bread now: {:?}", session.get_owned(&prices, "bread")?);

    connection.set_timestamps(Timestamps::new().stable(Timestamp::try_from(32)?))?;
    let stable = connection.timestamp(TimestampOf::Stable)?;
    println!("stable: {}", stable.map_or(0, u64::from));
    Ok(())
}
