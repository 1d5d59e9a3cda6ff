//! The first phase: what may not go.

use super::Candidate;

/// A rule that keeps rows in the local tier, whatever their score.
///
/// Rules are added with [`Builder::keep_local`](crate::Builder::keep_local). All of them are asked,
/// after [`KeepUnsafe`], which no rule can overrule; a row goes only if all say that it may. They
/// are asked on a thread of the cache, about each row that the hand comes to, and should take
/// well under a microsecond. A rule that keeps too much leaves nothing to evict: then writes of new
/// keys get [`Backpressure`](crate::Error::Backpressure). A panic is logged, and nothing goes in
/// that round.
///
/// Closures are rules.
///
/// # Examples
/// ```
/// use tiered_cache::eviction::{Candidate, EvictionFilter};
///
/// let keeps_settings = |entry: &Candidate<'_>| !entry.key.starts_with(b"settings:");
/// # fn is_a_rule(_: impl EvictionFilter) {}
/// # is_a_rule(keeps_settings);
/// ```
pub trait EvictionFilter: Send + Sync + 'static {
    /// Whether the row may be evicted.
    fn may_go(&self, entry: &Candidate<'_>) -> bool;
}

impl<F: Fn(&Candidate<'_>) -> bool + Send + Sync + 'static> EvictionFilter for F {
    fn may_go(&self, entry: &Candidate<'_>) -> bool {
        self(entry)
    }
}

/// The rule that is always there: what would be lost, or is wanted here, stays.
///
/// That is what the remote has not acknowledged, deletions among it, what is on its way there, and
/// what is pinned.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeepUnsafe;

impl EvictionFilter for KeepUnsafe {
    #[inline]
    fn may_go(&self, entry: &Candidate<'_>) -> bool {
        !(entry.dirty || entry.in_flight || entry.pinned)
    }
}
