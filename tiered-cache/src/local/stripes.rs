//! Locks and generations of keys, by stripe.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::local::key::KeyHash;

/// Stripes: with 50 writes under way, one fill in 650 meets one of another key,
/// and of 100,000 hot rows a write outdates three.
const STRIPES: usize = 1 << 15;

/// One lock and two numbers for each stripe of keys.
///
/// Whoever changes a key's row holds the lock of its stripe over the whole transaction: versions of
/// a key grow in the order of their commits, and no two transactions conflict. Readers take no
/// lock.
///
/// The generation moves with every change that a fill must not overwrite: after its commit, before
/// the lock is given back. So whoever takes the generation and then looks at the row either sees
/// the change or has a generation from before it.
///
/// The edition moves with every change of a row, fills among them, and is odd while there may be
/// one: from before its transaction until after the commit. So whoever takes an even edition and
/// then looks at the row has what the row is as long as the edition stays.
pub(crate) struct Stripes {
    stripes: Box<[Stripe]>,
    /// Close together, as every read looks at one: 256 KiB.
    editions: Box<[AtomicU64]>,
}

#[derive(Default)]
struct Stripe {
    lock: Mutex<()>,
    generation: AtomicU64,
}

/// A stripe that is held, for work on records of its keys.
pub(crate) struct StripeGuard<'a> {
    stripe: &'a Stripe,
    _lock: MutexGuard<'a, ()>,
}

/// A stripe that is held to write a row.
pub(crate) struct RowGuard<'a> {
    held: StripeGuard<'a>,
    edition: &'a AtomicU64,
}

/// A stripe that is held for a change. When it is given back, fills that are under way come too
/// late.
pub(crate) struct ChangeGuard<'a>(RowGuard<'a>);

impl RowGuard<'_> {
    /// The generation, which does not move while the guard lives.
    pub(crate) fn generation(&self) -> u64 {
        self.held.stripe.generation.load(Ordering::Acquire)
    }
}

impl Drop for RowGuard<'_> {
    fn drop(&mut self) {
        self.edition.fetch_add(1, Ordering::Release);
    }
}

impl ChangeGuard<'_> {
    /// The generation, which does not move while the guard lives.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation()
    }
}

impl Drop for ChangeGuard<'_> {
    fn drop(&mut self) {
        let generation = &self.0.held.stripe.generation;
        generation.fetch_add(1, Ordering::Release);
    }
}

impl Stripes {
    pub(crate) fn new() -> Self {
        Self {
            stripes: (0..STRIPES).map(|_| Stripe::default()).collect(),
            editions: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    fn hold(&self, number: usize) -> StripeGuard<'_> {
        let stripe = &self.stripes[number];
        StripeGuard {
            stripe,
            _lock: stripe.lock.lock(),
        }
    }

    fn hold_for_row(&self, number: usize) -> RowGuard<'_> {
        let (held, edition) = (self.hold(number), &self.editions[number]);
        // Whoever sees anything of the transaction to come sees this.
        edition.fetch_add(1, Ordering::AcqRel);
        RowGuard { held, edition }
    }

    fn hold_for_change(&self, number: usize) -> ChangeGuard<'_> {
        ChangeGuard(self.hold_for_row(number))
    }

    pub(crate) fn lock(&self, hash: KeyHash) -> StripeGuard<'_> {
        self.hold(hash.low(STRIPES))
    }

    /// The same to write a row which says what fills under way may overwrite.
    pub(crate) fn lock_row(&self, hash: KeyHash) -> RowGuard<'_> {
        self.hold_for_row(hash.low(STRIPES))
    }

    /// The same for a change of what the key is.
    pub(crate) fn lock_for_change(&self, hash: KeyHash) -> ChangeGuard<'_> {
        self.hold_for_change(hash.low(STRIPES))
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
            .map(|number| self.hold_for_change(number))
            .collect()
    }

    /// All stripes, in the same order.
    pub(crate) fn lock_everything_for_change(&self) -> Vec<ChangeGuard<'_>> {
        let numbers = 0..STRIPES;
        numbers.map(|number| self.hold_for_change(number)).collect()
    }

    /// The generation of a key's stripe now.
    pub(crate) fn generation(&self, hash: KeyHash) -> u64 {
        let stripe = &self.stripes[hash.low(STRIPES)];
        stripe.generation.load(Ordering::Acquire)
    }

    /// The edition of a key's stripe now; `None` while a row of it may be changing.
    #[inline]
    pub(crate) fn edition(&self, hash: KeyHash) -> Option<u64> {
        let edition = self.editions[hash.low(STRIPES)].load(Ordering::Acquire);
        edition.is_multiple_of(2).then_some(edition)
    }
}
