//! How often keys are wanted: a sketch of fixed size that ages.
//!
//! A count-min sketch of counters of 4 bits, halved from time to time, as in Einziger, Friedman and
//! Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM Transactions on Storage 13(4),
//! 2017 (arXiv:1512.00727). The four counters of a key lie in one cache line, two words of eight
//! each apart from the others', as Caffeine lays them out. Only the lowest of the four are raised,
//! as in Estan and Varghese, "New Directions in Traffic Measurement and Accounting", SIGCOMM 2002:
//! so collisions make less of a key that is seldom wanted.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use crate::counters::{SHARDS, shard};
use crate::local::key::KeyHash;

/// The highest count.
const MAX: u64 = 15;
/// Words of a block, which is a cache line.
const BLOCK: usize = 8;
/// Clears what a shift by one moves from one counter into the next.
const HALVES: u64 = 0x7777_7777_7777_7777;
/// After so many times as many uses as there are rows, counts are halved.
const SAMPLE: u64 = 10;

/// Uses that a thread notes before they are counted, together: then the lines of the sketch come
/// from memory at the same time, and not one after the other.
const NOTES: usize = 32;

/// The sketch. Threads write to it without a lock and without waiting; what two write into one place
/// at the same moment may be lost.
pub(crate) struct Sketch {
    /// As much memory as was allowed; none before it is needed.
    blocks: OnceLock<Box<[Block]>>,
    bytes: u64,
    notes: [CachePadded<Notes>; SHARDS],
    /// All uses at the last halving.
    halved_at: AtomicU64,
}

/// What lies in one cache line.
#[derive(Default)]
#[repr(align(64))]
struct Block([AtomicU64; BLOCK]);

/// Uses that are not counted yet.
#[derive(Default)]
struct Notes {
    /// All that were ever noted here.
    uses: AtomicU64,
    /// Hashes; 0 where there is none.
    hashes: [AtomicU64; NOTES],
}

impl Sketch {
    /// With so many bytes of memory, in whole cache lines; 4 KiB at least. It knows nothing before
    /// it [begins](Self::begin).
    pub(crate) fn new(bytes: u64) -> Self {
        Self {
            blocks: OnceLock::new(),
            bytes,
            notes: Default::default(),
            halved_at: AtomicU64::new(0),
        }
    }

    /// Begins to count, if it does not already. Until somebody needs to know, counting would cost
    /// memory, and reads the time of fetching it.
    pub(crate) fn begin(&self) {
        self.blocks.get_or_init(|| {
            let blocks = (self.bytes / (BLOCK as u64 * 8)).clamp(64, 1 << 32);
            (0..blocks).map(|_| Block::default()).collect()
        });
    }

    /// Notes that a key was wanted.
    #[inline]
    pub(crate) fn record(&self, hash: impl FnOnce() -> KeyHash) {
        let Some(blocks) = self.blocks.get() else {
            return;
        };
        let notes = &self.notes[shard()];
        let number = notes.uses.fetch_add(1, Ordering::Relaxed);
        #[allow(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
        let place = number as usize % NOTES;
        // The stripes and lanes use other bits of the same hash.
        notes.hashes[place].store(hash().spread(), Ordering::Relaxed);
        if place == NOTES - 1 {
            count(blocks, notes);
        }
    }

    /// Counts all that is noted.
    pub(crate) fn settle(&self) {
        if let Some(blocks) = self.blocks.get() {
            for notes in &self.notes {
                count(blocks, notes);
            }
        }
    }
    /// How often a key was wanted lately, 0 to 15; never too low but for halving, races, and what
    /// is noted and not counted yet.
    #[inline]
    pub(crate) fn frequency(&self, hash: KeyHash) -> u8 {
        let Some(blocks) = self.blocks.get() else {
            return 0;
        };
        let (block, places) = places(blocks, hash.spread());
        let words = places.map(|(word, shift)| (block[word].load(Ordering::Relaxed), word, shift));
        u8::try_from(lowest(&words)).unwrap_or(u8::MAX)
    }

    /// Halves all counts when that is due in a table of so many rows: as often as it is due, four
    /// times at most, which leave nothing.
    pub(crate) fn age(&self, rows: u64) {
        let sample = rows.max(64) * SAMPLE;
        let uses = self
            .notes
            .iter()
            .map(|notes| notes.uses.load(Ordering::Relaxed));
        let uses = uses.fold(0, u64::wrapping_add);
        let since = uses.wrapping_sub(self.halved_at.load(Ordering::Relaxed));
        let times = since / sample;
        if times == 0 {
            return;
        }
        self.halved_at.store(uses, Ordering::Relaxed);
        for _ in 0..times.min(4) {
            self.halve();
        }
    }

    fn halve(&self) {
        let blocks = self.blocks.get().into_iter().flatten();
        for word in blocks.flat_map(|block| &block.0) {
            let value = word.load(Ordering::Relaxed);
            word.store((value >> 1) & HALVES, Ordering::Relaxed);
        }
    }

    /// Bytes of its memory.
    #[cfg(test)]
    fn memory(&self) -> u64 {
        self.blocks
            .get()
            .map_or(0, |blocks| blocks.len() * BLOCK * 8) as u64
    }
}

fn count(blocks: &[Block], notes: &Notes) {
    for note in &notes.hashes {
        let spread = note.load(Ordering::Relaxed);
        if spread != 0 {
            note.store(0, Ordering::Relaxed);
            raise(blocks, spread);
        }
    }
}

#[inline]
fn raise(blocks: &[Block], spread: u64) {
    let (block, places) = places(blocks, spread);
    let words = places.map(|(word, shift)| (block[word].load(Ordering::Relaxed), word, shift));
    let lowest = lowest(&words);
    if lowest == MAX {
        return;
    }
    for (value, word, shift) in words {
        if (value >> shift) & MAX == lowest {
            // The four lie in words of their own: no store undoes another of the same key.
            block[word].store(value + (1 << shift), Ordering::Relaxed);
        }
    }
}

/// The block of a spread hash, and word and shift of its four counters.
#[inline]
fn places(blocks: &[Block], spread: u64) -> (&[AtomicU64; BLOCK], [(usize, u32); 4]) {
    // The high half, as a part of all blocks: below their number without a division.
    let place = ((spread >> 32) * blocks.len() as u64) >> 32;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "below the number of blocks"
    )]
    let block = &blocks[place as usize].0;
    let places = [0, 1, 2, 3].map(|row| {
        let bits = (spread >> (row * 8)) & 0xff;
        let word = row * 2 + usize::from(bits & 1 == 1);
        #[allow(clippy::cast_possible_truncation, reason = "4 bits, times 4")]
        let shift = ((bits >> 1) & 15) as u32 * 4;
        (word, shift)
    });
    (block, places)
}

#[inline]
fn lowest(words: &[(u64, usize, u32); 4]) -> u64 {
    let counts = words.map(|(value, _, shift)| (value >> shift) & MAX);
    counts.into_iter().fold(MAX, u64::min)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn begun(bytes: u64) -> Sketch {
        let sketch = Sketch::new(bytes);
        sketch.begin();
        sketch
    }

    fn hash(key: u32) -> KeyHash {
        KeyHash::of(&key.to_be_bytes())
    }

    proptest! {
        #[test]
        fn counts_are_never_too_low(uses in prop::collection::vec(0u32..200, 0..3000)) {
            let sketch = begun(0);
            let mut exact: HashMap<u32, u8> = HashMap::new();
            for key in uses {
                sketch.record(|| hash(key));
                let count = exact.entry(key).or_default();
                *count = (*count + 1).min(15);
            }
            sketch.settle();
            for (key, count) in exact {
                prop_assert!(sketch.frequency(hash(key)) >= count);
            }
        }

        #[test]
        fn halving_halves(counts in prop::collection::vec(0u8..20, 1..20)) {
            let sketch = begun(1 << 16);
            for (key, count) in (0..).zip(&counts) {
                for _ in 0..*count {
                    sketch.record(|| hash(key));
                }
            }
            sketch.settle();
            let before: Vec<u8> = (0..).zip(&counts).map(|(key, _)| sketch.frequency(hash(key))).collect();
            sketch.halve();
            for (key, before) in (0..).zip(before) {
                prop_assert_eq!(sketch.frequency(hash(key)), before / 2);
            }
        }
    }

    #[test]
    fn counts_are_seldom_too_high_with_eight_bytes_a_key() {
        let sketch = begun(8 * 4096);
        for key in 0..4096 {
            for _ in 0..=key % 4 {
                sketch.record(|| hash(key));
            }
        }
        sketch.settle();
        let wrong = (0..4096)
            .filter(|key| u32::from(sketch.frequency(hash(*key))) != key % 4 + 1)
            .count();
        assert!(wrong < 4096 / 20, "{wrong}");
    }

    #[test]
    fn what_is_wanted_no_more_is_forgotten_after_some_samples() {
        let sketch = begun(0);
        for _ in 0..100 {
            sketch.record(|| hash(1));
        }
        sketch.settle();
        assert_eq!(sketch.frequency(hash(1)), 15);
        sketch.age(1000);
        assert_eq!(sketch.frequency(hash(1)), 15, "it is not due");
        for halved in [7, 3, 1, 0] {
            for _ in 0..10_000 {
                sketch.record(|| hash(2));
            }
            sketch.settle();
            sketch.age(1000);
            assert_eq!(sketch.frequency(hash(1)), halved);
        }
        assert_eq!(sketch.frequency(hash(2)), 7);
    }

    #[test]
    fn memory_is_fixed_and_none_before_it_is_needed() {
        let sketch = Sketch::new(1 << 20);
        sketch.record(|| hash(1));
        sketch.settle();
        assert_eq!((sketch.memory(), sketch.frequency(hash(1))), (0, 0));
        for (wanted, got) in [
            (0, 4096),
            (5000, 4992),
            (1 << 20, 1 << 20),
            (3 << 20, 3 << 20),
        ] {
            assert_eq!(begun(wanted).memory(), got);
        }
    }

    #[test]
    fn threads_lose_little() {
        let sketch = begun(1 << 16);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let sketch = &sketch;
                scope.spawn(move || {
                    for key in 0..1000 {
                        for _ in 0..8 {
                            sketch.record(|| hash(thread * 1000 + key));
                        }
                    }
                });
            }
        });
        sketch.settle();
        let right = (0..4000)
            .filter(|key| sketch.frequency(hash(*key)) >= 7)
            .count();
        assert!(right > 3800, "{right}");
    }
}
