//! A local hit is answered at the first poll, on the calling thread, with no allocation but the
//! value.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what does not work here is a failed test"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tiered_cache::{ByteSize, MemoryRemote, TieredCache};

thread_local!(static ALLOCATIONS: Cell<u64> = const { Cell::new(0) });

/// The system's allocator, counting the allocations of each thread.
struct Counting;

// SAFETY: all calls go to the system's allocator as they are; the counter allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the rules of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The answer of the first poll, and the allocations it made.
fn first_poll<T>(future: impl Future<Output = T>) -> (Poll<T>, u64) {
    let mut future = pin!(future);
    let before = ALLOCATIONS.get();
    let answer = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    (answer, ALLOCATIONS.get() - before)
}

#[test]
fn a_hit_needs_one_poll_and_one_allocation() {
    // From a copy in memory, and from the engine.
    for hot_memory in [ByteSize::mib(1), ByteSize::b(0)] {
        hits(hot_memory);
    }
}

fn hits(hot_memory: ByteSize) {
    let dir = tempfile::tempdir().unwrap();
    let remote = MemoryRemote::new();
    remote.set_down(true);
    let cache = TieredCache::builder(dir.path())
        .remote(remote.clone())
        .configure(|config| config.local.hot_memory = hot_memory)
        .open_blocking()
        .unwrap();
    for number in 0..100 {
        let (written, _) = first_poll(cache.set(format!("k{number}"), [7; 100]));
        assert!(matches!(written, Poll::Ready(Ok(_))), "{written:?}");
        let (deleted, _) = first_poll(cache.delete("gone"));
        assert!(matches!(deleted, Poll::Ready(Ok(_))), "{deleted:?}");
    }
    for round in 0..3 {
        for number in 0..100 {
            let key = format!("k{number}");
            let (answer, allocations) = first_poll(cache.get(&key));
            let Poll::Ready(Ok(Some(value))) = answer else {
                panic!("{answer:?}");
            };
            assert_eq!(value, [7; 100][..]);
            // The first one opens what the session keeps, and makes a copy.
            assert!(round == 0 || allocations == 1, "{allocations} allocations");
        }
        let (absent, allocations) = first_poll(cache.get("gone"));
        assert!(matches!(absent, Poll::Ready(Ok(None))), "{absent:?}");
        assert!(round == 0 || allocations == 0, "{allocations} allocations");
    }
    assert_eq!(remote.reads(), 0);
}
