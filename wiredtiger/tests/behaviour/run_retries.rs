use std::fmt;

use wiredtiger::{Connection, Error, ErrorKind, TableOptions, TransactionOptions};

use crate::common::{in_memory, strings};

#[test]
fn counters_of_many_threads_add_up() {
    let connection = Connection::options().open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session
        .create_table::<u64, u64>("c", &TableOptions::new())
        .unwrap();
    session.put(&table, 0, 0).unwrap();
    let options = TransactionOptions::new().max_retries(10_000);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut session = connection.open_session().unwrap();
                for _ in 0..250 {
                    session
                        .run(&options, |txn| {
                            let count = txn.get_owned(&table, 0)?.unwrap_or(0);
                            txn.put(&table, 0, count + 1)
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(session.get_owned(&table, 0).unwrap(), Some(1000));
}

#[test]
fn retries_are_bounded() {
    let (connection, mut session, table) = in_memory();
    session.put(&table, "k", "0").unwrap();
    let (mut rival, _) = strings(&connection);
    let mut attempts = 0;
    let error = session
        .run(&TransactionOptions::new().max_retries(3), |txn| {
            attempts += 1;
            txn.get(&table, "k")?;
            rival.put(&table, "k", &attempts.to_string())?;
            txn.put(&table, "k", "mine")
        })
        .unwrap_err();
    assert_eq!((attempts, error.kind()), (4, ErrorKind::Rollback));
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("4")
    );
}

#[test]
fn a_swallowed_conflict_is_no_success() {
    let (connection, mut session, table) = in_memory();
    session.put(&table, "k", "0").unwrap();
    let (mut rival, _) = strings(&connection);
    let mut attempts = 0;
    session
        .run(&TransactionOptions::new(), |txn| {
            attempts += 1;
            txn.get(&table, "k")?;
            if attempts < 3 {
                rival.put(&table, "k", "rival")?;
            }
            let _ = txn.put(&table, "k", "mine");
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(attempts, 3);
    assert_eq!(
        session.get_owned(&table, "k").unwrap().as_deref(),
        Some("mine")
    );
}

#[derive(Debug)]
enum Refused {
    Poor,
    Engine(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[test]
fn an_error_of_the_work_rolls_back_at_once() {
    let (_connection, mut session, table) = in_memory();
    let mut attempts = 0;
    let result = session.run(&TransactionOptions::new(), |txn| {
        attempts += 1;
        txn.put(&table, "k", "v")?;
        Err::<(), _>(Refused::Poor)
    });
    assert!(matches!(result, Err(Refused::Poor)));
    assert_eq!(attempts, 1);
    assert!(session.get(&table, "k").unwrap().is_none());

    let result = session.run(&TransactionOptions::new(), |txn| {
        txn.put(&table, "a\0", "v")?;
        Ok::<_, Refused>(())
    });
    let Err(Refused::Engine(error)) = result else {
        panic!("{result:?}")
    };
    assert_eq!(error.kind(), ErrorKind::InteriorNul);
}

#[test]
fn a_panic_in_the_work_rolls_back() {
    let (_connection, mut session, table) = in_memory();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        session.run(&TransactionOptions::new(), |txn| -> Result<(), Error> {
            txn.put(&table, "k", "v")?;
            panic!("the work gives up")
        })
    }));
    assert!(caught.is_err());
    assert!(session.get(&table, "k").unwrap().is_none());
    session.put(&table, "k", "w").unwrap();
}
