//! Many threads on one database, each with a session of its own from a pool. After the engine's
//! `ex_thread.c`.

use wiredtiger::{Connection, Error, Table, TableOptions, TransactionOptions};

const THREADS: u64 = 8;
const ROUNDS: u64 = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connection = Connection::options().open_in_memory()?;
    let pool = connection.session_pool(THREADS as usize);
    let table: Table<u64, String> = pool.get()?.create_table("t", &TableOptions::new())?;
    let counts: Table<u64, u64> = pool.get()?.create_table("counts", &TableOptions::new())?;

    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|number| {
                let pool = &pool;
                scope.spawn(move || -> wiredtiger::Result<u64> {
                    let mut seen = 0;
                    for round in 0..ROUNDS {
                        let mut session = pool.get()?;
                        session.put(&table, number * ROUNDS + round, "value")?;
                        // They all raise the same number.
                        let options = TransactionOptions::new().max_retries(10_000);
                        session.run(&options, |txn| {
                            let count = txn.get_owned(&counts, 1)?.unwrap_or(0);
                            txn.put(&counts, 1, count + 1)?;
                            Ok::<_, Error>(())
                        })?;
                        seen = session.range(&table, ..)?.into_iter().count() as u64;
                    }
                    Ok(seen)
                })
            })
            .collect();
        for worker in workers {
            let seen = worker.join().map_err(|_| "a thread panicked")??;
            // Its own at least.
            if seen < ROUNDS {
                return Err(Box::<dyn std::error::Error>::from(
                    "a thread has lost entries",
                ));
            }
        }
        Ok(())
    })?;

    let session = pool.get()?;
    println!("{} entries", session.range(&table, ..)?.into_iter().count());
    println!("counted to {:?}", session.get_owned(&counts, 1)?);
    println!(
        "not more sessions than threads: {}",
        pool.open_sessions() as u64 <= THREADS
    );
    Ok(())
}
