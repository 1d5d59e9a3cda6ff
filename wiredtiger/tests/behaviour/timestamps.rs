//! Timestamps, prepared transactions, and what the engine does not survive of them.

use wiredtiger::{
    CheckpointOptions, CloseOptions, Connection, ErrorKind, RollbackToStableOptions, Session,
    Table, TableOptions, Timestamp, TimestampOf, Timestamps, TransactionOptions,
};

use crate::common::temp;

pub(crate) fn at(number: u64) -> Timestamp {
    Timestamp::new(number).unwrap()
}

pub(crate) fn numbers(session: &mut Session) -> Table<u64, u64> {
    session
        .create_table("n", &TableOptions::new().logged(false))
        .unwrap()
}

pub(crate) fn in_memory() -> (Connection, Session, Table<u64, u64>) {
    let connection = Connection::options().open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let table = numbers(&mut session);
    (connection, session, table)
}

pub(crate) fn put_at(session: &mut Session, table: &Table<u64, u64>, value: u64, time: u64) {
    let mut txn = session.begin().unwrap();
    txn.put(table, 1, value).unwrap();
    txn.commit_at(at(time)).unwrap();
}

#[test]
fn zero_and_the_largest_number_are_no_timestamps() {
    assert_eq!(Timestamp::new(0), None);
    assert_eq!(Timestamp::new(u64::MAX), None);
    assert_eq!(
        Timestamp::try_from(0).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(u64::from(Timestamp::MIN), 1);
    assert!(at(9) < at(10));
}

/// The engine's texts are hexadecimal: 32 must not come out as 50.
#[test]
fn numbers_are_what_they_were() {
    let (connection, _session, _) = in_memory();
    assert_eq!(connection.timestamp(TimestampOf::Stable).unwrap(), None);
    let largest = u64::MAX - 1;
    for number in [10, 16, 32, 0xabcdef, largest] {
        connection
            .set_timestamps(Timestamps::new().stable(at(number)))
            .unwrap();
        assert_eq!(
            connection.timestamp(TimestampOf::Stable).unwrap(),
            Some(at(number))
        );
    }
}

#[test]
fn oldest_and_stable_do_not_move_back_or_cross() {
    let (connection, _session, _) = in_memory();
    let set = |timestamps| connection.set_timestamps(timestamps);
    set(Timestamps::new()
        .oldest(at(10))
        .stable(at(20))
        .durable(at(30)))
    .unwrap();
    for wrong in [
        Timestamps::new().oldest(at(9)),
        Timestamps::new().stable(at(19)),
        Timestamps::new().oldest(at(21)),
        Timestamps::new().oldest(at(40)).stable(at(30)),
    ] {
        assert_eq!(set(wrong).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let now = |of| connection.timestamp(of).unwrap();
    assert_eq!(now(TimestampOf::Oldest), Some(at(10)));
    assert_eq!(now(TimestampOf::Stable), Some(at(20)));
    assert_eq!(now(TimestampOf::AllDurable), Some(at(30)));
    assert_eq!(now(TimestampOf::Pinned), Some(at(10)));
    set(Timestamps::new()).unwrap();
}

#[test]
fn readers_see_the_state_of_their_time() {
    let (connection, mut session, table) = in_memory();
    for time in [10, 20, 30] {
        put_at(&mut session, &table, time, time);
    }
    let read = |session: &mut Session, time| {
        let options = TransactionOptions::new().read_timestamp(at(time));
        let txn = session.begin_with(&options).unwrap();
        assert_eq!(txn.read_timestamp().unwrap(), Some(at(time)));
        txn.get_owned(&table, 1).unwrap()
    };
    assert_eq!(read(&mut session, 5), None);
    assert_eq!(read(&mut session, 29), Some(20));
    // Set in the middle of a transaction, with a cursor forgotten at a value of before.
    let mut txn = session.begin().unwrap();
    std::mem::forget(txn.get(&table, 1).unwrap());
    txn.set_read_timestamp(at(15)).unwrap();
    assert_eq!(txn.get_owned(&table, 1).unwrap(), Some(10));
    assert_eq!(
        txn.set_read_timestamp(at(16)).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    drop(txn);
    connection
        .set_timestamps(Timestamps::new().oldest(at(20)))
        .unwrap();
    let too_old = TransactionOptions::new().read_timestamp(at(15));
    assert_eq!(
        session.begin_with(&too_old).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    let rounded = session
        .begin_with(&too_old.round_up_read_timestamp(true))
        .unwrap();
    assert_eq!(rounded.read_timestamp().unwrap(), Some(at(20)));
}

#[test]
fn a_commit_is_after_the_stable_timestamp() {
    let (connection, mut session, table) = in_memory();
    connection
        .set_timestamps(Timestamps::new().stable(at(20)))
        .unwrap();
    let mut txn = session.begin().unwrap();
    txn.put(&table, 1, 1).unwrap();
    let late = txn.commit_at(at(20)).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::InvalidArgument);
    assert!(late.message().contains("stable"), "{late}");
    // It is rolled back, and all goes on.
    assert_eq!(session.get_owned(&table, 1).unwrap(), None);
    let mut txn = session.begin().unwrap();
    txn.set_commit_timestamp(at(21)).unwrap();
    txn.put(&table, 1, 1).unwrap();
    txn.set_commit_timestamp(at(22)).unwrap();
    assert_eq!(txn.first_commit_timestamp().unwrap(), Some(at(21)));
    assert_eq!(txn.commit_timestamp().unwrap(), Some(at(22)));
    txn.commit().unwrap();
    assert_eq!(
        connection.timestamp(TimestampOf::AllDurable).unwrap(),
        Some(at(22))
    );
}

/// The engine takes "logged" for "without timestamps", also in memory, where there is no log; with
/// tables of both kinds it would read through a null pointer at the rollback (rule 52).
#[test]
fn tables_in_memory_all_have_timestamps() {
    let (_connection, mut session, table) = in_memory();
    let other: Table<u64, u64> = session
        .create_table("other", &TableOptions::new().logged(true))
        .unwrap();
    let third: Table<u64, u64> = session.create_table("third", &TableOptions::new()).unwrap();
    let mut txn = session.begin().unwrap();
    txn.put(&table, 1, 1).unwrap();
    txn.put(&other, 1, 1).unwrap();
    txn.put(&third, 1, 1).unwrap();
    txn.prepare(at(10)).unwrap().commit(at(10), at(10)).unwrap();
    assert_eq!(session.get_owned(&other, 1).unwrap(), Some(1));
    let raw = Connection::options()
        .raw("debug_mode=(table_logging=true)")
        .open_in_memory();
    assert_eq!(raw.unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn what_is_not_stable_is_taken_back() {
    let (_dir, home) = temp();
    let mut connection = Connection::create(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = numbers(&mut session);
    put_at(&mut session, &table, 10, 10);
    connection
        .set_timestamps(Timestamps::new().stable(at(15)))
        .unwrap();
    put_at(&mut session, &table, 20, 20);
    let busy = connection.rollback_to_stable(RollbackToStableOptions::new());
    assert_eq!(busy.unwrap_err().kind(), ErrorKind::Busy);
    drop(session);
    connection
        .rollback_to_stable(RollbackToStableOptions::new().dry_run(true))
        .unwrap();
    let session = connection.open_session().unwrap();
    assert_eq!(session.get_owned(&table, 1).unwrap(), Some(20));
    drop(session);
    connection
        .rollback_to_stable(RollbackToStableOptions::new().threads(1))
        .unwrap();
    let session = connection.open_session().unwrap();
    assert_eq!(session.get_owned(&table, 1).unwrap(), Some(10));
}

#[test]
fn checkpoints_and_closes_stop_at_the_stable_timestamp() {
    for all in [false, true] {
        let (_dir, home) = temp();
        let connection = Connection::create(&home).unwrap();
        let mut session = connection.open_session().unwrap();
        let table = numbers(&mut session);
        put_at(&mut session, &table, 10, 10);
        connection
            .set_timestamps(Timestamps::new().stable(at(15)))
            .unwrap();
        put_at(&mut session, &table, 20, 20);
        let options = CheckpointOptions::new().name("now").all_timestamps(all);
        session.checkpoint_with(&options).unwrap();
        let kept = if all { 20 } else { 10 };
        let view = session.at_checkpoint("now").unwrap();
        assert_eq!(view.get_owned(&table, 1).unwrap(), Some(kept));
        drop(view);
        drop(session);
        connection
            .close_with(
                &CloseOptions::new()
                    .all_timestamps(all)
                    .leak_memory(!cfg!(feature = "asan")),
            )
            .unwrap();
        let connection = Connection::open(&home).unwrap();
        let session = connection.open_session().unwrap();
        let table: Table<u64, u64> = session.open_table("n").unwrap();
        assert_eq!(session.get_owned(&table, 1).unwrap(), Some(kept));
    }
}

/// Rule 19: a cursor at a value would be left with freed memory.
#[test]
fn a_snapshot_begins_anew() {
    let (connection, mut session, table) = in_memory();
    session.put(&table, 1, 1).unwrap();
    let mut writer = connection.open_session().unwrap();
    let mut txn = session.begin().unwrap();
    // Forgotten at values: of a table, and of a cursor of its own.
    std::mem::forget(txn.get(&table, 1).unwrap());
    let mut sample = txn.sample(&table).unwrap();
    sample.next().unwrap().unwrap();
    std::mem::forget(sample);
    for round in 2..100 {
        writer.put(&table, 1, round).unwrap();
        assert_eq!(txn.get_owned(&table, 1).unwrap(), Some(round - 1));
        txn.reset_snapshot().unwrap();
        assert_eq!(txn.get_owned(&table, 1).unwrap(), Some(round));
    }
    // Not after a write; the transaction goes on.
    txn.put(&table, 2, 2).unwrap();
    assert_eq!(
        txn.reset_snapshot().unwrap_err().kind(),
        ErrorKind::NotSupported
    );
    txn.commit().unwrap();
    assert_eq!(writer.get_owned(&table, 2).unwrap(), Some(2));
}

/// Rule 35: what a commit is compared with must not move between the comparison and the commit, or
/// the engine panics.
#[test]
fn commits_race_with_the_stable_timestamp() {
    use std::sync::atomic::{AtomicU64, Ordering};

    let (connection, mut session, table) = in_memory();
    let clock = AtomicU64::new(10);
    let tick = || at(clock.fetch_add(1, Ordering::Relaxed));
    /// Ends the other threads, also when this one fails.
    struct Done<'a>(&'a AtomicU64);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(1, Ordering::Relaxed);
        }
    }
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while done.load(Ordering::Relaxed) == 0 {
                    // It moves back when the other one was faster.
                    let moved = connection.set_timestamps(Timestamps::new().stable(tick()));
                    let kind = moved.err().map(|error| error.kind());
                    assert!(matches!(kind, None | Some(ErrorKind::InvalidArgument)));
                }
            });
        }
        let _done = Done(&done);
        let mut committed = 0;
        for round in 0..5_000 {
            let mut txn = session.begin().unwrap();
            txn.put(&table, 1, round).unwrap();
            // Too late when the other thread was faster: then it is rolled back.
            let Ok(mut prepared) = txn.prepare(tick()) else {
                continue;
            };
            loop {
                let now = tick();
                match prepared.commit(now, now) {
                    Ok(()) => break committed += 1,
                    Err(late) => {
                        assert_eq!(late.error.kind(), ErrorKind::InvalidArgument);
                        prepared = late.transaction;
                    }
                }
            }
        }
        assert!(committed > 0);
    });
    // All works. An entry that has timestamps wants one, or to be told that it gets none.
    // The engine's own checks abort the process over that.
    if !cfg!(feature = "diagnostic") {
        let refused = session.put(&table, 1, 1).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    }
    let options = TransactionOptions::new().no_timestamp(true);
    let mut txn = session.begin_with(&options).unwrap();
    txn.put(&table, 1, 1).unwrap();
    txn.commit().unwrap();
}
