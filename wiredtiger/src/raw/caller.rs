//! Who may call the engine: not the child of a fork, and nobody from inside a callback.
//!
//! A child has none of the engine's threads, and closing a connection there waits for them for
//! ever (rule 7). A callback may hold the engine's locks (rule 37). Both are asked in every call
//! and drop, so the answer is one comparison with a number that the thread keeps; asking for the
//! process id would cost a system call.

use std::cell::Cell;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often this process's line of ancestors has forked since the first connection was opened.
/// Zero is left out: it is what new threads begin with.
static GENERATION: AtomicU64 = AtomicU64::new(1);
static REGISTER: Once = Once::new();

/// The thread has not asked yet.
const UNKNOWN: u64 = 0;
/// The thread is inside a callback.
const IN_CALLBACK: u64 = u64::MAX;
/// What no thread ever is: never equal to what a thread keeps.
pub(super) const NOBODY: u64 = u64::MAX - 1;

thread_local! {
    /// The generation as this thread knows it. Only the thread that forks lives on in the child,
    /// so that nobody is left with an old one.
    static CALLER: Cell<u64> = const { Cell::new(UNKNOWN) };
}

/// The generation that a connection opened now belongs to.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Whether this thread may use what was opened in `generation`. It also says no to the first call
/// of a thread: [`may_call`] knows for sure.
#[inline(always)]
pub(super) fn is_known(generation: u64) -> bool {
    CALLER.get() == generation
}

/// Whether this thread may use what was opened in `generation`.
#[cold]
#[inline(never)]
pub(super) fn may_call(generation: u64) -> bool {
    if CALLER.get() == UNKNOWN {
        CALLER.set(self::generation());
    }
    CALLER.get() == generation
}

/// Whether the engine is waiting for a callback on this thread.
pub(super) fn in_callback() -> bool {
    CALLER.get() == IN_CALLBACK
}

/// Runs a callback of the engine, which may not call it.
pub(super) fn inside_callback<R>(work: impl FnOnce() -> R) -> R {
    let outer = CALLER.replace(IN_CALLBACK);
    let result = work();
    // Not the generation from before: the callback may have forked, and this be the child.
    CALLER.set(if outer == IN_CALLBACK { outer } else { UNKNOWN });
    result
}

/// Starts the count; before the first connection there is nothing to protect.
pub(super) fn watch() {
    extern "C" fn child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        if CALLER.get() != IN_CALLBACK {
            CALLER.set(UNKNOWN);
        }
    }
    REGISTER.call_once(|| {
        // SAFETY: the handler only touches an atomic and a number of its thread, which is allowed
        // in the child of a fork. Without memory for the registration the guard is lost, and
        // nothing else.
        unsafe { libc::pthread_atfork(None, None, Some(child)) };
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_calls_from_inside_a_callback() {
        let now = generation();
        assert!(!is_known(now) && may_call(now) && is_known(now));
        inside_callback(|| {
            assert!(in_callback() && !is_known(now) && !may_call(now));
            inside_callback(|| ());
            assert!(in_callback() && !may_call(now));
        });
        assert!(!in_callback() && may_call(now));
        assert!(!may_call(now + 1) && !may_call(NOBODY));
    }
}
