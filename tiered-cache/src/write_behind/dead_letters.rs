//! Keys that the remote refuses for good: set aside, shown, tried again, or given up.

use std::time::SystemTime;

use bytes::Bytes;

use wiredtiger::TransactionOptions;

use crate::clock::{from_ms, now_ms};
use crate::error::{Error, Result};
use crate::feed::EventKind;
use crate::local::dead_letter::{self, StoredDeadLetter};
use crate::local::dirty::{DirtySet, RecordId, State};
use crate::local::header::{Header, Kind};
use crate::local::key::{original, stored};
use crate::local::{Local, Origin, event, journal, record_of};
use crate::remote::RemoteError;
use crate::write_behind::Context;
use crate::write_behind::batch::Sent;

/// A key that the remote refused for good.
///
/// The local value is kept and served, whatever its age, until the letter is
/// [retried](crate::DeadLetters::retry), [discarded](crate::DeadLetters::discard), or the key is
/// written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The key.
    pub key: Bytes,
    /// The remote's last words.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when it is among the dead letters.
    pub since: SystemTime,
    /// It was discarded: the local change is given up, and kept here only.
    pub discarded: bool,
    /// The value of a discarded letter; `None` for a deletion, and for a letter that is not
    /// discarded.
    pub value: Option<Bytes>,
}

/// Moves the record of `sent` to the dead letters, unless the key was written again.
pub(super) fn bury(
    context: &Context,
    sent: &Sent,
    attempts: u32,
    error: &RemoteError,
) -> Result<()> {
    let (local, dirty) = (&context.local, &context.dirty);
    let _stripe = local.lock(&sent.key);
    let same = dirty
        .mark(sent.record)
        .is_some_and(|mark| mark.version == sent.version && mark.state != State::Dead);
    if !same {
        return Ok(());
    }
    let letter = StoredDeadLetter {
        discarded: false,
        attempts,
        version: sent.version,
        since: now_ms(),
        reason: error.to_string(),
        row: Vec::new(),
    };
    let key = dead_letter::key(sent.record.number, &stored(&sent.key));
    local.session()?.run(&TransactionOptions::new(), |txn| {
        txn.remove(&local.journal, &journal::key(sent.record))?;
        txn.put(&local.dead_letters, &key, &letter.encode())
    })?;
    dirty.set_dead(sent.record, true);
    context.counters.dead_lettered.add(1);
    tracing::error!(
        attempts,
        %error,
        key = %sent.key.escape_ascii(),
        "a key is among the dead letters now: the remote refuses it"
    );
    dirty.announce();
    Ok(())
}

/// All dead letters, in the order in which their keys became dirty.
pub(crate) fn list(local: &Local) -> Result<Vec<DeadLetter>> {
    let session = local.session()?;
    let mut range = session.range(&local.dead_letters, ..)?;
    let mut letters = Vec::new();
    while let Some((key, letter)) = range.next()? {
        let (_, key) = dead_letter::parse_key(key)?;
        let letter = StoredDeadLetter::decode(letter)?;
        let value = if letter.discarded {
            let (header, value) = Header::decode(&letter.row)?;
            (header.kind == Kind::Value).then(|| Bytes::copy_from_slice(value))
        } else {
            None
        };
        letters.push(DeadLetter {
            key: Bytes::copy_from_slice(original(key)),
            reason: letter.reason,
            attempts: letter.attempts,
            since: from_ms(letter.since),
            discarded: letter.discarded,
            value,
        });
    }
    Ok(letters)
}

/// Sends a dead letter again. False when the key has none.
pub(crate) fn retry(local: &Local, dirty: &DirtySet, key: &[u8]) -> Result<bool> {
    let _stripe = local.lock(key);
    let Some((record, _)) = dead_record(local, dirty, key)? else {
        return Ok(false);
    };
    let stored_key = stored(key);
    let mut value = Vec::new();
    journal::value(now_ms(), &stored_key, &mut value);
    local.session()?.run(&TransactionOptions::new(), |txn| {
        txn.remove(
            &local.dead_letters,
            &dead_letter::key(record.number, &stored_key),
        )?;
        txn.put(&local.journal, &journal::key(record), &value)
    })?;
    dirty.set_dead(record, false);
    dirty.wake(record.lane);
    Ok(true)
}

/// Gives the local change of a dead letter up. The letter stays, with the row. False when the key
/// has none.
pub(crate) fn discard(local: &Local, dirty: &DirtySet, key: &[u8]) -> Result<bool> {
    let _stripe = local.lock_for_change(key);
    let Some((record, row)) = dead_record(local, dirty, key)? else {
        return Ok(false);
    };
    let stored_key = stored(key);
    let letter_key = dead_letter::key(record.number, &stored_key);
    let mut attempt = local.attempt(1);
    local.session()?.run(&TransactionOptions::new(), |txn| {
        attempt.restart();
        let letter = txn
            .get(&local.dead_letters, &letter_key)?
            .map(|letter| StoredDeadLetter::decode(&letter))
            .transpose()?
            .ok_or_else(|| Error::Corrupt("a dead letter is not on disk".to_owned()))?;
        let kept = StoredDeadLetter {
            discarded: true,
            row: row.clone(),
            ..letter
        };
        txn.put(&local.dead_letters, &letter_key, &kept.encode())?;
        txn.remove(&local.entries, &stored_key)?;
        let (header, value) = Header::decode(&row)?;
        if header.kind == Kind::Value {
            let previous = event::previous(&attempt, &header, value);
            let (kind, version) = (EventKind::Invalidated, attempt.version()?);
            attempt.event(event::removed(
                kind,
                key,
                previous.as_deref(),
                version,
                Origin::Local,
            ));
        }
        Ok::<_, Error>(())
    })?;
    attempt.publish();
    local
        .growth
        .changed(Some(stored_key.len() + row.len()), None);
    dirty.remove(record);
    dirty.announce();
    Ok(true)
}

/// Removes what discarded letters of a key keep. The answer is how many there were.
pub(crate) fn forget_discarded(local: &Local, key: &[u8]) -> Result<usize> {
    let stored_key = stored(key);
    let mut session = local.session()?;
    let mut gone = Vec::new();
    {
        let mut range = session.range(&local.dead_letters, ..)?;
        while let Some((letter_key, letter)) = range.next()? {
            let (_, of) = dead_letter::parse_key(letter_key)?;
            if of == &*stored_key && StoredDeadLetter::decode(letter)?.discarded {
                gone.push(letter_key.to_vec());
            }
        }
    }
    for letter_key in &gone {
        session.remove(&local.dead_letters, letter_key)?;
    }
    Ok(gone.len())
}

/// The record and the row of a key that is a dead letter. Under the lock of its stripe.
fn dead_record(local: &Local, dirty: &DirtySet, key: &[u8]) -> Result<Option<(RecordId, Vec<u8>)>> {
    let session = local.session()?;
    let Some(row) = session.get(&local.entries, &stored(key))? else {
        return Ok(None);
    };
    let (header, _) = Header::decode(&row)?;
    let record = record_of(dirty, key, &header);
    let dead = dirty
        .mark(record)
        .is_some_and(|mark| mark.state == State::Dead);
    Ok(dead.then(|| (record, row.to_vec())))
}
