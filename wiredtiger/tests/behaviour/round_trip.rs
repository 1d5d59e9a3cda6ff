use wiredtiger::{Connection, Pack, Session, TableOptions};

use crate::common::temp;

/// Writes pairs, reopens the database, and reads them back in key order.
fn survives<K, V>(keys: Vec<K>, values: Vec<V>)
where
    K: Pack + Clone + PartialEq + std::fmt::Debug + for<'a> AsPack<'a>,
    V: Pack + Clone + PartialEq + std::fmt::Debug + for<'a> AsPack<'a>,
{
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let mut session: Session = connection.open_session().unwrap();
    let table = session
        .create_table::<K, V>("pairs", &TableOptions::new())
        .unwrap();
    // Written backwards: the order is the table's work.
    let pairs: Vec<_> = keys.iter().zip(values.iter().cycle()).collect();
    for (key, value) in pairs.into_iter().rev() {
        session.put(&table, key.lend(), value.lend()).unwrap();
    }
    drop(session);
    connection.close().unwrap();

    let connection = Connection::open(&home).unwrap();
    let session = connection.open_session().unwrap();
    let table = session.open_table::<K, V>("pairs").unwrap();
    let found: Vec<(K, V)> = session
        .range(&table, ..)
        .unwrap()
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let expected: Vec<(K, V)> = keys
        .iter()
        .cloned()
        .zip(values.iter().cycle().cloned())
        .collect();
    assert_eq!(found, expected);
    for (key, value) in expected {
        assert_eq!(session.get_owned(&table, key.lend()).unwrap(), Some(value));
    }
}

/// From the owned type to what the calls take.
trait AsPack<'a>: Pack {
    fn lend(&'a self) -> Self::Ref<'a>;
}

impl<'a> AsPack<'a> for String {
    fn lend(&'a self) -> &'a str {
        self
    }
}

impl<'a> AsPack<'a> for Vec<u8> {
    fn lend(&'a self) -> &'a [u8] {
        self
    }
}

impl<'a> AsPack<'a> for i64 {
    fn lend(&'a self) -> i64 {
        *self
    }
}

impl<'a> AsPack<'a> for u64 {
    fn lend(&'a self) -> u64 {
        *self
    }
}

fn texts() -> Vec<String> {
    ["", "a", "aa", "b", "ä", "日本"].map(String::from).to_vec()
}

fn signed() -> Vec<i64> {
    vec![
        i64::MIN,
        -65_537,
        -8257,
        -8256,
        -65,
        -64,
        -1,
        0,
        63,
        64,
        8255,
        8256,
        65_536,
        i64::MAX,
    ]
}

#[test]
fn strings_and_numbers() {
    survives::<String, i64>(texts(), signed());
    survives::<i64, String>(signed(), texts());
}

#[test]
fn bytes_and_unsigned_numbers() {
    let keys = vec![
        vec![0],
        vec![0, 0],
        vec![0, 1],
        b"text".to_vec(),
        vec![255; 300],
    ];
    let values = vec![vec![], vec![0], (0..=255).collect(), vec![7; 100_000]];
    survives::<Vec<u8>, Vec<u8>>(keys.clone(), values.clone());
    survives::<u64, Vec<u8>>(vec![0, 63, 64, 8255, 8256, 1 << 32, u64::MAX], values);
    survives::<Vec<u8>, u64>(keys, vec![0, 1, u64::MAX]);
}

#[test]
fn reads_borrow_and_copies_do_not() {
    let (_connection, mut session, table) = crate::common::in_memory();
    session.put(&table, "k", "value").unwrap();
    let copy = {
        let value = session.get(&table, "k").unwrap().unwrap();
        assert_eq!(value.get().unwrap(), "value");
        assert_eq!(value.packed(), b"value\0");
        value.into_owned().unwrap()
    };
    session.put(&table, "k", "other").unwrap();
    assert_eq!(copy, "value");
    assert!(session.contains_key(&table, "k").unwrap());
    assert!(!session.contains_key(&table, "no").unwrap());
    assert!(session.remove(&table, "k").unwrap());
    assert!(!session.remove(&table, "k").unwrap());
    assert!(session.get(&table, "k").unwrap().is_none());
}
