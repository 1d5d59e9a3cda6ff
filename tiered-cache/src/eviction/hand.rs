//! The hand of the clock: walks the table, and picks what goes.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::{Candidate, Policy, Sketch};
use crate::error::Result;
use crate::local::key::KeyHash;

/// The most rows looked at in one step: enough that the best of them are near the best of all.
const CHUNK: usize = 1024;
/// The fewest, where a small table must not be judged as a whole each time.
const CHUNK_MIN: usize = 64;
/// One in so many rows of a step goes, where there is time. With fewer more is walked for each that
/// goes, and the hand comes too seldom; with more, rows go that others should go before.
const PART: usize = 8;
/// How quickly the bar follows what the steps find.
const FOLLOW: f64 = 1.0 / 8.0;
/// One in so many goes when more is brought in than that.
const PART_URGENT: usize = 4;

/// A row as the hand finds it.
pub(crate) struct Row<'a> {
    /// The key as it is stored, from which the walk goes on.
    pub(crate) place: &'a [u8],
    pub(crate) version: u64,
    /// All but what the hand knows: turnover and frequency.
    pub(crate) candidate: Candidate<'a>,
}

/// A table that the hand can walk.
pub(crate) trait Rows {
    /// Shows up to `most` rows that come after `after`, in the order of the table, to `visit`.
    fn walk(&self, after: Option<&[u8]>, most: usize, visit: &mut dyn FnMut(Row<'_>))
    -> Result<()>;
}

/// A row that is to go, if it still is what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Victim {
    pub(crate) key: Vec<u8>,
    pub(crate) version: u64,
    pub(crate) size: u64,
}

/// What the table is like now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// The last version that was given.
    pub(crate) version: u64,
    /// How many rows there are, about.
    pub(crate) rows: u64,
    /// Whether more is brought in than goes.
    pub(crate) urgent: bool,
}

/// What one step did.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// The best to go come first.
    pub(crate) victims: Vec<Victim>,
    /// The round that ended with this step.
    pub(crate) round: Option<Round>,
}

/// What the hand has seen from one end of the table to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// How many of them were picked.
    pub(crate) victims: u64,
    /// Nothing may go, not even what is spared else.
    pub(crate) exhausted: bool,
}

/// A place in the table.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    /// The last key of the step before, as it is stored.
    after: Option<Vec<u8>>,
    round: Round,
    /// The score that a row needs to go: about what the best of a step have, over the last steps.
    /// Neighbours can be alike, as where keys rise with time: without it the hand would take the
    /// best of those that all are better kept.
    bar: Option<f64>,
    /// The last round found nothing but what is spared: now that goes, too.
    spares_none: bool,
}

impl Hand {
    /// Looks at the next rows, and picks those with the highest scores among them.
    pub(crate) fn step(
        &mut self,
        rows: &impl Rows,
        policy: &Policy,
        sketch: &Sketch,
        table: Table,
    ) -> Result<Step> {
        let chunk = usize::try_from(table.rows / 4)
            .unwrap_or(CHUNK)
            .clamp(CHUNK_MIN, CHUNK);
        let part = if table.urgent { PART_URGENT } else { PART };
        sketch.settle();
        let mut best = Best::new(chunk / part, self.spares_none);
        let mut last = Vec::new();
        let (mut seen, mut bytes) = (0, 0);
        rows.walk(self.after.as_deref(), chunk, &mut |row| {
            seen += 1;
            bytes += row.candidate.size;
            if seen == chunk {
                last.extend_from_slice(row.place);
            }
            let changes = table.version.saturating_sub(row.version);
            let candidate = Candidate {
                turnover: ratio(changes, table.rows),
                frequency: sketch.frequency(KeyHash::of(row.candidate.key)),
                ..row.candidate
            };
            if policy.may_go(&candidate) {
                best.offer(policy.score(&candidate), &candidate, row.version);
            }
        })?;
        let finished = seen < chunk;
        // The end of the table gives no more than its part, too; but a round gives one at least.
        let least = usize::from(finished && self.round.victims == 0);
        let mut picked = best.into_sorted();
        picked.truncate((seen / part).max(least));
        let lowest = picked.last().map(|scored| scored.score);
        if let Some(bar) = self.bar {
            picked.retain(|scored| scored.score >= bar);
        }
        if let Some(lowest) = lowest.filter(|score| score.is_finite()) {
            self.bar = Some(self.bar.map_or(lowest, |bar| bar + FOLLOW * (lowest - bar)));
        }
        let victims: Vec<Victim> = picked.into_iter().map(|scored| scored.victim).collect();
        self.round.rows += seen as u64;
        self.round.bytes += bytes;
        self.round.victims += victims.len() as u64;
        self.after = (!finished).then_some(last);
        let mut round = finished.then(|| std::mem::take(&mut self.round));
        if let Some(round) = &mut round {
            round.exhausted = round.victims == 0 && self.spares_none;
            // A bar that nothing passes is too high; where there is none, nothing else is left.
            self.spares_none = round.victims == 0 && self.bar.is_none();
            if round.victims == 0 {
                self.bar = None;
            }
        }
        Ok(Step { victims, round })
    }
}

#[allow(clippy::cast_precision_loss, reason = "a rough share is enough")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The rows with the highest scores so far.
struct Best {
    most: usize,
    floor: f64,
    heap: BinaryHeap<Reverse<Scored>>,
}

struct Scored {
    score: f64,
    victim: Victim,
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score)
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scored {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scored {}

impl Best {
    fn new(most: usize, spares_none: bool) -> Self {
        Self {
            most: most.max(1),
            floor: if spares_none { f64::NEG_INFINITY } else { 0.0 },
            heap: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, score: f64, candidate: &Candidate<'_>, version: u64) {
        let score = if score.is_nan() {
            f64::NEG_INFINITY
        } else {
            score
        };
        if score < self.floor {
            return;
        }
        if self.heap.len() == self.most {
            if self
                .heap
                .peek()
                .is_some_and(|Reverse(least)| least.score >= score)
            {
                return;
            }
            self.heap.pop();
        }
        self.heap.push(Reverse(Scored {
            score,
            victim: Victim {
                key: candidate.key.to_vec(),
                version,
                size: candidate.size,
            },
        }));
    }

    /// The highest first.
    fn into_sorted(self) -> Vec<Scored> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|Reverse(scored)| scored).collect()
    }
}
