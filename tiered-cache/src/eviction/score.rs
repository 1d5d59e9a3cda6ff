//! The second phase: what goes first.

use super::Candidate;

/// Ranks rows that may go.
///
/// Set with [`Builder::eviction_score`](crate::Builder::eviction_score). It is asked on a thread of
/// the cache, and should take well under a microsecond. A panic is logged, and nothing goes in that
/// round.
///
/// Closures are scores.
///
/// # Examples
/// ```
/// use tiered_cache::eviction::{Candidate, DefaultScore, EvictionScore};
///
/// // Large rows go sooner.
/// let score = |entry: &Candidate<'_>| {
///     let large = if entry.size > 100_000 { 4.0 } else { 0.0 };
///     DefaultScore::default().score(entry) + large
/// };
/// # fn is_a_score(_: impl EvictionScore) {}
/// # is_a_score(score);
/// ```
pub trait EvictionScore: Send + Sync + 'static {
    /// The higher, the sooner the row goes. A score that is not a number counts as the lowest.
    fn score(&self, entry: &Candidate<'_>) -> f64;
}

impl<F: Fn(&Candidate<'_>) -> f64 + Send + Sync + 'static> EvictionScore for F {
    fn score(&self, entry: &Candidate<'_>) -> f64 {
        self(entry)
    }
}

/// The usual score.
///
/// | row | score |
/// |---|---|
/// | of no more use: expired, or the memory of an absence | 100 |
/// | seen `f` times lately | 15 − `f`, and a part below 1 for its age and size |
/// | just written: less than [`window`](Self::window) of the table was written since | below 0 |
///
/// Rows that were written a moment ago are spared, since nobody can have asked for them again yet;
/// after that a row has to be wanted more often than others to stay. Among rows that are wanted as
/// often as each other the younger goes first: a scan that passes through, or a loop over more than
/// there is room for, then evicts what it brought itself and leaves the rest alone. Of two of the same
/// age the larger goes first.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DefaultScore {
    /// The part of the table that has to be written before a new row competes with the others.
    /// Default: 0.005.
    pub window: f64,
}

impl Default for DefaultScore {
    fn default() -> Self {
        Self { window: 0.005 }
    }
}

impl EvictionScore for DefaultScore {
    #[inline]
    fn score(&self, entry: &Candidate<'_>) -> f64 {
        if entry.useless {
            return 100.0;
        }
        if entry.turnover < self.window {
            return entry.turnover / self.window - 2.0;
        }
        let young = 1.0 / (1.0 + entry.turnover);
        // Bits of the size: 0 to 64.
        let large = f64::from(u64::BITS - entry.size.leading_zeros()) / 64.0;
        15.0 - f64::from(entry.frequency) + 0.9 * young + 0.05 * large
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ROW: Candidate<'_> = Candidate {
        key: b"k",
        size: 100,
        dirty: false,
        in_flight: false,
        pinned: false,
        useless: false,
        age: Duration::from_secs(1),
        turnover: 0.5,
        frequency: 3,
    };

    #[test]
    fn ranks_by_use_then_frequency_then_youth_then_size() {
        let in_order = [
            Candidate {
                useless: true,
                frequency: 15,
                turnover: 0.0,
                ..ROW
            },
            Candidate {
                frequency: 0,
                turnover: 9.0,
                size: 1,
                ..ROW
            },
            Candidate {
                frequency: 2,
                turnover: 0.1,
                ..ROW
            },
            Candidate {
                frequency: 2,
                turnover: 0.2,
                size: 1 << 20,
                ..ROW
            },
            Candidate {
                frequency: 2,
                turnover: 0.2,
                ..ROW
            },
            ROW,
            Candidate {
                frequency: 15,
                turnover: 0.02,
                ..ROW
            },
            Candidate {
                frequency: 0,
                turnover: 0.004,
                ..ROW
            },
            Candidate {
                frequency: 0,
                turnover: 0.0,
                ..ROW
            },
        ];
        let scores = in_order.map(|row| DefaultScore::default().score(&row));
        assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
    }
}
