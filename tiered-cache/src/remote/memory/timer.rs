//! Waiting with a precision below a millisecond.
//!
//! Tokio's timer counts whole milliseconds, so a round trip of 0.5 ms would take two. One thread
//! of its own, started with the first wait and shared by all stores of the process, sleeps on a
//! condition variable up to the earliest deadline and runs what is due. The system's timer slack
//! makes it some 0.05 to 0.1 ms late; it is never early. It does not know Tokio's paused clock.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::oneshot;

type Task = Box<dyn FnOnce() + Send>;

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    waiting: BinaryHeap::new(),
    next: 0,
    running: false,
});
static EARLIER: Condvar = Condvar::new();

struct Queue {
    waiting: BinaryHeap<Reverse<Entry>>,
    next: u64,
    running: bool,
}

struct Entry {
    due: Instant,
    /// What is due at the same time runs in the order of the calls.
    number: u64,
    task: Task,
}

/// Waits until `due`.
pub(super) async fn sleep_until(due: Instant) {
    if due <= Instant::now() {
        return;
    }
    let (wake, woken) = oneshot::channel::<()>();
    at(due, Box::new(move || drop(wake)));
    // The sender is dropped when the time has come.
    let _ = woken.await;
}

/// Runs a short `task` on the timer's thread at `due`.
///
/// A process that cannot have one more thread waits in the calling one.
pub(super) fn at(due: Instant, task: Task) {
    let mut queue = QUEUE.lock();
    if !queue.running {
        let thread = thread::Builder::new().name("memory-remote-timer".into());
        if thread.spawn(run).is_err() {
            drop(queue);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            return task();
        }
        queue.running = true;
    }
    let number = queue.next;
    queue.next += 1;
    queue.waiting.push(Reverse(Entry { due, number, task }));
    if queue
        .waiting
        .peek()
        .is_some_and(|first| first.0.number == number)
    {
        EARLIER.notify_one();
    }
}

/// `duration` after `start`; decades later where that is beyond what the clock can say.
pub(super) fn after(start: Instant, duration: Duration) -> Instant {
    start
        .checked_add(duration)
        .unwrap_or_else(|| start + Duration::from_secs(1 << 30))
}

fn run() {
    let mut queue = QUEUE.lock();
    loop {
        match queue.waiting.peek().map(|first| first.0.due) {
            None => EARLIER.wait(&mut queue),
            Some(due) if due > Instant::now() => {
                EARLIER.wait_until(&mut queue, due);
            }
            Some(_) => {
                if let Some(Reverse(entry)) = queue.waiting.pop() {
                    MutexGuard::unlocked(&mut queue, || {
                        // A waker that panics must not end the timer for all others.
                        let _ = catch_unwind(AssertUnwindSafe(entry.task));
                    });
                }
            }
        }
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}
