//! Recipes: how things are done that take more than one call. Each runs as a test.
//!
//! # A counter that many threads raise
//! A transaction that conflicts with another one is run again.
//! ```
//! # fn main() -> wiredtiger::Result<()> {
//! # let connection = wiredtiger::Connection::options().open_in_memory()?;
//! use wiredtiger::{Error, Table, TableOptions, TransactionOptions};
//!
//! let pool = connection.session_pool(4);
//! let counters: Table<String, u64> = pool.get()?.create_table("c", &TableOptions::new())?;
//! std::thread::scope(|scope| {
//!     for _ in 0..4 {
//!         scope.spawn(|| {
//!             for _ in 0..10 {
//!                 pool.get()?.run(&TransactionOptions::new().max_retries(1000), |txn| {
//!                     let count = txn.get_owned(&counters, "visits")?.unwrap_or(0);
//!                     txn.put(&counters, "visits", count + 1)
//!                 })?;
//!             }
//!             Ok::<_, Error>(())
//!         });
//!     }
//! });
//! assert_eq!(pool.get()?.get_owned(&counters, "visits")?, Some(40));
//! # Ok(())
//! # }
//! ```
//!
//! # All keys that begin with something
//! Strings are stored in the order of their bytes, so that those with a beginning in common lie side
//! by side; here the newest first.
//! ```
//! # fn main() -> wiredtiger::Result<()> {
//! # let connection = wiredtiger::Connection::options().open_in_memory()?;
//! # let mut session = connection.open_session()?;
//! use wiredtiger::{Table, TableOptions};
//!
//! let visits: Table<String, u64> = session.create_table("visits", &TableOptions::new())?;
//! for (key, pages) in [("ann/2026-01", 3), ("ann/2026-02", 8), ("anna/2026-01", 5)] {
//!     session.put(&visits, key, pages)?;
//! }
//! let found: Result<Vec<_>, _> = session.prefix(&visits, "ann/")?.rev().into_iter().collect();
//! assert_eq!(found?, [("ann/2026-02".to_owned(), 8), ("ann/2026-01".to_owned(), 3)]);
//! # Ok(())
//! # }
//! ```
//!
//! # Two positions, one of them ahead
//! A duplicate begins where its original is: to compare each entry with the next, for example.
//! ```
//! # fn main() -> wiredtiger::Result<()> {
//! # let connection = wiredtiger::Connection::options().open_in_memory()?;
//! # let mut session = connection.open_session()?;
//! use wiredtiger::{Table, TableOptions};
//!
//! let levels: Table<u64, i64> = session.create_table("levels", &TableOptions::new())?;
//! for (hour, level) in [(1, 10), (2, 13), (3, 9)] {
//!     session.put(&levels, hour, level)?;
//! }
//! let mut now = session.cursor(&levels)?;
//! let mut steps = Vec::new();
//! if now.next()? {
//!     let mut ahead = now.duplicate()?;
//!     while ahead.next()? {
//!         steps.push(ahead.value()? - now.value()?);
//!         now.next()?;
//!     }
//! }
//! assert_eq!(steps, [3, -4]);
//! # Ok(())
//! # }
//! ```
//!
//! # A table as JSON
//! What one program dumps another reads, upstream's `wt load -j` too.
//! ```
//! # fn main() -> wiredtiger::Result<()> {
//! # let connection = wiredtiger::Connection::options().open_in_memory()?;
//! # let mut session = connection.open_session()?;
//! use wiredtiger::{DumpFormat, DumpOptions, Table, TableOptions};
//!
//! let options = TableOptions::new().columns(["id", "name", "age"]);
//! let people: Table<u64, (String, u8)> = session.create_table("people", &options)?;
//! session.put(&people, 1, ("Ada", 36))?;
//! let mut json = Vec::new();
//! let options = DumpOptions::new().format(DumpFormat::Json);
//! session.dump_with(&people, &options, &mut json)?;
//! let text = String::from_utf8_lossy(&json);
//! assert!(text.contains("\"id\" : 1,\n\"name\" : \"Ada\",\n\"age\" : 36"));
//!
//! session.drop_table(&people)?;
//! session.load(&mut &json[..])?;
//! assert_eq!(session.get_owned(&people, 1)?, Some(("Ada".into(), 36)));
//! # Ok(())
//! # }
//! ```
//!
//! # Pages of a list
//! The next page begins after the last key of the one before: no counting, and nothing is shown
//! twice or left out when others write meanwhile.
//! ```
//! # fn main() -> wiredtiger::Result<()> {
//! # let connection = wiredtiger::Connection::options().open_in_memory()?;
//! # let mut session = connection.open_session()?;
//! use std::ops::Bound;
//! use wiredtiger::{Session, Table, TableOptions};
//!
//! fn page(session: &Session, table: &Table<u64, u64>, after: Option<u64>) -> wiredtiger::Result<Vec<u64>> {
//!     let from = after.map_or(Bound::Unbounded, Bound::Excluded);
//!     let entries = session.range(table, (from, Bound::Unbounded))?.into_iter().take(3);
//!     entries.map(|entry| entry.map(|(key, _)| key)).collect()
//! }
//!
//! let events: Table<u64, u64> = session.create_table("events", &TableOptions::new())?;
//! for number in 0..5 {
//!     session.put(&events, number, 0)?;
//! }
//! assert_eq!(page(&session, &events, None)?, [0, 1, 2]);
//! assert_eq!(page(&session, &events, Some(2))?, [3, 4]);
//! # Ok(())
//! # }
//! ```
//!
//! # Forgetting what is old
//! Keys that begin with the time are removed as a range, without reading the entries.
//! ```
//! # fn main() -> wiredtiger::Result<()> {
//! # let connection = wiredtiger::Connection::options().open_in_memory()?;
//! # let mut session = connection.open_session()?;
//! use wiredtiger::{Table, TableOptions};
//!
//! let samples: Table<u64, i64> = session.create_table("samples", &TableOptions::new())?;
//! for time in 0..100 {
//!     session.put(&samples, time, -1)?;
//! }
//! session.truncate(&samples, ..90)?;
//! assert_eq!(session.range(&samples, ..)?.into_iter().count(), 10);
//! # Ok(())
//! # }
//! ```
//!
//! # The state of a moment ago
//! A table without a log has timestamps: the application's own order.
//! ```
//! # fn main() -> wiredtiger::Result<()> {
//! # let connection = wiredtiger::Connection::options().open_in_memory()?;
//! # let mut session = connection.open_session()?;
//! use wiredtiger::{Table, TableOptions, Timestamp, TransactionOptions};
//!
//! let at = |number| Timestamp::new(number).expect("not zero");
//! let names: Table<u64, String> =
//!     session.create_table("names", &TableOptions::new().logged(false))?;
//! for (time, name) in [(1, "Ada"), (2, "Grace")] {
//!     let mut txn = session.begin()?;
//!     txn.put(&names, 1, name)?;
//!     txn.commit_at(at(time))?;
//! }
//! let earlier = session.begin_with(&TransactionOptions::new().read_timestamp(at(1)))?;
//! assert_eq!(earlier.get_owned(&names, 1)?.as_deref(), Some("Ada"));
//! # Ok(())
//! # }
//! ```
//!
//! # A backup that opens
//! ```
//! # fn main() -> wiredtiger::Result<()> {
//! # let dir = tempfile::tempdir().expect("a temporary folder");
//! # let (home, copy) = (dir.path().join("home"), dir.path().join("copy"));
//! use wiredtiger::{Connection, Table, TableOptions};
//!
//! let connection = Connection::create(&home)?;
//! let mut session = connection.open_session()?;
//! let table: Table<u64, u64> = session.create_table("t", &TableOptions::new())?;
//! session.put(&table, 1, 10)?;
//! session.backup_to(&copy)?;
//!
//! let restored = Connection::open(&copy)?;
//! let session = restored.open_session()?;
//! assert_eq!(session.get_owned(&session.open_table::<u64, u64>("t")?, 1)?, Some(10));
//! # Ok(())
//! # }
//! ```
//!
//! # How full the cache is
//! ```
//! # fn main() -> wiredtiger::Result<()> {
//! use wiredtiger::{Connection, StatisticKey, Statistics};
//!
//! let connection = Connection::options().statistics(Statistics::Fast).open_in_memory()?;
//! let session = connection.open_session()?;
//! let value = |key| Ok::<_, wiredtiger::Error>(session.statistic(key)?.map_or(0, |found| found.value));
//! let (used, size) = (value(StatisticKey::CACHE_BYTES)?, value(StatisticKey::CACHE_BYTES_MAX)?);
//! assert!(used < size);
//! # Ok(())
//! # }
//! ```
