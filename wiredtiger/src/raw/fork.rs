//! Notices that the process has forked.
//!
//! A child has none of the engine's threads, and closing a connection there waits for them for
//! ever (rule 7). The count below differs in a child from the one that its connections were
//! opened with, at the cost of one relaxed load a call; asking for the process id would cost a
//! system call.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

static FORKS: AtomicU64 = AtomicU64::new(0);
static REGISTER: Once = Once::new();

/// How often this process's line of ancestors has forked since the first connection was opened.
#[inline]
pub(super) fn generation() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

/// Starts the count; before the first connection there is nothing to protect.
pub(super) fn watch() {
    extern "C" fn child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    REGISTER.call_once(|| {
        // SAFETY: the handler only touches an atomic, which is allowed in the child of a fork.
        // Without memory for the registration the guard is lost, and nothing else.
        unsafe { libc::pthread_atfork(None, None, Some(child)) };
    });
}
