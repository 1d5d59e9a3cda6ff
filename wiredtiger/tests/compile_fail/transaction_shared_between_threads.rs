// Rule 1: its session would be used from two threads.
use std::thread;

use wiredtiger::{Table, Transaction};

fn needs_sync<T: Sync>() {}

fn types() {
    needs_sync::<Transaction<'_>>(); //~ E0277
}

fn lent(txn: &Transaction<'_>, table: &Table<u64, u64>) {
    thread::scope(|scope| {
        scope.spawn(|| txn.get_owned(table, 1)); //~ E0277
    });
}

fn main() {}
