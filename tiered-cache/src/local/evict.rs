//! Making room: rows that the hand picks, and their removal.

use std::ops::Bound;
use std::time::Duration;

use crate::clock::now_ms;
use crate::config::ReadConfig;
use crate::error::Result;
use crate::eviction::Candidate;
use crate::eviction::hand::{Row, Rows, Victim};
use crate::feed::EventKind;
use crate::local::dirty::{DirtySet, State};
use crate::local::event::{previous, removed};
use crate::local::fill::{finish, lost_in_a_crash};
use crate::local::header::{Header, Kind, Origin};
use crate::local::key::{KeyHash, original, stored};
use crate::local::sweep::is_useless;
use crate::local::{Local, is_dirty, record_of};

/// Rows that go in one transaction: their stripes are held so long, a tenth of a millisecond.
const BATCH: usize = 32;

/// What went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evicted {
    pub(crate) rows: u64,
    /// Keys and rows.
    pub(crate) bytes: u64,
}

/// The table of entries, for the hand.
pub(crate) struct Entries<'a> {
    pub(crate) local: &'a Local,
    pub(crate) dirty: &'a DirtySet,
    pub(crate) ages: &'a ReadConfig,
    /// Milliseconds since the epoch.
    pub(crate) now: u64,
}

impl Rows for Entries<'_> {
    fn walk(
        &self,
        after: Option<&[u8]>,
        most: usize,
        visit: &mut dyn FnMut(Row<'_>),
    ) -> Result<()> {
        let session = self.local.session()?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut range = session.range(&self.local.entries, (from, Bound::Unbounded))?;
        let mut seen = 0;
        while seen < most
            && let Some((place, row)) = range.next()?
        {
            // What cannot be read may be dirty: it stays.
            let Ok((header, _)) = Header::decode(row) else {
                continue;
            };
            seen += 1;
            let key = original(place);
            let mark = (header.dirty != 0)
                .then(|| self.dirty.mark(record_of(self.dirty, key, &header)))
                .flatten();
            visit(Row {
                place,
                version: header.version,
                candidate: Candidate {
                    key,
                    size: (place.len() + row.len()) as u64,
                    dirty: mark.is_some(),
                    in_flight: mark.is_some_and(|mark| mark.state == State::InFlight),
                    pinned: header.pinned,
                    useless: is_useless(&header, self.now, self.ages),
                    age: Duration::from_millis(self.now.saturating_sub(header.stamped)),
                    turnover: 0.0,
                    frequency: 0,
                },
            });
        }
        Ok(())
    }
}

impl Local {
    /// Removes rows that were picked to go, as far as they still are what was seen: of the same
    /// version, and not dirty. Fills of these keys that are under way come too late.
    pub(crate) fn evict_rows(&self, victims: &[Victim], dirty: &DirtySet) -> Result<Evicted> {
        let mut evicted = Evicted::default();
        for batch in victims.chunks(BATCH) {
            let went = self.evict_batch(batch, dirty)?;
            evicted.rows += went.rows;
            evicted.bytes += went.bytes;
        }
        Ok(evicted)
    }

    fn evict_batch(&self, victims: &[Victim], dirty: &DirtySet) -> Result<Evicted> {
        let hashes = victims.iter().map(|victim| KeyHash::of(&victim.key));
        let _stripes = self.stripes.lock_all_for_change(hashes);
        let mut session = self.session()?;
        let mut attempt = self.attempt(victims.len());
        let mut gone: Vec<usize> = Vec::with_capacity(victims.len());
        // A crash may take it back: then the hand comes again.
        let went = session.run(&lost_in_a_crash(), |txn| {
            attempt.restart();
            gone.clear();
            for Victim { key, version, .. } in victims {
                let place = stored(key);
                let (header, previous, size) = match txn.get(&self.entries, &place)? {
                    None => continue,
                    Some(row) => match Header::decode(&row) {
                        Ok((header, value))
                            if header.version == *version && !is_dirty(dirty, key, &header) =>
                        {
                            let previous = previous(&attempt, &header, value);
                            (header, previous, place.len() + row.len())
                        }
                        _ => continue,
                    },
                };
                txn.remove(&self.entries, &place)?;
                gone.push(size);
                if header.kind == Kind::Value {
                    let kind = if header.expired(now_ms()) {
                        EventKind::Expired
                    } else {
                        EventKind::Evicted
                    };
                    let version = attempt.version()?;
                    attempt.event(removed(
                        kind,
                        key,
                        previous.as_deref(),
                        version,
                        Origin::Local,
                    ));
                }
            }
            Ok(())
        });
        finish(attempt, went)?;
        for size in &gone {
            self.growth.changed(Some(*size), None);
        }
        Ok(Evicted {
            rows: gone.len() as u64,
            bytes: gone.iter().map(|size| *size as u64).sum(),
        })
    }
}
