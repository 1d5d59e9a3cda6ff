//! The eviction of the cache without the cache: what a rule or a score does to the hit ratio.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use super::hand::{Hand, Row, Rows, Table, Victim};
use super::{Candidate, EvictionFilter, EvictionScore, Policy, Sketch};
use crate::error::Result;
use crate::local::key::KeyHash;

/// A table of keys alone, from which the code of the cache evicts: the same hand, sketch, rules
/// and scores. It answers what part of the accesses of a trace would be hits, in memory, on the
/// calling thread, and always in the same way.
///
/// Rows that the cache would evict a little later, on its own thread, go at once here. Nothing in it
/// is dirty or pinned, or grows old.
///
/// # Examples
/// ```
/// use tiered_cache::eviction::Simulation;
///
/// let mut table = Simulation::new(1000);
/// for number in 0..100_000_u64 {
///     let popular = number % 2 == 0;
///     let key = if popular { number % 500 } else { number };
///     table.access(&key.to_be_bytes(), 100);
/// }
/// assert!(table.hits() > 45_000);
/// ```
pub struct Simulation {
    capacity: usize,
    table: Keys,
    hand: Hand,
    policy: Policy,
    sketch: Sketch,
    version: u64,
    hits: u64,
}

struct Keys(BTreeMap<Vec<u8>, Known>);

struct Known {
    version: u64,
    size: u64,
}

impl Rows for Keys {
    fn walk(
        &self,
        after: Option<&[u8]>,
        most: usize,
        visit: &mut dyn FnMut(Row<'_>),
    ) -> Result<()> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.0.range::<[u8], _>((from, Bound::Unbounded));
        for (key, known) in rows.take(most) {
            visit(Row {
                place: key,
                version: known.version,
                candidate: Candidate {
                    key,
                    size: known.size,
                    dirty: false,
                    in_flight: false,
                    pinned: false,
                    useless: false,
                    age: Duration::ZERO,
                    turnover: 0.0,
                    frequency: 0,
                },
            });
        }
        Ok(())
    }
}

impl Simulation {
    /// A table for so many rows, one at least, with the usual score and no rule.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        // What the cache has by its settings for rows of a kilobyte.
        let sketch = Sketch::new(capacity as u64 * 8);
        sketch.begin();
        Self {
            capacity,
            table: Keys(BTreeMap::new()),
            hand: Hand::default(),
            policy: Policy::default(),
            sketch,
            version: 0,
            hits: 0,
        }
    }

    /// Adds a rule, as [`Builder::keep_local`](crate::Builder::keep_local) does.
    #[must_use]
    pub fn keep_local(mut self, filter: impl EvictionFilter) -> Self {
        self.policy.add(filter);
        self
    }

    /// Ranks by another score, as [`Builder::eviction_score`](crate::Builder::eviction_score) does.
    #[must_use]
    pub fn score(mut self, score: impl EvictionScore) -> Self {
        self.policy.rank_by(score);
        self
    }

    /// Reads a key, and puts it in when it is not there, with so many bytes. Whether it was there.
    ///
    /// When the rules let nothing go, the table holds more than its capacity.
    pub fn access(&mut self, key: &[u8], size: u64) -> bool {
        self.sketch.record(|| KeyHash::of(key));
        if self.table.0.contains_key(key) {
            self.hits += 1;
            return true;
        }
        self.version += 1;
        let version = self.version;
        self.table.0.insert(key.to_vec(), Known { version, size });
        if self.table.0.len() > self.capacity {
            self.evict();
        }
        false
    }

    /// How many accesses were hits.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.0.is_empty()
    }

    fn evict(&mut self) {
        let rows = self.table.0.len() as u64;
        self.sketch.age(rows);
        let table = Table {
            version: self.version,
            rows,
            urgent: false,
        };
        // Four ends of the table are at least one round, one without a bar, and one in which nothing
        // is spared.
        let mut ends = 0;
        while ends < 4 {
            let step = self
                .hand
                .step(&self.table, &self.policy, &self.sketch, table);
            // Reading from memory does not fail.
            let Ok(step) = step else { return };
            ends += u32::from(step.round.is_some());
            let picked = !step.victims.is_empty();
            for Victim { key, .. } in step.victims {
                self.table.0.remove(&key);
            }
            if picked {
                return;
            }
        }
    }
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation")
            .field("capacity", &self.capacity)
            .field("len", &self.len())
            .field("hits", &self.hits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> [u8; 8] {
        // Strewn over the table, as hashed keys are.
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()
    }

    #[test]
    fn a_table_never_holds_more_than_its_capacity() {
        for capacity in [1, 2, 63, 64, 65, 1000, 5000] {
            let mut table = Simulation::new(capacity);
            for number in 0..20_000 {
                table.access(&key(number), 10);
                assert!(table.len() <= capacity);
            }
            assert!(table.len() * 4 > capacity * 3 || capacity < 70);
        }
    }

    #[test]
    fn a_scan_does_not_drive_out_what_is_wanted() {
        let mut table = Simulation::new(1000);
        for round in 0..20 {
            for number in 0..700 {
                table.access(&key(number), 10);
            }
            for number in 0..1000 {
                table.access(&key(1_000_000 + round * 1000 + number), 10);
            }
        }
        let before = table.hits();
        for number in 0..700 {
            table.access(&key(number), 10);
        }
        let hits = table.hits() - before;
        assert!(hits > 670, "{hits}");
    }

    #[test]
    fn what_is_wanted_stays_where_keys_rise_with_time() {
        let mut table = Simulation::new(1000);
        for number in 0..100_000_u64 {
            let key = if number % 2 == 0 {
                number % 500
            } else {
                number
            };
            table.access(&key.to_be_bytes(), 10);
        }
        // All but the first reads of 250 keys, of 50,000.
        assert!(table.hits() > 49_000, "{}", table.hits());
    }

    #[test]
    fn a_loop_over_more_than_there_is_room_for_keeps_a_part_of_it() {
        let mut table = Simulation::new(1000);
        for _ in 0..20 {
            for number in 0..4000 {
                table.access(&key(number), 10);
            }
        }
        let hits = table.hits();
        // The best that anybody can do is one in four.
        assert!(hits > 20 * 4000 / 8, "{hits}");
    }

    #[test]
    fn a_rule_keeps_what_it_names_and_a_score_decides() {
        let mut kept = Simulation::new(100).keep_local(|entry: &Candidate<'_>| entry.size != 7);
        let mut large_first = Simulation::new(100).score(|entry: &Candidate<'_>| entry.size as f64);
        for number in 0..50 {
            kept.access(&key(number), 7);
            large_first.access(&key(number), 1);
        }
        for number in 50..10_000 {
            kept.access(&key(number), 1000);
            large_first.access(&key(number), 1000);
        }
        for table in [&mut kept, &mut large_first] {
            let before = table.hits();
            for number in 0..50 {
                table.access(&key(number), 1);
            }
            assert_eq!(table.hits() - before, 50);
        }
    }

    #[test]
    fn rules_that_let_nothing_go_end() {
        let mut table = Simulation::new(10).keep_local(|_: &Candidate<'_>| false);
        for number in 0..100 {
            table.access(&key(number), 1);
        }
        assert_eq!(table.len(), 100);
    }
}
