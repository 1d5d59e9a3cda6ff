//! Writes that arrive together share one local transaction.
//!
//! The tasks of a thread that find writes in what has arrived put them here and wait. The task that
//! writes comes to run when all tasks that were ready have run, and so takes the writes of all of them.

use std::future::poll_fn;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::SystemTime;

use parking_lot::Mutex;
use tiered_cache::{Durability, Error, TieredCache, Write, Written};
use tokio::sync::Notify;

/// Bytes at which a group's memory is given back.
const KEEP: usize = 1 << 20;

/// What became of the writes of one client.
type Outcome = Result<Vec<Written>, Error>;

/// The group of one thread.
pub(crate) struct Group {
    cache: TieredCache,
    /// The writes need not wait for more than the local transaction.
    at_once: bool,
    gathered: Mutex<Gathered>,
    work: Notify,
}

#[derive(Default)]
struct Gathered {
    writes: Writes,
    waiting: Vec<Waiting>,
}

struct Waiting {
    writes: Range<usize>,
    slot: Arc<Slot>,
}

/// Where a client waits. Each has one for all of its writes.
#[derive(Default)]
pub(crate) struct Slot(Mutex<SlotState>);

#[derive(Default)]
struct SlotState {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

/// Writes with their bytes, in one piece of memory.
#[derive(Default)]
pub(crate) struct Writes {
    bytes: Vec<u8>,
    list: Vec<Entry>,
}

enum Entry {
    Set {
        key: Range<usize>,
        value: Range<usize>,
        expires_at: Option<SystemTime>,
    },
    Delete {
        key: Range<usize>,
    },
}

impl Writes {
    pub(crate) fn set(&mut self, key: &[u8], value: &[u8], expires_at: Option<SystemTime>) {
        let key = self.keep(key);
        let value = self.keep(value);
        self.list.push(Entry::Set {
            key,
            value,
            expires_at,
        });
    }

    pub(crate) fn delete(&mut self, key: &[u8]) {
        let key = self.keep(key);
        self.list.push(Entry::Delete { key });
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Bytes of keys and values.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.bytes.clear();
        if self.bytes.capacity() > KEEP {
            self.bytes = Vec::new();
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        from..self.bytes.len()
    }

    fn append(&mut self, more: &Self) -> Range<usize> {
        let (from, shift) = (self.list.len(), self.bytes.len());
        let moved = |range: &Range<usize>| range.start + shift..range.end + shift;
        self.bytes.extend_from_slice(&more.bytes);
        self.list.extend(more.list.iter().map(|entry| match entry {
            Entry::Set {
                key,
                value,
                expires_at,
            } => Entry::Set {
                key: moved(key),
                value: moved(value),
                expires_at: *expires_at,
            },
            Entry::Delete { key } => Entry::Delete { key: moved(key) },
        }));
        from..self.list.len()
    }

    fn batch(&self) -> Vec<Write<'_>> {
        let bytes = |range: &Range<usize>| &self.bytes[range.clone()];
        self.list
            .iter()
            .map(|entry| match entry {
                Entry::Set {
                    key,
                    value,
                    expires_at,
                } => Write::set(bytes(key), bytes(value), *expires_at),
                Entry::Delete { key } => Write::delete(bytes(key)),
            })
            .collect()
    }
}

impl Group {
    pub(crate) fn new(cache: TieredCache, durability: Durability) -> Self {
        Self {
            cache,
            at_once: durability <= Durability::Process,
            gathered: Mutex::default(),
            work: Notify::new(),
        }
    }

    /// Makes the writes of one client. They are all made, or none.
    pub(crate) async fn write(&self, writes: &Writes, slot: &Arc<Slot>) -> Outcome {
        if !self.at_once {
            // The wait for the disk, or the remote, is shared by itself.
            return self.wait_for(writes).await;
        }
        {
            let mut gathered = self.gathered.lock();
            let range = gathered.writes.append(writes);
            gathered.waiting.push(Waiting {
                writes: range,
                slot: Arc::clone(slot),
            });
        }
        self.work.notify_one();
        let outcome = poll_fn(|context| {
            let mut state = slot.0.lock();
            match state.outcome.take() {
                Some(outcome) => Poll::Ready(outcome),
                None => {
                    state.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await;
        match outcome {
            // It was refused together with others, or has to wait for room: by itself, then.
            Err(Error::Backpressure { .. } | Error::TooLarge { .. }) => self.wait_for(writes).await,
            outcome => outcome,
        }
    }

    async fn wait_for(&self, writes: &Writes) -> Outcome {
        self.cache.apply(&writes.batch()).await
    }

    /// Writes what comes together, for ever.
    pub(crate) async fn run(&self) {
        let mut taken = Gathered::default();
        loop {
            self.work.notified().await;
            std::mem::swap(&mut *self.gathered.lock(), &mut taken);
            if taken.waiting.is_empty() {
                continue;
            }
            let written = self.cache.try_apply(&taken.writes.batch());
            for Waiting { writes, slot } in taken.waiting.drain(..) {
                let outcome = match &written {
                    Ok(written) => Ok(written[writes].to_vec()),
                    Err(error) => Err(error.clone()),
                };
                let mut state = slot.0.lock();
                state.outcome = Some(outcome);
                if let Some(waker) = state.waker.take() {
                    waker.wake();
                }
            }
            taken.writes.clear();
        }
    }
}
