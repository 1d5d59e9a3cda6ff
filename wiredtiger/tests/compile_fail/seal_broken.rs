// Rule 24: the seal of `Pack` is of no use if it can be had.
struct Mine;

impl wiredtiger::pack::sealed::Sealed for Mine {} //~ E0603

fn main() {}
