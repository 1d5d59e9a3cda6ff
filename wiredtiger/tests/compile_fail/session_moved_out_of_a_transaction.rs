// Rule 18: a transaction lends its session for reading only, or it could be ended under its values.
use std::mem;

use wiredtiger::{Session, Transaction};

fn moved(txn: Transaction<'_>) {
    let session: Session = *txn; //~ E0507
}

fn swapped(txn: &mut Transaction<'_>, session: &mut Session) {
    mem::swap(&mut **txn, session); //~ E0596
}

fn main() {}
