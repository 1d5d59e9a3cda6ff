// Rule 3: a guard would outlive what it borrows.
use wiredtiger::{Cursor, CursorMut, Range, Transaction, ValueRef};

fn value<'t>(value: ValueRef<'t, u64>) -> ValueRef<'static, u64> {
    return value; //~ lifetime may not live long enough
    unreachable!()
}

fn cursor<'t>(cursor: Cursor<'t, u64, u64>) -> Cursor<'static, u64, u64> {
    return cursor; //~ lifetime may not live long enough
    unreachable!()
}

fn writing<'t>(cursor: CursorMut<'t, u64, u64>) -> CursorMut<'static, u64, u64> {
    return cursor; //~ lifetime may not live long enough
    unreachable!()
}

fn range<'t>(range: Range<'t, u64, u64>) -> Range<'static, u64, u64> {
    return range; //~ lifetime may not live long enough
    unreachable!()
}

fn transaction<'t>(txn: Transaction<'t>) -> Transaction<'static> {
    return txn; //~ lifetime may not live long enough
    unreachable!()
}

fn main() {}
