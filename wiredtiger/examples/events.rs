//! What the engine says: to `tracing`, in errors, and to who wants to know how far a long operation
//! is. After the engine's `ex_event_handler.c`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};
use wiredtiger::{Connection, Table, TableOptions, VerifyOptions};

/// Keeps the categories of what the engine says. A real program has a subscriber that writes.
#[derive(Clone, Default)]
struct Categories(Arc<Mutex<Vec<String>>>);

impl Layer<Registry> for Categories {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, Registry>) {
        if event.metadata().target() == "wiredtiger::engine" {
            event.record(&mut self.clone());
        }
    }
}

impl Visit for Categories {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "category" {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let categories = Categories::default();
    tracing_subscriber::registry()
        .with(categories.clone())
        .init();

    let temporary = tempfile::tempdir()?;
    let connection = Connection::options()
        .create(true)
        .raw("verbose=[verify:1]")
        .open(temporary.path())?;
    let mut session = connection.open_session()?;
    let table: Table<u64, Vec<u8>> = session.create_table("data", &TableOptions::new())?;
    for number in 0..20_000 {
        session.put(&table, number, &[1; 400])?;
    }

    // The engine's own words are in the error of the call that failed.
    let options = TableOptions::new().raw("split_pct=7");
    match session.create_table::<u64, u64>("other", &options) {
        Err(error) => println!("{:?}: {}", error.kind(), error.operation()),
        Ok(_) => println!("a table that is split at 7 per cent"),
    }

    // How far it is.
    let pages = Arc::new(AtomicU64::new(0));
    let most = Arc::clone(&pages);
    let options = VerifyOptions::new().progress(move |progress| {
        most.fetch_max(progress.done, Ordering::Relaxed);
    });
    session.verify(&table, &options)?;
    println!("hundreds of pages: {}", pages.load(Ordering::Relaxed) > 100);

    let heard = categories.0.lock().unwrap_or_else(PoisonError::into_inner);
    for category in ["DEFAULT", "VERIFY"] {
        let said = heard.iter().any(|each| each == category);
        println!("the engine spoke of {category}: {said}");
    }
    Ok(())
}
