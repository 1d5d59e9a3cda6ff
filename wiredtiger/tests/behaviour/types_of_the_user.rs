//! Types that are stored as others: by hand, and by the macro.

use wiredtiger::{ErrorKind, Pack, PackAs, RecordNumber, Table, TableOptions, pack_as};

use crate::common::in_memory;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UserId(u64);
pack_as!(UserId as u64);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Line(RecordNumber);
pack_as!(Line as RecordNumber);

#[derive(Debug, PartialEq)]
struct Email(String);
pack_as!(Email as ref String);

#[derive(Debug, PartialEq)]
struct Point((i32, Vec<u8>));
pack_as!(Point as ref (i32, Vec<u8>));

/// Only even numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Even(i64);

impl PackAs for Even {
    type Packed = i64;
    type Ref<'a> = Self;

    fn to_packed<'a>(value: Self::Ref<'a>) -> <i64 as Pack>::Ref<'a> {
        value.0
    }

    fn from_packed<'a>(packed: <i64 as Pack>::Ref<'a>) -> Option<Self::Ref<'a>> {
        (packed % 2 == 0).then_some(Self(packed))
    }

    fn to_owned(value: Self) -> Self {
        value
    }
}

#[test]
fn they_are_packed_as_what_they_stand_for() {
    assert_eq!(<(UserId, Email, Point, Even)>::FORMAT, "QSiuq");
    let (_connection, mut session, _) = in_memory();
    let table: Table<(UserId, Email), (Point, Even)> =
        session.create_table("users", &TableOptions::new()).unwrap();
    let key = (UserId(7), "ada@example.com");
    session.put(&table, key, ((3, b"xy"), Even(4))).unwrap();
    let value = session.get(&table, key).unwrap().unwrap();
    assert_eq!(value.get().unwrap(), ((3, &b"xy"[..]), Even(4)));
    let owned = value.into_owned().unwrap();
    assert_eq!(owned, (Point((3, b"xy".into())), Even(4)));
    // It is the same table for those who know nothing of these types.
    type Plain = ((i32, Vec<u8>), i64);
    let plain: Table<(u64, String), Plain> = session.open_table("users").unwrap();
    assert_eq!(session.range(&plain, ..).unwrap().into_iter().count(), 1);
    let text: Table<Line, Email> = session.create_table("lines", &TableOptions::new()).unwrap();
    session
        .put(&text, Line(RecordNumber::FIRST), "one")
        .unwrap();
    let key = session.range(&text, ..).unwrap().next().unwrap().unwrap().0;
    assert_eq!(key, Line(RecordNumber::FIRST));
}

#[test]
fn what_is_none_of_the_type_is_an_error() {
    let (_connection, mut session, _) = in_memory();
    let plain: Table<u64, i64> = session
        .create_table("numbers", &TableOptions::new())
        .unwrap();
    session.put(&plain, 1, 3).unwrap();
    session.put(&plain, 2, 4).unwrap();
    let even: Table<u64, Even> = session.open_table("numbers").unwrap();
    let error = session.get_owned(&even, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("Even"), "{error}");
    assert_eq!(session.get_owned(&even, 2).unwrap(), Some(Even(4)));
}
