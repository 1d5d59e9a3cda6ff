//! Rule 37: a panic must not cross the engine. It is parked, and goes on when the call is back in
//! Rust.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use wiredtiger::{ErrorKind, TableOptions};

use crate::common::in_memory;

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
