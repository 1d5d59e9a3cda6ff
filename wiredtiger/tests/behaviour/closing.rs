//! Rule 49: a close whose last checkpoint writes as much log as starts the next checkpoint.

use std::time::Duration;

use wiredtiger::{ByteSize, CheckpointPolicy, Connection, LogOptions, TableOptions};

use crate::common::temp;

#[test]
fn a_close_survives_a_checkpoint_that_its_own_log_asks_for() {
    let small = ByteSize::kib(100);
    for rows in (0..120).map(|round| 200 + 13 * round) {
        let (_dir, home) = temp();
        let connection = Connection::options()
            .create(true)
            .log(LogOptions::new().file_max(small))
            .checkpoint(CheckpointPolicy {
                every: Duration::from_secs(60),
                log_size: small,
            })
            .open(&home)
            .unwrap();
        let mut session = connection.open_session().unwrap();
        let table = session
            .create_table::<u64, Vec<u8>>("t", &TableOptions::new())
            .unwrap();
        for row in 0..rows {
            session.put(&table, row, &[7; 60]).unwrap();
        }
        drop(session);
        connection.close().unwrap();
    }
}
