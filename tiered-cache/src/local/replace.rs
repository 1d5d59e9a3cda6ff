//! Another content for all that is clean, in one transaction.

use std::collections::BTreeMap;

use crate::clock::now_ms;
use crate::error::{Error, Result};
use crate::feed::{Attempt, EventKind};
use crate::local::dirty::DirtySet;
use crate::local::event::{previous, removed, written};
use crate::local::fill::lost_in_a_crash;
use crate::local::header::{self, Header, Kind, Origin};
use crate::local::{Local, is_dirty, original};
use crate::remote::RemoteValue;

/// The new content, by keys as they are stored.
pub(crate) type Replacement = BTreeMap<Vec<u8>, RemoteValue>;

/// What a [`replace`](crate::TieredCache::replace) did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replaced {
    /// Entries that were written, those that say what was here already among them.
    pub written: u64,
    /// Entries that were here, and are not in the new content.
    pub removed: u64,
    /// Keys that stayed as they were, since something happened to them after the version, or they
    /// are dirty.
    pub kept: u64,
}

/// What becomes of a key, and the row that it has.
struct Step<'a> {
    stored_key: Vec<u8>,
    /// `None`: the row goes.
    value: Option<&'a RemoteValue>,
    before: Option<Header>,
    previous: Option<Vec<u8>>,
    /// Bytes of key and row before.
    size: Option<usize>,
}

impl Local {
    /// Swaps the content of all clean rows for `content`, which is at least as new as `version`.
    /// What changed after that version stays as it is, whether there is a row that says so or not.
    pub(crate) fn replace(
        &self,
        content: &Replacement,
        version: u64,
        dirty: &DirtySet,
    ) -> Result<Replaced> {
        // Nobody changes anything meanwhile, and no version is in flight.
        let _stripes = self.stripes.lock_everything_for_change();
        if version > self.feed.last() {
            return Err(Error::TooNew {
                requested: version,
                current: self.feed.published(),
            });
        }
        let later = self.feed.keys_since(version)?;
        let stays = |key: &[u8], header: Option<&Header>| {
            later.contains(key)
                || header.is_some_and(|it| it.version > version || is_dirty(dirty, key, it))
        };
        let now = now_ms();
        let (steps, mut replaced) = self.plan(content, now, stays)?;
        let mut attempt = self.attempt(steps.len());
        self.session()?.run(&lost_in_a_crash(), |txn| {
            attempt.restart();
            (replaced.written, replaced.removed) = (0, 0);
            for step in &steps {
                let Some(value) = step.value else {
                    txn.remove(&self.entries, &step.stored_key)?;
                    replaced.removed += 1;
                    gone(&mut attempt, step)?;
                    continue;
                };
                let (row, header) = new_row(&mut attempt, step, value, now)?;
                txn.put(&self.entries, &step.stored_key, &row)?;
                replaced.written += 1;
                let was_here = step.before.is_some_and(|it| it.kind == Kind::Value);
                let same = step.before.is_some_and(|it| it.expires == header.expires)
                    && step.previous.as_deref() == Some(&value.value[..]);
                if !same {
                    let key = original(&step.stored_key);
                    let previous = step.previous.as_deref();
                    attempt.event(written(key, &value.value, &header, was_here, previous));
                }
            }
            Ok::<_, Error>(())
        })?;
        attempt.publish();
        for step in &steps {
            let row = |value: &RemoteValue| header::LEN + value.value.len();
            let size = step.value.map(|value| step.stored_key.len() + row(value));
            self.growth.changed(step.size, size);
        }
        Ok(replaced)
    }

    /// What becomes of every key that is here, or in the content, in the order of the keys.
    fn plan<'a>(
        &self,
        content: &'a Replacement,
        now: u64,
        stays: impl Fn(&[u8], Option<&Header>) -> bool,
    ) -> Result<(Vec<Step<'a>>, Replaced)> {
        let (mut steps, mut replaced) = (Vec::new(), Replaced::default());
        let mut step = |stored_key: &[u8],
                        value: Option<&'a RemoteValue>,
                        before: Option<(Header, Option<Vec<u8>>)>,
                        size: Option<usize>| {
            let (before, previous) = before.unzip();
            if stays(original(stored_key), before.as_ref()) {
                replaced.kept += 1;
                return;
            }
            // A remembered absence stays one, if the content has no value either.
            if value.is_some() || before.is_none_or(|before| before.kind == Kind::Value) {
                steps.push(Step {
                    stored_key: stored_key.to_vec(),
                    value,
                    before,
                    previous: previous.flatten(),
                    size,
                });
            }
        };
        // What has expired is not there.
        let mut new = content
            .iter()
            .filter(|(_, value)| value.expires_at.is_none_or(|at| at > now))
            .peekable();
        let watched = self.attempt(0);
        let session = self.session()?;
        let mut rows = session.range(&self.entries, ..)?;
        while let Some((key, row)) = rows.next()? {
            while let Some((new_key, value)) = new.next_if(|(new, _)| new.as_slice() < key) {
                step(new_key, Some(value), None, None);
            }
            let value = new.next_if(|(new, _)| new.as_slice() == key);
            // One that cannot be read is replaced, or goes.
            let before = Header::decode(row)
                .ok()
                .map(|(header, value)| (header, previous(&watched, &header, value)));
            let size = Some(key.len() + row.len());
            step(key, value.map(|(_, value)| value), before, size);
        }
        for (key, value) in new {
            step(key, Some(value), None, None);
        }
        Ok((steps, replaced))
    }
}

fn gone(attempt: &mut Attempt<'_>, step: &Step<'_>) -> Result<()> {
    if step.before.is_some() {
        let version = attempt.version()?;
        let (key, previous) = (original(&step.stored_key), step.previous.as_deref());
        let kind = EventKind::Invalidated;
        attempt.event(removed(kind, key, previous, version, Origin::Fill));
    }
    Ok(())
}

fn new_row(
    attempt: &mut Attempt<'_>,
    step: &Step<'_>,
    value: &RemoteValue,
    now: u64,
) -> Result<(Vec<u8>, Header)> {
    let header = Header {
        kind: Kind::Value,
        pinned: step.before.is_some_and(|before| before.pinned),
        origin: Origin::Fill,
        generation: 0,
        version: attempt.version()?,
        dirty: 0,
        expires: value.expires_at.unwrap_or(0),
        stamped: now,
    };
    let mut row = Vec::new();
    header.encode(&value.value, &mut row);
    Ok((row, header))
}
