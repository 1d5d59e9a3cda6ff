// Rule 1: they are for the thread of their session.
use wiredtiger::{
    Backup, BulkLoader, CheckpointView, Log, Metadata, PreparedTransaction, Sample, StatisticsIter,
};

fn send<T: Send>(_: T) {}

fn case<'s>(
    backup: Backup<'s>,
    log: Log<'s>,
    metadata: Metadata<'s>,
    sample: Sample<'s, u64, u64>,
    statistics: StatisticsIter<'s>,
    view: CheckpointView<'s>,
    loader: BulkLoader<'s, u64, u64>,
    prepared: PreparedTransaction<'s>,
) {
    send(backup); //~ E0277
    send(log); //~ E0277
    send(metadata); //~ E0277
    send(sample); //~ E0277
    send(statistics); //~ E0277
    send(view); //~ E0277
    send(loader); //~ E0277
    // It has its session for itself and takes it along.
    send(prepared);
}

fn main() {}
