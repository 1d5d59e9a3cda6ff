//! Ranges of keys.

use std::ops::{Bound, RangeBounds};

use crate::local::{original, stored};

/// A range of keys as they are stored, of which less is left as a walk goes on.
#[derive(Clone, Debug)]
pub(super) struct Span {
    from: Bound<Vec<u8>>,
    to: Bound<Vec<u8>>,
}

/// The two ends of a range.
pub(super) type Ends<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

impl Span {
    pub(super) fn all() -> Self {
        Self {
            from: Bound::Unbounded,
            to: Bound::Unbounded,
        }
    }

    /// The keys of a range. Storing keeps their order, so ends can be stored like keys.
    pub(super) fn of<K: AsRef<[u8]>>(range: &impl RangeBounds<K>) -> Self {
        let end = |bound: Bound<&K>| bound.map(|key| stored(key.as_ref()).into_owned());
        Self {
            from: end(range.start_bound()),
            to: end(range.end_bound()),
        }
    }

    /// The keys that begin with `prefix`.
    pub(super) fn prefix(prefix: &[u8]) -> Self {
        // The first key behind them: the prefix with its last byte that can grow grown.
        let behind = prefix.iter().rposition(|byte| *byte < u8::MAX).map(|last| {
            let mut behind = prefix[..=last].to_vec();
            behind[last] += 1;
            behind
        });
        let to = match behind {
            Some(behind) => Bound::Excluded(behind),
            None => Bound::Unbounded,
        };
        Self::of(&(Bound::Included(prefix.to_vec()), to))
    }

    pub(super) fn ends(&self) -> Ends<'_> {
        (
            self.from.as_ref().map(Vec::as_slice),
            self.to.as_ref().map(Vec::as_slice),
        )
    }

    /// Whether no key can be in it.
    pub(super) fn is_empty(&self) -> bool {
        use Bound::{Excluded, Included};
        match (&self.from, &self.to) {
            (Included(from), Included(to)) => from > to,
            (Included(from) | Excluded(from), Included(to) | Excluded(to)) => from >= to,
            _ => false,
        }
    }

    /// The key behind which it begins, if that is known.
    pub(super) fn behind(&self) -> Option<&[u8]> {
        match &self.from {
            Bound::Excluded(key) => Some(original(key)),
            _ => None,
        }
    }

    /// Leaves what comes after `key`, or before it.
    pub(super) fn move_past(&mut self, key: &[u8], reverse: bool) {
        let end = if reverse {
            &mut self.to
        } else {
            &mut self.from
        };
        *end = Bound::Excluded(key.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(span: &Span, key: &[u8]) -> bool {
        let key = stored(key);
        !span.is_empty() && RangeBounds::<[u8]>::contains(&span.ends(), &*key)
    }

    proptest! {
        #[test]
        fn a_prefix_is_a_range(
            prefix in prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(254), Just(255)], 0..4),
            key in prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(254), Just(255)], 0..5),
        ) {
            prop_assert_eq!(holds(&Span::prefix(&prefix), &key), key.starts_with(&prefix));
        }

        #[test]
        fn a_range_of_stored_keys_is_one_of_keys(
            ends in any::<[(u8, Vec<u8>); 2]>(),
            key in prop::collection::vec(0u8..2, 0..4),
        ) {
            let bound = |(which, end): &(u8, Vec<u8>)| {
                let end: Vec<u8> = end.iter().take(3).map(|byte| byte % 2).collect();
                match which % 3 {
                    0 => Bound::Included(end),
                    1 => Bound::Excluded(end),
                    _ => Bound::Unbounded,
                }
            };
            let range = (bound(&ends[0]), bound(&ends[1]));
            prop_assert_eq!(holds(&Span::of(&range), &key), range.contains(&key));
        }
    }
}
