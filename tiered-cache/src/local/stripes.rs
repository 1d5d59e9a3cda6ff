//! Locks and generations of keys, by stripe.

use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;
use parking_lot::{Mutex, MutexGuard};

use crate::local::key::KeyHash;

/// Stripes: with 50 writes under way, one fill in eighty meets one of another key.
const STRIPES: usize = 4096;

/// One lock and one generation for each stripe of keys.
///
/// Whoever changes a key's row holds the lock of its stripe over the whole transaction: versions of
/// a key grow in the order of their commits, and no two transactions conflict. Readers take no
/// lock.
///
/// The generation moves with every change that a fill must not overwrite: after its commit, before
/// the lock is given back. So whoever takes the generation and then looks at the row either sees
/// the change or has a generation from before it.
pub(crate) struct Stripes(Box<[CachePadded<Stripe>]>);

#[derive(Default)]
struct Stripe {
    lock: Mutex<()>,
    generation: AtomicU64,
}

impl Stripe {
    fn hold(&self) -> StripeGuard<'_> {
        StripeGuard {
            stripe: self,
            _lock: self.lock.lock(),
        }
    }
}

/// A stripe that is held.
pub(crate) struct StripeGuard<'a> {
    stripe: &'a Stripe,
    _lock: MutexGuard<'a, ()>,
}

/// A stripe that is held for a change. When it is given back, fills that are under way come too
/// late.
pub(crate) struct ChangeGuard<'a>(StripeGuard<'a>);

impl ChangeGuard<'_> {
    /// The generation, which does not move while the guard lives.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation()
    }
}

impl Drop for ChangeGuard<'_> {
    fn drop(&mut self) {
        self.0.stripe.generation.fetch_add(1, Ordering::Release);
    }
}

impl StripeGuard<'_> {
    /// The generation, which does not move while the guard lives.
    pub(crate) fn generation(&self) -> u64 {
        self.stripe.generation.load(Ordering::Acquire)
    }
}

impl Stripes {
    pub(crate) fn new() -> Self {
        Self((0..STRIPES).map(|_| CachePadded::default()).collect())
    }

    fn stripe(&self, hash: KeyHash) -> &Stripe {
        &self.0[hash.low(STRIPES)]
    }

    pub(crate) fn lock(&self, hash: KeyHash) -> StripeGuard<'_> {
        self.stripe(hash).hold()
    }

    /// The same for a change of what the key is.
    pub(crate) fn lock_for_change(&self, hash: KeyHash) -> ChangeGuard<'_> {
        ChangeGuard(self.lock(hash))
    }

    /// The stripes of many keys, each once, in one order for everybody: no two callers wait for
    /// each other.
    pub(crate) fn lock_all_for_change(
        &self,
        hashes: impl Iterator<Item = KeyHash>,
    ) -> Vec<ChangeGuard<'_>> {
        let mut numbers: Vec<usize> = hashes.map(|hash| hash.low(STRIPES)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
            .into_iter()
            .map(|number| ChangeGuard(self.0[number].hold()))
            .collect()
    }

    /// All stripes, in the same order.
    pub(crate) fn lock_everything_for_change(&self) -> Vec<ChangeGuard<'_>> {
        self.0
            .iter()
            .map(|stripe| ChangeGuard(stripe.hold()))
            .collect()
    }

    /// The generation of a key's stripe now.
    pub(crate) fn generation(&self, hash: KeyHash) -> u64 {
        self.stripe(hash).generation.load(Ordering::Acquire)
    }
}
