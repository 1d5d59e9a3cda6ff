//! The write path: one engine transaction that changes rows and marks them dirty.
//!
//! There is no moment at which a crash leaves one without the other.

use std::borrow::Cow;

use fail::fail_point;
use wiredtiger::{Transaction, TransactionOptions};

use crate::clock::now_ms;
use crate::config::Durability;
use crate::error::Error;
use crate::feed::{Attempt, EventKind};
use crate::local::between::Between;
use crate::local::dirty::{DirtySet, RecordId, Touched};
use crate::local::header::{Header, Kind, Origin};
use crate::local::key::stored;
use crate::local::{
    Applied, Change, Expiry, Item, Known, Local, Refused, dead_letter, event, journal,
};

/// The row of a key before a change.
struct Before {
    header: Header,
    /// Only where it is needed.
    value: Option<Vec<u8>>,
}

impl Before {
    /// What an event says of a value that was here.
    fn previous(&self) -> Option<&[u8]> {
        let value = self.value.as_deref();
        value.filter(|_| self.header.kind == Kind::Value)
    }
}

impl Local {
    /// Makes one change.
    #[inline]
    pub(crate) fn mutate(
        &self,
        item: &Item<'_>,
        durability: Durability,
        dirty: &DirtySet,
        max_age_ms: u64,
    ) -> Result<Applied, Refused> {
        let stripe = self.stripes.lock_for_change(item.hash);
        if item
            .generation
            .is_some_and(|before| before != stripe.generation())
        {
            return Err(Refused::Changed);
        }
        let mut applied = None;
        self.commit(durability, dirty, self.attempt(1), |txn, trace| {
            let mut alone = Between::default();
            applied = Some(self.apply(txn, (0, item), &mut alone, dirty, max_age_ms, trace)?);
            Ok(())
        })?;
        applied.ok_or_else(|| Refused::Failed(Error::Internal("a write got lost".to_owned())))
    }

    /// Makes changes of many keys in one transaction. A key may occur more than once: its changes
    /// are made in order.
    pub(crate) fn mutate_all(
        &self,
        items: &[Item<'_>],
        durability: Durability,
        dirty: &DirtySet,
        max_age_ms: u64,
    ) -> Result<Vec<Applied>, Refused> {
        let _stripes = self
            .stripes
            .lock_all_for_change(items.iter().map(|item| item.hash));
        let mut applied = Vec::with_capacity(items.len());
        let mut between = Between::of(items);
        self.commit(
            durability,
            dirty,
            self.attempt(items.len()),
            |txn, trace| {
                applied.clear();
                between.restart();
                for item in items.iter().enumerate() {
                    applied.push(self.apply(txn, item, &mut between, dirty, max_age_ms, trace)?);
                }
                Ok(())
            },
        )?;
        Ok(applied)
    }

    /// Runs `work` in a transaction, and publishes its events. What it touched in the dirty set is
    /// taken back unless the transaction commits.
    fn commit(
        &self,
        durability: Durability,
        dirty: &DirtySet,
        attempt: Attempt<'_>,
        mut work: impl FnMut(&mut Transaction<'_>, &mut Trace<'_>) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let mut trace = Trace {
            touched: Vec::new(),
            sizes: Vec::new(),
            attempt,
        };
        let options = TransactionOptions::new().durability(match durability {
            Durability::Buffered => wiredtiger::Durability::Buffered,
            Durability::Process | Durability::Disk | Durability::Remote => {
                wiredtiger::Durability::Process
            }
        });
        let mut session = self.session()?;
        let result = session.run(&options, |txn| {
            // Of an attempt before this one, which met a conflict.
            take_back(dirty, &mut trace.touched);
            trace.sizes.clear();
            trace.attempt.restart();
            work(txn, &mut trace)?;
            fail_point!("before_commit");
            Ok(())
        });
        fail_point!("after_commit");
        if result.is_err() {
            take_back(dirty, &mut trace.touched);
            return result;
        }
        trace.attempt.publish();
        for (before, after) in trace.sizes {
            if self.growth.changed(before, after) {
                dirty.set_tier_is_full(true);
            }
        }
        Ok(())
    }

    fn apply<'i>(
        &self,
        txn: &mut Transaction<'_>,
        (index, item): (usize, &Item<'i>),
        between: &mut Between<'i>,
        dirty: &DirtySet,
        max_age_ms: u64,
        trace: &mut Trace<'_>,
    ) -> Result<Applied, Refused> {
        let key = stored(item.key);
        let now = now_ms();
        let lane = dirty.lane_of(item.hash);
        let needs_value = matches!(item.change, Change::Expire { .. });
        let left = between.take(item.key);
        let is_superseded = between.is_superseded(index);
        // One search serves the look at the row before and the write of the new one.
        let mut place = txn.cursor_mut(&self.entries)?;
        let searched = left.is_none() || !is_superseded;
        let stored_row = if searched && place.search(&key)? {
            Some(place.value()?)
        } else {
            None
        };
        let is_there = stored_row.is_some();
        let size_before = stored_row.map(|row| key.len() + row.len());
        let row_before = match &left {
            Some(left) => left.as_deref(),
            None => stored_row,
        };
        let was_row = row_before.is_some();
        let before = match row_before {
            Some(row) => before(row, needs_value, trace.attempt.is_watched())?,
            None => None,
        };
        let found = before.as_ref().map_or(0, |before| before.header.version);
        if item.expected.is_some_and(|expected| expected != found) {
            return Err(Refused::Changed);
        }
        let named = RecordId {
            lane,
            number: before.as_ref().map_or(0, |before| before.header.dirty),
        };
        let is_dirty = dirty.contains(named);
        // What the row says of the key, if it can be relied on.
        let present = before.as_ref().and_then(|before| {
            let header = &before.header;
            match header.kind {
                Kind::Value if header.expired(now) => is_dirty.then_some(false),
                Kind::Value => Some(true),
                Kind::Tombstone => is_dirty.then_some(false),
                Kind::Negative => (!header.expired(now)).then_some(false),
            }
        });
        // Without a remote, the row is all there is.
        let present = present.or((!dirty.tracks()).then_some(false));
        let old = present == Some(true)
            && !is_dirty
            && before
                .as_ref()
                .is_some_and(|before| now.saturating_sub(before.header.stamped) >= max_age_ms);
        let asks = needs_value
            || matches!(
                item.change,
                Change::Set {
                    expiry: Expiry::Keep,
                    ..
                }
            );
        if asks && (present.is_none() || old) && matches!(item.known, Known::NotAsked) {
            return Err(Refused::AskRemote);
        }
        let pinned = before.as_ref().is_some_and(|before| before.header.pinned);
        // What the remote has now is better than what it had when the row was read.
        let outdated = asks && old && matches!(item.known, Known::Remote(_));
        let present = if outdated { None } else { present };
        let here = before.as_ref().filter(|_| present == Some(true));
        // The value and expiry to go by: of the row, or of the remote for a key that is not here.
        let remote = match item.known {
            Known::Remote(remote) if present.is_none() => remote,
            _ => None,
        };
        let (value, expires): (Cow<'_, [u8]>, u64) = match item.change {
            Change::Delete => (Cow::Borrowed(&[]), 0),
            Change::Set { value, expiry } => {
                let expires = match (expiry, here, remote) {
                    (Expiry::Never, ..) => 0,
                    (Expiry::At(at), ..) => at,
                    (Expiry::Keep, Some(here), _) => here.header.expires,
                    (Expiry::Keep, None, remote) => remote.and_then(|(_, at)| at).unwrap_or(0),
                };
                (Cow::Borrowed(value), expires)
            }
            Change::Expire { at } => match (here, remote) {
                (Some(here), _) => (Cow::Borrowed(here.value.as_deref().unwrap_or(&[])), at),
                (None, Some((value, _))) => (Cow::Borrowed(value), at),
                (None, None) => {
                    if present.is_none() && matches!(item.known, Known::Unavailable) {
                        return Err(Refused::AskRemote);
                    }
                    return Ok(Applied {
                        version: self.feed.last(),
                        record: named,
                        existed: Some(false),
                        written: false,
                    });
                }
            },
        };
        // As in Redis: what has expired already is deleted.
        let deletes = matches!(item.change, Change::Delete) || (expires != 0 && expires <= now);
        let value = if deletes {
            Cow::Borrowed(&[][..])
        } else {
            value
        };
        let version = trace.attempt.version()?;
        let mark = if dirty.tracks() {
            let bytes = (item.key.len() + value.len()) as u64;
            let mark = dirty
                .touch(named, version, bytes, now)
                .map_err(Refused::Full)?;
            trace.touched.push(mark);
            Some(mark)
        } else {
            if let Some(limit) = dirty.full().filter(|_| !deletes) {
                return Err(Refused::Full(limit));
            }
            None
        };
        let record = mark.as_ref().map_or(named, |mark| mark.record);
        let was_here = before
            .as_ref()
            .is_some_and(|before| before.header.kind == Kind::Value);
        let previous = before.as_ref().and_then(Before::previous);
        if mark.is_none() && deletes {
            // Nobody has to be told, so nothing has to be remembered.
            if is_superseded {
                between.leave(item.key, None);
            } else if is_there {
                place.remove_current()?;
                trace.sizes.push((size_before, None));
            }
            if was_row {
                let kind = EventKind::Deleted;
                let origin = Origin::Local;
                trace
                    .attempt
                    .event(event::removed(kind, item.key, previous, version, origin));
            }
            return Ok(Applied {
                version,
                record,
                existed: present,
                written: was_row,
            });
        }
        let header = Header {
            kind: if deletes {
                Kind::Tombstone
            } else {
                Kind::Value
            },
            pinned: !deletes && pinned,
            origin: Origin::Local,
            generation: 0,
            version,
            dirty: record.number,
            expires: if deletes { 0 } else { expires },
            stamped: now,
        };
        let mut row = Vec::new();
        header.encode(&value, &mut row);
        if !is_superseded {
            if is_there {
                place.update_current(&row)?;
            } else {
                place.insert(&key, &row)?;
            }
            trace.sizes.push((size_before, Some(key.len() + row.len())));
        }
        drop(place);
        if is_superseded {
            between.leave(item.key, Some(std::mem::take(&mut row)));
        }
        if mark.as_ref().is_some_and(|mark| mark.needs_record) {
            journal::value(now, &key, &mut row);
            txn.put(&self.journal, &journal::key(record), &row)?;
        }
        if mark.is_some_and(|mark| mark.was_dead) {
            txn.remove(&self.dead_letters, &dead_letter::key(record.number, &key))?;
        }
        trace.attempt.event(if deletes {
            let kind = EventKind::Deleted;
            event::removed(kind, item.key, previous, version, Origin::Local)
        } else {
            event::written(item.key, &value, &header, was_here, previous)
        });
        let known_remotely = match item.known {
            Known::Remote(remote) => Some(remote.is_some()),
            _ => None,
        };
        Ok(Applied {
            version,
            record,
            existed: present.or(known_remotely),
            written: true,
        })
    }
}

/// What a transaction leaves in memory.
struct Trace<'a> {
    touched: Vec<Touched>,
    /// Bytes of key and row before and after each change; `None` where there is no row.
    sizes: Vec<(Option<usize>, Option<usize>)>,
    attempt: Attempt<'a>,
}

/// The row as the transaction sees it. The value is copied if the change needs it, or the event.
fn before(row: &[u8], needs_value: bool, is_watched: bool) -> Result<Option<Before>, Error> {
    match Header::decode(row) {
        Ok((header, value)) => Ok(Some(Before {
            header,
            value: (needs_value || is_watched).then(|| value.to_vec()),
        })),
        // A row that cannot be read is as good as none for a write that replaces it.
        Err(error) if needs_value => Err(error),
        Err(error) => {
            tracing::warn!(%error, "a row that cannot be read is replaced");
            Ok(None)
        }
    }
}

fn take_back(dirty: &DirtySet, touched: &mut Vec<Touched>) {
    // In the other order: a key can occur twice.
    for touched in touched.drain(..).rev() {
        dirty.untouch(&touched);
    }
}
