// Rule 3: the guard and the new owner would both close it.
use wiredtiger::{PooledSession, Session};

fn case(pooled: PooledSession) {
    let session: Session = *pooled; //~ E0507
}

fn main() {}
