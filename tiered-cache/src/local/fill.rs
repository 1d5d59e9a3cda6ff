//! Rows that are not writes of this node: fills from the remote, pins, and local evictions.

use wiredtiger::{Durability, TransactionOptions};

use crate::clock::{duration_ms, now_ms};
use crate::config::ReadConfig;
use crate::error::Result;
use crate::feed::{Attempt, EventKind, Told};
use crate::local::dirty::DirtySet;
use crate::local::event::{previous, removed, written};
use crate::local::header::{Header, Kind, Origin};
use crate::local::key::stored;
use crate::local::{Local, is_dirty, jittered};

/// What the remote said of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetched<'a> {
    /// The value and its expiry; `None`: the key is absent.
    pub(crate) value: Option<(&'a [u8], Option<u64>)>,
    /// The generation before the remote was asked.
    pub(crate) generation: u64,
    /// The last version before the remote was asked: a row of a later one is of a later question.
    pub(crate) asked_at: u64,
}

impl Local {
    /// Writes back what the remote said, unless something happened to the key meanwhile. A row or
    /// tombstone of this node that the remote does not have yet is never replaced. The answer is
    /// whether it was written.
    pub(crate) fn fill(
        &self,
        key: &[u8],
        fetched: Fetched<'_>,
        ages: &ReadConfig,
        dirty: &DirtySet,
    ) -> Result<bool> {
        let stripe = self.lock_row(key);
        if stripe.generation() != fetched.generation {
            return Ok(false);
        }
        let key_stored = stored(key);
        let mut session = self.session()?;
        let mut attempt = self.attempt(1);
        let mut sizes = (None, None);
        let filled = session.run(&lost_in_a_crash(), |txn| {
            attempt.restart();
            sizes = (None, None);
            // With the value, if an event can tell of it.
            let (before, previous) = match txn.get(&self.entries, &key_stored)? {
                None => (None, None),
                Some(row) => {
                    sizes.0 = Some(key_stored.len() + row.len());
                    let (header, value) = Header::decode(&row)?;
                    (Some(header), previous(&attempt, &header, value))
                }
            };
            if before.is_some_and(|before| {
                before.version > fetched.asked_at || is_dirty(dirty, key, &before)
            }) {
                return Ok(false);
            }
            let now = now_ms();
            let was_here = before.is_some_and(|before| before.kind == Kind::Value);
            let (kind, value, expires) = match fetched.value {
                Some((value, expires_at)) => (Kind::Value, value, expires_at.unwrap_or(0)),
                None if ages.negative_ttl.is_zero() => {
                    if before.is_some() {
                        txn.remove(&self.entries, &key_stored)?;
                    }
                    if was_here {
                        let version = attempt.version()?;
                        attempt.event(gone(key, previous.as_deref(), version));
                    }
                    return Ok(true);
                }
                None => {
                    let until = now + duration_ms(jittered(ages.negative_ttl)).max(1);
                    (Kind::Negative, &[][..], until)
                }
            };
            let header = Header {
                kind,
                pinned: kind == Kind::Value && before.is_some_and(|before| before.pinned),
                origin: Origin::Fill,
                generation: 0,
                version: attempt.version()?,
                dirty: 0,
                expires,
                stamped: now,
            };
            let mut row = Vec::new();
            header.encode(value, &mut row);
            txn.put(&self.entries, &key_stored, &row)?;
            // An answer that brings what is here already changes nothing.
            let same = before.is_some_and(|before| before.expires == expires)
                && previous.as_deref() == Some(value);
            let previous = previous.as_deref();
            sizes.1 = Some(key_stored.len() + row.len());
            match kind {
                Kind::Value if same => {}
                Kind::Value => attempt.event(written(key, value, &header, was_here, previous)),
                _ if was_here => attempt.event(gone(key, previous, header.version)),
                _ => {}
            }
            Ok(true)
        });
        if matches!(filled, Ok(true)) && self.growth.changed(sizes.0, sizes.1) {
            dirty.set_tier_is_full(true);
        }
        finish(attempt, filled)
    }

    /// Forgets a clean row, as `kind` says. The answer is false for a dirty one, which stays.
    pub(crate) fn evict(&self, key: &[u8], kind: EventKind, dirty: &DirtySet) -> Result<bool> {
        let _stripe = self.lock_for_change(key);
        self.remove_if(key, kind, |header| !is_dirty(dirty, key, header))
    }

    /// Removes a row that satisfies `condition`; one that cannot be read, too. Under the lock of
    /// its stripe. The answer is false for a row that stays.
    fn remove_if(
        &self,
        key: &[u8],
        kind: EventKind,
        condition: impl Fn(&Header) -> bool,
    ) -> Result<bool> {
        let key_stored = stored(key);
        let mut session = self.session()?;
        let mut attempt = self.attempt(1);
        let mut size = None;
        let gone = session.run(&lost_in_a_crash(), |txn| {
            attempt.restart();
            size = None;
            let (found, length) = match txn.get(&self.entries, &key_stored)? {
                None => return Ok(true),
                Some(row) => (
                    Header::decode(&row)
                        .ok()
                        .map(|(header, value)| (header, previous(&attempt, &header, value))),
                    key_stored.len() + row.len(),
                ),
            };
            if found.as_ref().is_some_and(|(header, _)| !condition(header)) {
                return Ok(false);
            }
            txn.remove(&self.entries, &key_stored)?;
            size = Some(length);
            if let Some((header, previous)) = found
                && header.kind == Kind::Value
            {
                let version = attempt.version()?;
                let previous = previous.as_deref();
                attempt.event(removed(kind, key, previous, version, Origin::Local));
            }
            Ok(true)
        });
        if gone.is_ok() && size.is_some() {
            self.growth.changed(size, None);
        }
        finish(attempt, gone)
    }

    /// Removes a row that was found to be of no more use, if it still is the same.
    pub(crate) fn sweep_row(&self, key: &[u8], seen: &Header, dirty: &DirtySet) -> Result<bool> {
        let _stripe = self.lock_row(key);
        self.remove_if(key, EventKind::Expired, |header| {
            header.version == seen.version && !is_dirty(dirty, key, header)
        })
    }

    /// Pins a row that is here, or takes the pin away. False when there is no value here.
    pub(crate) fn pin(&self, key: &[u8], pinned: bool) -> Result<bool> {
        let _stripe = self.lock_row(key);
        let key = stored(key);
        let mut session = self.session()?;
        session.run(&TransactionOptions::new(), |txn| {
            let Some(row) = txn.get(&self.entries, &key)?.map(|row| row.to_vec()) else {
                return Ok(false);
            };
            let (header, value) = Header::decode(&row)?;
            if header.kind != Kind::Value || header.expired(now_ms()) {
                return Ok(false);
            }
            let mut pinned_row = Vec::new();
            Header { pinned, ..header }.encode(value, &mut pinned_row);
            txn.put(&self.entries, &key, &pinned_row)?;
            Ok(true)
        })
    }
}

/// What a crash may take back without anybody noticing: the next read does it again.
pub(super) fn lost_in_a_crash() -> TransactionOptions {
    TransactionOptions::new().durability(Durability::Buffered)
}

/// What there is to tell of a value that the remote does not have any more.
fn gone<'a>(key: &'a [u8], previous: Option<&'a [u8]>, version: u64) -> Told<'a> {
    removed(EventKind::Deleted, key, previous, version, Origin::Fill)
}

/// Publishes what a transaction did, if it has committed.
pub(super) fn finish<T>(attempt: Attempt<'_>, result: Result<T>) -> Result<T> {
    if result.is_ok() {
        attempt.publish();
    }
    result
}
