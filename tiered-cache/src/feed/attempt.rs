//! The versions of one attempt at a transaction.

use super::kept::{Kept, Told};
use super::{Feed, Outcome};
use crate::error::{Error, Result};
use crate::local::Versions;

/// The versions that a transaction uses, and the events that it will publish if it commits.
///
/// Made under the locks of all stripes that the transaction touches, and dropped or published
/// before they are given back. Dropped, its versions are settled with nothing: the transaction has
/// not committed.
pub(crate) struct Attempt<'a> {
    feed: &'a Feed,
    versions: &'a Versions,
    /// How many versions are handed out together: they are published together as well, so that
    /// nobody sees a part of the transaction.
    reserve: u64,
    /// The first of them, if there are any yet.
    first: Option<u64>,
    used: u64,
    outcome: Outcome,
}

impl<'a> Attempt<'a> {
    /// For a transaction with `reserve` changes at most.
    pub(crate) fn new(feed: &'a Feed, versions: &'a Versions, reserve: u64) -> Self {
        Self {
            feed,
            versions,
            reserve,
            first: None,
            used: 0,
            outcome: Outcome::Nothing,
        }
    }

    /// A version, larger than all that were handed out before.
    ///
    /// The ceiling is raised outside the feed's lock: that is a write of the engine.
    pub(crate) fn version(&mut self) -> Result<u64> {
        if self.used == self.reserve {
            return Err(Error::Internal(
                "a transaction makes more changes than it said".to_owned(),
            ));
        }
        let first = loop {
            if let Some(first) = self.first {
                break first;
            }
            match self.feed.begin(self.reserve, self.versions.ceiling()) {
                Ok(first) => self.first = Some(first),
                Err(last) => self.versions.raise(last)?,
            }
        };
        self.used += 1;
        Ok(first + self.used - 1)
    }

    /// Adds an event, to be published with the others. In the order of their versions.
    pub(crate) fn event(&mut self, told: Told<'_>) {
        self.outcome.add(Kept::new(&told));
    }

    /// Whether events are kept for watchers.
    pub(crate) fn is_watched(&self) -> bool {
        self.feed.is_on()
    }

    /// Begins anew: the transaction met a conflict.
    pub(crate) fn restart(&mut self) {
        self.outcome = Outcome::Nothing;
        self.settle();
    }

    /// Publishes the events: the transaction has committed.
    pub(crate) fn publish(mut self) {
        self.settle();
    }

    fn settle(&mut self) {
        self.used = 0;
        if let Some(first) = self.first.take() {
            let outcome = std::mem::replace(&mut self.outcome, Outcome::Nothing);
            self.feed.settle(first, outcome);
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.restart();
    }
}
