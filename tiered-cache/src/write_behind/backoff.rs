//! Pauses that grow.

use std::time::Duration;

/// Pauses between attempts: each twice the one before, up to a longest one, and each between half
/// and all of that by chance, so that many caches do not knock at the same moment.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        let first = first.max(Duration::from_millis(1)).min(longest);
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// The same after some attempts.
    pub(crate) fn after(mut self, attempts: u32) -> Self {
        // More doublings than any pause has room for.
        let doublings = 1 << attempts.min(16);
        self.next = self.first.saturating_mul(doublings).min(self.longest);
        self
    }

    /// The pause before the next attempt.
    pub(crate) fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (self.next * 2).min(self.longest);
        pause.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_begin_again() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(10), ms(35));
        for most in [10, 20, 35, 35] {
            let pause = backoff.pause();
            assert!(pause <= ms(most) && pause >= ms(most) / 2, "{pause:?}");
        }
        backoff.reset();
        assert!(backoff.pause() <= ms(10));
        for (attempts, most) in [(0, 10), (1, 20), (2, 35), (u32::MAX, 35)] {
            let pause = Backoff::new(ms(10), ms(35)).after(attempts).pause();
            assert!(pause <= ms(most) && pause >= ms(most) / 2, "{pause:?}");
        }
    }
}
