//! With the feature `mimalloc` the engine's memory is mimalloc's.

#![cfg(all(feature = "mimalloc", not(feature = "asan")))]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::ffi::c_void;

use support::Database;

unsafe extern "C" {
    fn mi_is_in_heap_region(pointer: *const c_void) -> bool;
}

#[test]
fn handles_lie_in_the_heap_of_mimalloc() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(folder.path(), "create").unwrap();
    // SAFETY: mimalloc only compares the address.
    let is_its = |pointer| unsafe { mi_is_in_heap_region(pointer) };
    assert!(is_its(database.connection().cast()));
    let on_the_stack = 1;
    assert!(!is_its((&raw const on_the_stack).cast()));
}
