//! Which rows go when the local tier is full, and how to change that.
//!
//! The local tier is bounded by [`local.max_disk`](crate::LocalConfig::max_disk). Near the bound a
//! thread of the cache makes room, as a scheduler places work, in two phases: a
//! [filter](EvictionFilter) takes out what may not go, a [score](EvictionScore) ranks the rest, and
//! the best go, a few dozen at a time. A hand walks the table as that of a clock does and remembers
//! its place; how often keys are wanted is known from a sketch of fixed size. No entry costs
//! memory, and reads write nothing but four counters of four bits.
//!
//! ```no_run
//! use tiered_cache::eviction::Candidate;
//! use tiered_cache::{RedisRemote, TieredCache};
//!
//! # async fn open() -> Result<(), Box<dyn std::error::Error>> {
//! let cache = TieredCache::builder("cache-data")
//!     .remote(RedisRemote::new("redis://localhost:6379")?)
//!     .keep_local(|entry: &Candidate<'_>| !entry.key.starts_with(b"settings:"))
//!     .open()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Simulation`] tells what a rule or a score does to the hit ratio. `docs/eviction.md` in the
//! repository has the whole mechanism, and what was measured.

mod candidate;
mod filter;
pub(crate) mod hand;
mod score;
mod simulation;
mod sketch;

use std::fmt;

pub use self::candidate::Candidate;
pub use self::filter::{EvictionFilter, KeepUnsafe};
pub use self::score::{DefaultScore, EvictionScore};
pub use self::simulation::Simulation;
pub(crate) use self::sketch::Sketch;

/// All rules, and the score.
pub(crate) struct Policy {
    filters: Vec<Box<dyn EvictionFilter>>,
    score: Box<dyn EvictionScore>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            filters: Vec::new(),
            score: Box::new(DefaultScore::default()),
        }
    }
}

impl Policy {
    pub(crate) fn add(&mut self, filter: impl EvictionFilter) {
        self.filters.push(Box::new(filter));
    }

    pub(crate) fn rank_by(&mut self, score: impl EvictionScore) {
        self.score = Box::new(score);
    }

    #[inline]
    fn may_go(&self, entry: &Candidate<'_>) -> bool {
        KeepUnsafe.may_go(entry) && self.filters.iter().all(|filter| filter.may_go(entry))
    }

    #[inline]
    fn score(&self, entry: &Candidate<'_>) -> f64 {
        self.score.score(entry)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("filters", &self.filters.len())
            .finish_non_exhaustive()
    }
}
