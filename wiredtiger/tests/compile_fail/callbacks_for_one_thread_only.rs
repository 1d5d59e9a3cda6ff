// Rule 37: the engine calls a callback on any thread, several of them at once.
use std::cell::Cell;
use std::cmp::Ordering;
use std::rc::Rc;

use wiredtiger::Collate;

struct Counting(Cell<u64>);

struct Sharing(Rc<()>);

macro_rules! implement_collate {
    ($type:ty) => {
        impl Collate for $type {
            fn compare(&self, one: &[u8], other: &[u8]) -> Ordering {
                one.cmp(other)
            }
        }
    };
}

implement_collate!(Counting); //~ E0277
implement_collate!(Sharing); //~ E0277

fn main() {}
