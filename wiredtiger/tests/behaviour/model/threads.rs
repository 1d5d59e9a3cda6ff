//! Sessions of several threads at the same time. Each thread has keys of its own in every table,
//! which only it changes: of these it knows what it must see. And all of them move amounts between
//! two tables, whose sum stays what it is for whoever looks.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use proptest::prelude::*;
use proptest::sample::subsequence;
use wiredtiger::{
    Connection, Error, Result, Session, Table, TableOptions, Transaction, TransactionOptions,
};

use super::actor::Tables;
use super::maps::Maps;
use super::sample::KEYS;
use super::steps::{Work, key, value};
use super::stored::{Kind, On, Seen};
use super::world::{open_on_disk, open_tables};
use super::{Databases, cases, run};
use crate::common::temp;

const THREADS: u16 = 4;
const ACCOUNTS: u64 = 3;

/// Operations on tables, which count around.
#[derive(Clone, Debug)]
struct Deal {
    works: Vec<(usize, Work)>,
    /// From the account of one table to that of the other.
    pays: (u64, u64),
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Commit,
    Rollback,
    /// There is no transaction, each operation is one.
    None,
}

#[derive(Clone, Debug)]
struct Case {
    kinds: Vec<Kind>,
    logged: bool,
    deals: Vec<Vec<Deal>>,
}

fn work() -> impl Strategy<Value = Work> {
    prop_oneof![
        4 => (key(), value()).prop_map(|(key, value)| Work::Put(key, value)),
        2 => (key(), value()).prop_map(|(key, value)| Work::InsertNew(key, value)),
        2 => (key(), value()).prop_map(|(key, value)| Work::Update(key, value)),
        2 => key().prop_map(Work::Remove),
        1 => key().prop_map(Work::Get),
        2 => value().prop_map(Work::Append),
        1 => Just(Work::EVERYTHING),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let ending = prop_oneof![
        3 => Just(Ending::Commit),
        1 => Just(Ending::Rollback),
        2 => Just(Ending::None),
    ];
    let works = prop::collection::vec((0..3usize, work()), 1..8);
    let pays = (0..ACCOUNTS, 0..ACCOUNTS);
    let deal = (works, pays, ending).prop_map(|(works, pays, ending)| Deal {
        works,
        pays,
        ending,
    });
    let deals = prop::collection::vec(prop::collection::vec(deal, 0..8), usize::from(THREADS));
    let kinds = subsequence(Kind::ALL.to_vec(), 1..=3);
    (kinds, any::<bool>(), deals).prop_map(|(kinds, logged, deals)| Case {
        kinds,
        logged,
        deals,
    })
}

/// Why a transaction is not committed.
#[derive(Debug)]
enum Stop {
    Engine(Error),
    OnPurpose,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// The accounts of both tables.
#[derive(Clone, Copy)]
struct Accounts([Table<u64, i64>; 2]);

impl Accounts {
    fn create(session: &mut Session, name: &str) -> Result<Self> {
        let mut create = |number| {
            let name = format!("{name}_accounts_{number}");
            session.create_table(&name, &TableOptions::new())
        };
        Ok(Self([create(0)?, create(1)?]))
    }

    fn sum(&self, session: &Session) -> Result<i64> {
        let mut sum = 0;
        for table in &self.0 {
            let mut range = session.range(table, ..)?;
            while let Some((_, amount)) = range.next()? {
                sum += amount;
            }
        }
        Ok(sum)
    }

    fn pay(&self, txn: &mut Transaction<'_>, pays: (u64, u64)) -> Result<()> {
        let [from, to] = &self.0;
        for (table, account, amount) in [(from, pays.0, -1), (to, pays.1, 1)] {
            let there = txn.get_owned(table, account)?.unwrap_or_default();
            txn.put(table, account, there + amount)?;
        }
        Ok(())
    }
}

/// What a thread knows.
struct Worker<'a> {
    me: u16,
    kinds: &'a [Kind],
    tables: &'a Tables,
    accounts: Accounts,
    /// Of its own keys.
    maps: Maps,
}

impl Worker<'_> {
    /// The same operation with a key, and a value, of this thread.
    fn own(&self, work: &Work) -> Work {
        let own = |number: u16| number / THREADS * THREADS + self.me;
        match *work {
            Work::Put(key, value) => Work::Put(own(key), own(value)),
            Work::InsertNew(key, value) => Work::InsertNew(own(key), own(value)),
            Work::Update(key, value) => Work::Update(own(key), own(value)),
            Work::Remove(key) => Work::Remove(own(key)),
            Work::Get(key) => Work::Get(own(key)),
            Work::Append(value) => Work::Append(own(value)),
            ref other => other.clone(),
        }
    }

    /// Without the entries of others, which are theirs indeed.
    fn mine(&self, seen: Seen) -> Seen {
        let Seen::Entries(mut entries) = seen else {
            return seen;
        };
        entries.retain(|(key, value)| {
            let owner = if *key < KEYS { key } else { value } % THREADS;
            let is_removed_flag = *value == 0;
            assert!(
                is_removed_flag || value % THREADS == owner,
                "{key}: {value}"
            );
            owner == self.me
        });
        Seen::Entries(entries)
    }

    fn judge(&self, maps: &mut Maps, table: usize, work: &Work, seen: Seen) {
        if let Err(why) = maps.work(0, table, work, &self.mine(seen)) {
            panic!("thread {}, {work:?}: {why}", self.me);
        }
    }

    fn deal(&mut self, session: &mut Session, deal: &Deal) {
        let own = |(table, work): &(usize, Work)| (table % self.tables.len(), self.own(work));
        let works = deal.works.iter().map(own);
        let works: Vec<(usize, Work)> = works
            .filter(|(table, work)| self.kinds[*table].has(work))
            .collect();
        let mut after = self.maps.clone();
        if deal.ending == Ending::None {
            for (table, work) in &works {
                let seen = self.tables[*table].work(On::Session(session), work).into();
                self.judge(&mut after, *table, work, seen);
            }
            self.maps = after;
            return;
        }
        // Others pay as well; whoever pays second begins anew.
        let options = TransactionOptions::new().max_retries(u32::MAX);
        let result = session.run(&options, |txn| {
            after = self.maps.clone();
            after.begin(0);
            for (table, work) in &works {
                let seen = self.tables[*table].work(On::Transaction(txn), work).into();
                self.judge(&mut after, *table, work, seen);
            }
            assert_eq!(self.accounts.sum(txn)?, 0, "somebody has paid one half");
            self.accounts.pay(txn, deal.pays)?;
            assert_eq!(self.accounts.sum(txn)?, 0, "this thread has paid one half");
            match deal.ending {
                Ending::Rollback => Err(Stop::OnPurpose),
                _ => Ok(()),
            }
        });
        match result {
            Ok(()) => {
                after.commit(0, &Seen::Nothing).expect("a commit");
                self.maps = after;
            }
            Err(Stop::OnPurpose) => assert_eq!(deal.ending, Ending::Rollback),
            Err(Stop::Engine(error)) => panic!("thread {}: {error}", self.me),
        }
    }
}

fn check(connection: &Connection, name: &str, case: &Case, checkpoints: bool) -> Result<()> {
    let tables = open_tables(connection, name, &case.kinds, true)?;
    let mut session = connection.open_session()?;
    let accounts = Accounts::create(&mut session, name)?;
    for (kind, table) in case.kinds.iter().zip(tables.iter()) {
        if *kind == Kind::Records {
            // The numbers that are appended are above those that have owners.
            table.work(On::Session(&mut session), &Work::Put(KEYS, 0))?;
            table.work(On::Session(&mut session), &Work::Remove(KEYS))?;
        }
    }
    let done = AtomicBool::new(false);
    let maps = std::thread::scope(|scope| {
        let keeper = scope.spawn(|| {
            while checkpoints && !done.load(Relaxed) {
                session.checkpoint().unwrap();
            }
        });
        let workers: Vec<_> = (0..THREADS)
            .zip(&case.deals)
            .map(|(me, deals)| {
                let mut worker = Worker {
                    me,
                    kinds: &case.kinds,
                    tables: &tables,
                    accounts,
                    maps: Maps::with_keys(&case.kinds, |key| key % THREADS == me),
                };
                scope.spawn(move || {
                    let mut session = connection.open_session().unwrap();
                    for deal in deals {
                        worker.deal(&mut session, deal);
                    }
                    worker.maps
                })
            })
            .collect();
        let maps: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        done.store(true, Relaxed);
        keeper.join().expect("checkpoints");
        maps
    });
    let maps: Vec<Maps> = maps
        .into_iter()
        .map(|maps| maps.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        .collect();

    let mut session = connection.open_session()?;
    assert_eq!(accounts.sum(&session)?, 0);
    for (number, table) in tables.iter().enumerate() {
        let mut expected: Vec<(u16, u16)> =
            maps.iter().flat_map(|maps| maps.entries(number)).collect();
        expected.sort_unstable();
        let seen = table.work(On::Session(&mut session), &Work::EVERYTHING)?;
        assert_eq!(seen, Seen::Entries(expected), "table {number}");
    }
    Ok(())
}

#[test]
fn threads_in_memory_agree_with_maps() {
    let databases = Databases::default();
    run(cases(1500), &case(), |case| {
        let (connection, name) = databases.next()?;
        Ok(check(&connection, &name, case, false)?)
    });
}

#[test]
fn threads_on_disk_agree_with_maps() {
    run(cases(50), &case(), |case| {
        let (_dir, home) = temp();
        let connection = open_on_disk(&home, case.logged)?;
        check(&connection, "m", case, true)?;
        Ok(connection.close()?)
    });
}
