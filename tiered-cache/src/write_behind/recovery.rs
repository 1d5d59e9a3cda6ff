//! What an opening finds: the dirty records of the process before.
//!
//! It costs in proportion to the dirty rows, not to the data.

use fail::fail_point;
use wiredtiger::TransactionOptions;

use crate::error::{Error, Result};
use crate::local::dead_letter::{self, StoredDeadLetter};
use crate::local::dirty::{DirtySet, Mark, RecordId, State};
use crate::local::header::Header;
use crate::local::key::{KeyHash, original};
use crate::local::{Local, journal};

/// Records mended in one transaction.
const STEP: usize = 1000;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered {
    /// Keys that are dirty.
    pub(crate) dirty: usize,
    /// Records that name no dirty key any more, and were removed.
    pub(crate) stale: usize,
    /// Records that belong to another lane than before, because the number of lanes changed.
    pub(crate) moved: usize,
    /// Dead letters.
    pub(crate) dead: usize,
}

/// A record that is not as it should be.
struct Mend {
    from: RecordId,
    /// Where it belongs, with its value; `None`: nowhere.
    to: Option<(RecordId, Vec<u8>)>,
}

/// Fills the index in memory from the records on disk, and mends records that are left over.
pub(crate) fn recover(local: &Local, dirty: &DirtySet) -> Result<Recovered> {
    let mut recovered = Recovered::default();
    let mut mends = Vec::new();
    {
        let session = local.session()?;
        let mut records = session.range(&local.journal, ..)?;
        while let Some((key, value)) = records.next()? {
            let from = journal::parse_key(key)?;
            let (since, stored_key) = journal::parse_value(value)?;
            let Some(mut mark) = mark_of(local, &session, stored_key, from.number, since)? else {
                recovered.stale += 1;
                mends.push(Mend { from, to: None });
                continue;
            };
            let record = RecordId {
                lane: dirty.lane_of(KeyHash::of(original(stored_key))),
                number: from.number,
            };
            if record != from {
                recovered.moved += 1;
                let to = Some((record, value.to_vec()));
                mends.push(Mend { from, to });
            }
            mark.unacked_from = from.number.min(mark.version);
            recovered.dirty += 1;
            dirty.restore(record, mark);
        }
    }
    for step in mends.chunks(STEP) {
        fail_point!("recovery");
        local.session()?.run(&TransactionOptions::new(), |txn| {
            for mend in step {
                txn.remove(&local.journal, &journal::key(mend.from))?;
                if let Some((record, value)) = &mend.to {
                    txn.put(&local.journal, &journal::key(*record), value)?;
                }
            }
            Ok::<_, Error>(())
        })?;
    }
    recovered.dead = recover_dead_letters(local, dirty)?;
    Ok(recovered)
}

fn recover_dead_letters(local: &Local, dirty: &DirtySet) -> Result<usize> {
    let session = local.session()?;
    let mut letters = session.range(&local.dead_letters, ..)?;
    let mut dead = 0;
    while let Some((key, letter)) = letters.next()? {
        let (number, stored_key) = dead_letter::parse_key(key)?;
        let letter = StoredDeadLetter::decode(letter)?;
        if letter.discarded {
            continue;
        }
        if let Some(mut mark) = mark_of(local, &session, stored_key, number, letter.since)? {
            mark.state = State::Dead;
            mark.attempts = letter.attempts;
            let lane = dirty.lane_of(KeyHash::of(original(stored_key)));
            dirty.restore(RecordId { lane, number }, mark);
            dead += 1;
        }
    }
    Ok(dead)
}

/// The mark of a record, if the row of its key still names it.
fn mark_of(
    local: &Local,
    session: &wiredtiger::Session,
    stored_key: &[u8],
    number: u64,
    since: u64,
) -> Result<Option<Mark>> {
    let Some(row) = session.get(&local.entries, stored_key)? else {
        return Ok(None);
    };
    let (header, value) = Header::decode(&row)?;
    if header.dirty != number {
        return Ok(None);
    }
    let bytes = (original(stored_key).len() + value.len()) as u64;
    Ok(Some(Mark::new(header.version, bytes, since)))
}
