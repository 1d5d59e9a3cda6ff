//! Copies in memory of rows that are read often.
//!
//! A copy is used as long as the edition of its key's stripe is the one from before it was read: no
//! row of the stripe has changed since, and none is changing. So nobody has to drop a copy:
//! the lock that all who write rows take moves the edition.

#[cfg(test)]
mod tests;
mod worth;

use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use self::worth::Worth;
use crate::error::{Error, Result};
use crate::local::key::{Hashed, KeyHash};

/// What a copy takes beside key and row, about: its place in the table, and the allocation.
const OVERHEAD: usize = 96;

/// The largest copy, as a part of all. Copying a larger row costs more than finding it.
const LARGEST: u64 = 256;
const LARGEST_BYTES: u64 = 64 << 10;

/// Shorter values are copied for those who keep them.
const SHARED: usize = 512;

/// When all memory is in use, one in so many reads of other rows makes a copy: most are of rows that
/// are not wanted again soon, and what is wanted often comes in all the same.
const ONE_IN: u32 = 8;

/// The same of the few reads that look where most do without.
const ONE_IN_FEW: u32 = 2;

/// One in so many copies looks how full it is.
const LOOK: u32 = 64;

type Copies = Cache<u64, Copy, Weight, BuildHasherDefault<Hashed>>;

/// The copies.
pub(crate) struct HotRows {
    /// `None`: there is no memory for any.
    copies: Option<Copies>,
    largest: usize,
    full: AtomicBool,
    worth: Worth,
}

/// A row, as it was read.
#[derive(Clone)]
struct Copy {
    edition: u64,
    key_length: usize,
    /// Key and row, beside their count of references: one line of memory for a short one.
    bytes: Arc<[u8]>,
}

/// A copy that says what the row is.
pub(crate) struct HotRow(Copy);

impl HotRow {
    #[inline]
    pub(crate) fn row(&self) -> &[u8] {
        &self.0.bytes[self.0.key_length..]
    }

    /// Its last bytes, from `at` on; of a long row they are not copied.
    pub(crate) fn from(self, at: usize) -> Bytes {
        let tail = &self.row()[at..];
        if tail.len() < SHARED {
            return Bytes::copy_from_slice(tail);
        }
        let at = self.0.key_length + at;
        Bytes::from_owner(self.0.bytes).slice(at..)
    }
}

/// A row that is not among the copies, and is about to be read.
pub(crate) struct Candidate {
    hash: KeyHash,
    /// From before the reading.
    edition: u64,
}

/// What is known of a row before it is read.
pub(crate) enum Lookup {
    Here(HotRow),
    /// To be read by itself, not in a view that others share, and then to be kept.
    Wanted(Candidate),
    Elsewhere,
}

impl HotRows {
    /// For so many bytes of memory; 0 for none.
    pub(crate) fn new(memory: u64) -> Result<Self> {
        let copies = if memory == 0 {
            None
        } else {
            let options = OptionsBuilder::new()
                .weight_capacity(memory)
                // The tables grow with what is in them.
                .estimated_items_capacity(usize::try_from(memory / 256).unwrap_or(usize::MAX))
                .build()
                .map_err(|why| Error::Internal(format!("copies in memory: {why}")))?;
            let (weight, hasher) = (Weight, BuildHasherDefault::default());
            let lifecycle = DefaultLifecycle::default();
            Some(Cache::with_options(options, weight, hasher, lifecycle))
        };
        Ok(Self {
            copies,
            largest: usize::try_from((memory / LARGEST).min(LARGEST_BYTES)).unwrap_or(0),
            full: AtomicBool::new(false),
            worth: Worth::default(),
        })
    }

    /// Whether a read should look for a copy.
    #[inline]
    pub(crate) fn looks(&self) -> bool {
        self.copies.is_some() && self.worth.looks()
    }

    /// The copy of a key's row, if it says what the row is. `edition` is that of the key's stripe
    /// now.
    #[inline]
    pub(crate) fn find(&self, key: &[u8], hash: KeyHash, edition: Option<u64>) -> Lookup {
        let (Some(copies), Some(edition)) = (&self.copies, edition) else {
            return Lookup::Elsewhere;
        };
        match copies.get(&hash.all()) {
            Some(copy) if copy.bytes.get(..copy.key_length) == Some(key) => {
                if copy.edition == edition {
                    self.worth.found();
                    return Lookup::Here(HotRow(copy));
                }
                self.missed();
                // It is wanted again.
                Lookup::Wanted(Candidate { hash, edition })
            }
            _ => {
                self.missed();
                if self.takes() {
                    Lookup::Wanted(Candidate { hash, edition })
                } else {
                    Lookup::Elsewhere
                }
            }
        }
    }

    /// Keeps a row that was read.
    pub(crate) fn keep(&self, candidate: &Candidate, key: &[u8], row: &[u8]) {
        let length = key.len() + row.len();
        let Some(copies) = self.copies.as_ref().filter(|_| length <= self.largest) else {
            return;
        };
        copies.insert(
            candidate.hash.all(),
            Copy {
                edition: candidate.edition,
                key_length: key.len(),
                bytes: [key, row].concat().into(),
            },
        );
        if fastrand::u32(..LOOK) == 0 {
            let full = copies.weight() >= copies.capacity() / 8 * 7;
            self.full.store(full, Ordering::Relaxed);
        }
    }

    /// Reads that a copy answered.
    pub(crate) fn hits(&self) -> u64 {
        self.worth.all_found()
    }

    /// Bytes of memory that are in use, about.
    pub(crate) fn bytes(&self) -> u64 {
        self.copies.as_ref().map_or(0, Cache::weight)
    }

    fn missed(&self) {
        self.worth.missed(self.full.load(Ordering::Relaxed));
    }

    fn takes(&self) -> bool {
        let one_in = if self.worth.is_seldom() {
            ONE_IN_FEW
        } else {
            ONE_IN
        };
        !self.full.load(Ordering::Relaxed) || fastrand::u32(..one_in) == 0
    }
}

/// What a copy takes of the memory.
#[derive(Clone)]
struct Weight;

impl Weighter<u64, Copy> for Weight {
    fn weight(&self, _hash: &u64, copy: &Copy) -> u64 {
        (copy.bytes.len() + OVERHEAD) as u64
    }
}
