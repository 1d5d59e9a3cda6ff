//! The walk that gives the space of expired rows back.

use std::ops::Bound;

use crate::clock::duration_ms;
use crate::config::ReadConfig;
use crate::error::Result;
use crate::local::Local;
use crate::local::dirty::DirtySet;
use crate::local::header::{Header, Kind};
use crate::local::key::original;

/// Rows looked at in one step, between which writers have the engine for themselves.
const STEP: usize = 512;

/// A place in the table where the next step begins.
#[derive(Debug, Default)]
pub(crate) struct SweepHand {
    /// The last key of the step before, as it is stored.
    after: Option<Vec<u8>>,
}

/// What one step did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) seen: usize,
    pub(crate) removed: usize,
    /// The walk has come to the end; the next step begins anew.
    pub(crate) finished: bool,
}

impl Local {
    /// Looks at the next rows, and removes those that no read will ever use again: expired values,
    /// and remembered absences whose time is over. Dirty rows stay, whatever they are.
    pub(crate) fn sweep(
        &self,
        hand: &mut SweepHand,
        now: u64,
        ages: &ReadConfig,
        dirty: &DirtySet,
    ) -> Result<Swept> {
        let mut swept = Swept::default();
        let mut useless: Vec<(Vec<u8>, Header)> = Vec::new();
        {
            let session = self.session()?;
            let from = match &hand.after {
                Some(key) => Bound::Excluded(key.as_slice()),
                None => Bound::Unbounded,
            };
            let mut range = session.range(&self.entries, (from, Bound::Unbounded))?;
            let mut last = Vec::new();
            while swept.seen < STEP {
                let Some((key, row)) = range.next()? else {
                    swept.finished = true;
                    break;
                };
                swept.seen += 1;
                if let Ok((header, _)) = Header::decode(row)
                    && is_useless(&header, now, ages)
                {
                    useless.push((original(key).to_vec(), header));
                }
                if swept.seen == STEP {
                    last.extend_from_slice(key);
                }
            }
            hand.after = (!swept.finished).then_some(last);
        }
        for (key, header) in &useless {
            swept.removed += usize::from(self.sweep_row(key, header, dirty)?);
        }
        Ok(swept)
    }
}

/// Whether no read will use a clean row of this header again.
pub(super) fn is_useless(header: &Header, now: u64, ages: &ReadConfig) -> bool {
    match header.kind {
        Kind::Value | Kind::Negative => header.expired(now),
        Kind::Tombstone => now.saturating_sub(header.stamped) >= duration_ms(ages.negative_ttl),
    }
}
