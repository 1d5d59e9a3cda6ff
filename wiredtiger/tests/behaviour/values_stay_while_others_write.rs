//! Rule 18: what a session lends stays valid while other sessions work, and while the same session
//! reads.

use std::sync::atomic::{AtomicBool, Ordering};

use wiredtiger::{ByteSize, Connection, TableOptions};

use crate::common::temp;

#[test]
fn a_value_survives_overwrites_checkpoints_and_eviction() {
    let (_dir, home) = temp();
    // Room for all versions of the pages that are held: they cannot leave the cache, and writers
    // would wait for ever.
    let connection = Connection::options()
        .create(true)
        .cache_size(ByteSize::mib(256))
        .open(&home)
        .unwrap();
    let mut writer = connection.open_session().unwrap();
    let table = writer
        .create_table::<u64, Vec<u8>>("t", &TableOptions::new())
        .unwrap();
    let old = vec![1; 500];
    for key in 0..1000 {
        writer.put(&table, key, &old).unwrap();
    }
    let reader = connection.open_session().unwrap();
    let mut cursor = reader.cursor(&table).unwrap();
    assert!(cursor.search(400).unwrap());
    let held: Vec<_> = (0..20)
        .map(|step| reader.get(&table, step * 50).unwrap().unwrap())
        .collect();

    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..3 {
                for key in 0..1500 {
                    writer.put(&table, key, &[round; 700]).unwrap();
                }
                writer.checkpoint().unwrap();
                for key in (0..1000).step_by(7) {
                    writer.remove(&table, key).unwrap();
                }
            }
            stop.store(true, Ordering::Relaxed);
        });
        // Other reads of the reading session, on cursors of their own, misses among them.
        while !stop.load(Ordering::Relaxed) {
            assert!(reader.get(&table, 5000).unwrap().is_none());
            assert_eq!(reader.get_owned(&table, 999).unwrap(), Some(old.clone()));
            for value in &held {
                assert_eq!(**value, old);
            }
            assert_eq!(cursor.value().unwrap(), old);
        }
    });
    for value in held {
        assert_eq!(value.get().unwrap(), old);
    }
}
