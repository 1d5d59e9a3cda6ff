// Rule 24: its formats were checked for the types that it was opened with.
use wiredtiger::Table;

fn case(table: Table<u64, String>) {
    let other: Table<u64, Vec<u8>> = table; //~ E0308
    let other: Table<i64, String> = table; //~ E0308
}

fn main() {}
