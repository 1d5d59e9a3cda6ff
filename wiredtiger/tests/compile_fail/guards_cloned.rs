// Rules 3 and 4: each handle of the engine has one owner, which closes it once.
use wiredtiger::{Cursor, PooledSession, Range, Session, Transaction, ValueRef};

fn session(session: Session) {
    session.clone(); //~ E0599
}

fn pooled(session: PooledSession) {
    session.clone(); //~ E0599
}

fn transaction(txn: Transaction<'_>) {
    txn.clone(); //~ E0599
}

fn value(value: ValueRef<'_, u64>) {
    value.clone(); //~ E0599
}

fn cursor(cursor: Cursor<'_, u64, u64>) {
    cursor.clone(); //~ E0599
}

fn range(range: Range<'_, u64, u64>) {
    range.clone(); //~ E0599
}

fn main() {}
