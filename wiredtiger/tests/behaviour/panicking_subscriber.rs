//! Rule 37: a panic must not cross the engine. It is parked, and goes on when the call is back in
//! Rust.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use wiredtiger::{CheckpointPolicy, Connection, Durability, ErrorKind, TableOptions};

use crate::common::{in_memory, temp};

/// Panics at each event of the engine.
struct Panics;

static EVENTS: AtomicUsize = AtomicUsize::new(0);

impl<S: tracing::Subscriber> Layer<S> for Panics {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "wiredtiger::engine" {
            EVENTS.fetch_add(1, Ordering::Relaxed);
            panic!("the subscriber gives up");
        }
    }
}

#[test]
fn the_panic_comes_out_of_the_call_and_the_database_goes_on() {
    let (_connection, mut session, table) = in_memory();
    let bad = TableOptions::new().raw("no_such_setting=1");
    let subscriber = tracing_subscriber::registry().with(Panics);
    let caught = tracing::subscriber::with_default(subscriber, || {
        catch_unwind(AssertUnwindSafe(|| {
            session
                .create_table::<u64, u64>("x", &bad)
                .map(drop)
                .map_err(|error| error.kind())
        }))
    });
    let payload = caught.expect_err("the engine reported the setting, and the subscriber panicked");
    assert_eq!(
        payload.downcast_ref::<&str>(),
        Some(&"the subscriber gives up")
    );
    assert!(EVENTS.load(Ordering::Relaxed) > 0);

    // It is over: the next failure is an ordinary one.
    let error = session.create_table::<u64, u64>("x", &bad).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    session.put(&table, "k", "v").unwrap();
}

/// Runs `work` with a subscriber that panics; the panic has to come out.
fn panics(work: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(Panics);
    tracing::subscriber::with_default(subscriber, || {
        catch_unwind(AssertUnwindSafe(work)).expect_err("the subscriber's panic comes out");
    });
}

#[test]
fn a_cursor_that_outlives_the_panic_refers_to_nothing() {
    let (_dir, home) = temp();
    let options = Connection::options()
        .create(true)
        .raw("verbose=[transaction:1]");
    let connection = options.open(&home).unwrap();
    let mut session = connection.open_session().unwrap();
    let table = session
        .create_table::<u64, Vec<u8>>("t", &TableOptions::new())
        .unwrap();
    session.put(&table, 1, b"old").unwrap();
    let mut rival = connection.open_session().unwrap();

    let mut txn = session.begin().unwrap();
    let mut cursor = txn.cursor_mut(&table).unwrap();
    assert!(cursor.search(1).unwrap());
    rival.put(&table, 1, b"new").unwrap();
    // Far larger than what the engine copies on its way to the conflict.
    let big = vec![7; 1 << 20];
    panics(|| {
        // The engine tells of the conflict on this thread, and the call fails with it.
        assert_eq!(
            cursor.update_current(&big).unwrap_err().kind(),
            ErrorKind::Rollback
        );
    });
    drop(big);
    assert!(
        cursor.value().is_err(),
        "the caller's value is not the cursor's"
    );
    assert!(cursor.key().is_err());
    drop(cursor);
    assert_eq!(txn.commit().unwrap_err().kind(), ErrorKind::Rollback);
    assert_eq!(
        session.get_owned(&table, 1).unwrap().as_deref(),
        Some(&b"new"[..])
    );
}

/// Opens a session of a connection at each event of the engine, as a subscriber that logs into the
/// database would.
struct CallsBack(Connection, std::sync::Arc<std::sync::Mutex<Vec<ErrorKind>>>);

impl<S: tracing::Subscriber> Layer<S> for CallsBack {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "wiredtiger::engine" {
            let kind = self
                .0
                .open_session()
                .map(drop)
                .map_err(|error| error.kind());
            self.1.lock().unwrap().push(kind.unwrap_err());
        }
    }
}

#[test]
fn a_subscriber_that_calls_the_engine_is_refused() {
    let (connection, mut session, table) = in_memory();
    let seen = std::sync::Arc::default();
    let layer = CallsBack(connection.clone(), std::sync::Arc::clone(&seen));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let bad = TableOptions::new().raw("no_such_setting=1");
        session.create_table::<u64, u64>("x", &bad).unwrap_err();
    });
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|kind| *kind == ErrorKind::NotSupported));
    session.put(&table, "k", "v").unwrap();
}

/// Drops the last owner of a database at the first event.
struct DropsTheLast(std::sync::Mutex<Option<Connection>>);

impl<S: tracing::Subscriber> Layer<S> for DropsTheLast {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "wiredtiger::engine" {
            drop(self.0.lock().unwrap().take());
        }
    }
}

#[test]
fn the_last_owner_may_go_inside_a_handler() {
    let (_dir, home) = temp();
    // It stays open when its folder is gone: nothing in the background may miss that.
    let connection = Connection::options()
        .create(true)
        .durability(Durability::Checkpoint)
        .checkpoint(CheckpointPolicy::MANUAL)
        .open(&home)
        .unwrap();
    let (_other, mut session, table) = in_memory();
    let layer = DropsTheLast(std::sync::Mutex::new(Some(connection)));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let bad = TableOptions::new().raw("no_such_setting=1");
        session.create_table::<u64, u64>("x", &bad).unwrap_err();
    });
    // It could not be closed there: the engine has it for the rest of the process.
    assert_eq!(Connection::open(&home).unwrap_err().kind(), ErrorKind::Busy);
    session.put(&table, "k", "v").unwrap();
}
