//! How far a long operation is, and stopping one.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How far an operation is. There is no telling how much is left: a progress bar is one that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The operation, by the engine's name: `WT_SESSION.verify`, for example.
    pub operation: &'a str,
    /// What has been done. Verifying and salvaging count pages, a compaction counts its steps, a
    /// backup counts bytes.
    pub done: u64,
}

/// Who is told of the progress. It must not call the database: it gets an error if it does.
#[derive(Clone)]
pub(crate) struct Watcher(Arc<dyn Fn(Progress<'_>) + Send + Sync>);

impl Watcher {
    pub(crate) fn new(watch: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(watch))
    }

    pub(crate) fn tell(&self, operation: &str, done: u64) {
        (self.0)(Progress { operation, done });
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

/// Stops an operation from another thread, or from whatever is told of its progress.
///
/// # Examples
/// ```
/// use wiredtiger::{Cancel, CompactOptions};
///
/// let cancel = Cancel::new();
/// let options = CompactOptions::new().cancel(&cancel);
/// // On another thread, when the user has had enough:
/// cancel.cancel();
/// assert!(cancel.is_cancelled());
/// # let _ = options;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Nothing is cancelled yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the operations that were given this or a clone of it, now and later.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the operation on this thread tells, and listens to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    pub(crate) watcher: Option<Watcher>,
    pub(crate) cancel: Option<Cancel>,
    /// The steps of a compaction, which the engine does not count.
    steps: u64,
}

impl Watch {
    pub(crate) fn new(watcher: Option<Watcher>, cancel: Option<Cancel>) -> Self {
        let steps = 0;
        Self {
            watcher,
            cancel,
            steps,
        }
    }

    /// Whether somebody has asked for an end.
    fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(Cancel::is_cancelled)
    }
}

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Runs an operation of the engine whose progress on this thread goes to `watch`.
pub(crate) fn during<R>(watch: Watch, operation: impl FnOnce() -> R) -> R {
    /// Takes the watch away again, also when the operation unwinds.
    struct End(Option<Watch>);
    impl Drop for End {
        fn drop(&mut self) {
            WATCH.set(self.0.take());
        }
    }
    let _end = End(WATCH.replace(Some(watch)));
    operation()
}

/// The engine tells of the progress of what this thread does.
pub(crate) fn report(operation: &str, done: u64) {
    let watcher = WATCH.with_borrow(|watch| watch.as_ref()?.watcher.clone());
    if let Some(watcher) = watcher {
        watcher.tell(operation, done);
    }
}

/// The engine asks at each step of a compaction on this thread whether it should go on.
pub(crate) fn compaction_goes_on() -> bool {
    let steps = WATCH.with_borrow_mut(|watch| {
        let watch = watch.as_mut()?;
        watch.steps += 1;
        Some(watch.steps)
    });
    let Some(steps) = steps else { return true };
    report("WT_SESSION.compact", steps);
    WATCH.with_borrow(|watch| !watch.as_ref().is_some_and(Watch::is_cancelled))
}
