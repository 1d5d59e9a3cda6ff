// Rule 24: only a session knows whether the table is there, and with which formats.
use wiredtiger::Table;

fn case() {
    Table::<u64, u64>::new(panic!()); //~ E0624
    Table::<u64, u64>::default(); //~ E0599
}

fn main() {}
