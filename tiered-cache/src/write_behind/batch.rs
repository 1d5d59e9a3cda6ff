//! Taking a batch, and what its answers mean.

use bytes::{Bytes, BytesMut};
use fail::fail_point;
use wiredtiger::{Cursor, Durability, TransactionOptions};

use crate::clock::{duration_ms, now_ms};
use crate::error::{Error, Result};
use crate::local::dirty::{Mark, RecordId};
use crate::local::header::{Header, Kind};
use crate::local::journal;
use crate::local::key::original;
use crate::remote::{RemoteError, RemoteErrorKind, RemoteWrite};
use crate::write_behind::{Backoff, Context, dead_letters};

/// A write that goes to the remote, and what it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) record: RecordId,
    /// The version of the row that was read.
    pub(crate) version: u64,
    /// Since when the key is dirty.
    since: u64,
    bytes: u64,
    /// As the user wrote it.
    pub(crate) key: Bytes,
}

/// What goes to the remote together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) sent: Vec<Sent>,
    pub(crate) writes: Vec<RemoteWrite>,
    pub(crate) bytes: usize,
}

/// What the answers to a batch mean for the lane.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Versions that the remote has now.
    pub(crate) acknowledged: usize,
    /// The remote takes nothing for now.
    pub(crate) trouble: Option<RemoteError>,
}

/// Room for a key and a value of usual size.
const ROOM: usize = 160;

/// The size of an arena; larger values get one of their own.
const ARENA: usize = 64 << 10;

/// When one error comes for all of at least so many keys, it is not about a key.
const ALL_OF: usize = 8;

impl Context {
    /// Takes up to `max` records of a lane, and reads their rows as they are now.
    pub(crate) fn take(&self, lane: usize, max: usize) -> Result<Batch> {
        let now = now_ms();
        let claimed = self.dirty.claim(lane, max, now);
        if claimed.is_empty() {
            return Ok(Batch::default());
        }
        let batch = self.read_rows(lane, &claimed, now);
        if batch.is_err() {
            self.dirty.release(lane, claimed);
        }
        batch
    }

    fn read_rows(&self, lane: usize, claimed: &[u64], now: u64) -> Result<Batch> {
        let mut session = self.local.session()?;
        let mut batch = Batch::default();
        let mut stale = Vec::new();
        let mut later = Vec::new();
        // Keys and values lie together: one allocation for many of them.
        let mut arena = BytesMut::with_capacity((claimed.len() * ROOM).min(ARENA));
        {
            let mut records = session.cursor(&self.local.journal)?;
            let most = usize::try_from(self.config.batch_bytes.as_u64()).unwrap_or(usize::MAX);
            for number in claimed {
                let record = RecordId {
                    lane,
                    number: *number,
                };
                // A record that is not there yet is of a write that is just committing.
                if batch.bytes >= most || !go_to(&mut records, &journal::key(record))? {
                    later.push(*number);
                    continue;
                }
                let (since, key) = journal::parse_value(records.value()?)?;
                let Some(row) = session.get(&self.local.entries, key)? else {
                    stale.push(*number);
                    continue;
                };
                let (header, value) = Header::decode(&row)?;
                if header.dirty != *number {
                    stale.push(*number);
                    continue;
                }
                let key = put(&mut arena, original(key));
                let write = write_of(&header, key.clone(), value, now, &mut arena);
                batch.bytes += write.size();
                batch.writes.push(write);
                batch.sent.push(Sent {
                    record,
                    version: header.version,
                    since,
                    bytes: (key.len() + value.len()) as u64,
                    key,
                });
            }
        }
        if !stale.is_empty() {
            // Left behind when removing it failed; the key has another record or is clean.
            self.counters.stale_records.add(stale.len() as u64);
            self.remove_records(lane, &stale)?;
            for number in stale {
                self.dirty.remove(RecordId { lane, number });
            }
        }
        self.dirty.release(lane, later);
        // The remote never learns of a state that a crash of this process could take back.
        session.log_flush(Durability::Process)?;
        fail_point!("batch_taken");
        Ok(batch)
    }

    /// Judges a batch by the answers, one by one.
    pub(crate) fn settle(
        &self,
        lane: usize,
        batch: &Batch,
        answers: &[Result<(), RemoteError>],
    ) -> Result<Settled> {
        fail_point!("reply_read");
        let now = now_ms();
        let mut settled = Settled::default();
        let mut acknowledged = Vec::with_capacity(batch.sent.len());
        let about_all = about_all(answers);
        // Answers that are missing say nothing about their writes.
        for sent in batch.sent.get(answers.len()..).unwrap_or_default() {
            self.dirty.release(lane, [sent.record.number]);
        }
        for (sent, answer) in batch.sent.iter().zip(answers) {
            match answer {
                Ok(()) => {
                    settled.acknowledged += 1;
                    // Counted first: who waits for the mark to go reads the count next.
                    self.counters.flushed.add(1);
                    if self.dirty.acknowledge(sent.record, sent.version, now) {
                        acknowledged.push(sent);
                    }
                }
                Err(error) if error.is_about_a_key() && !about_all => {
                    self.refused(sent, error, now)?;
                }
                Err(error) => {
                    self.dirty.release(lane, [sent.record.number]);
                    settled.trouble.get_or_insert_with(|| error.clone());
                }
            }
        }
        let numbers: Vec<u64> = acknowledged.iter().map(|sent| sent.record.number).collect();
        if let Err(error) = self.remove_records(lane, &numbers) {
            // Sent again: that does no harm.
            for sent in acknowledged {
                self.dirty
                    .restore(sent.record, Mark::new(sent.version, sent.bytes, sent.since));
            }
            return Err(error);
        }
        fail_point!("acknowledged");
        self.dirty.announce();
        Ok(settled)
    }

    /// The remote refuses a key: another attempt later, or none any more.
    fn refused(&self, sent: &Sent, error: &RemoteError, now: u64) -> Result<()> {
        let tried = self.dirty.mark(sent.record).map_or(0, |mark| mark.attempts);
        let mut backoff = Backoff::new(self.config.backoff, self.config.backoff_max).after(tried);
        let attempts = self
            .dirty
            .refused(sent.record, now + duration_ms(backoff.pause()));
        tracing::warn!(
            attempts,
            %error,
            key = %sent.key.escape_ascii(),
            "the remote refuses a key"
        );
        if attempts >= self.config.key_attempts {
            dead_letters::bury(self, sent, attempts, error)?;
        } else {
            self.counters.flush_retries.add(1);
        }
        Ok(())
    }

    /// Removes dirty records whose marks are gone.
    fn remove_records(&self, lane: usize, numbers: &[u64]) -> Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        // If a crash takes this back, the records are sent once more.
        let options = TransactionOptions::new().durability(Durability::Buffered);
        self.local.session()?.run(&options, |txn| {
            let mut records = txn.cursor_mut(&self.local.journal)?;
            for (index, number) in numbers.iter().enumerate() {
                if index == numbers.len() / 2 {
                    fail_point!("half_acknowledged");
                }
                let record = RecordId {
                    lane,
                    number: *number,
                };
                if go_to(&mut records, &journal::key(record))? {
                    records.remove_current()?;
                }
            }
            Ok::<_, Error>(())
        })
    }
}

/// Goes to `key`, which is likely to be the next one.
fn go_to<A>(cursor: &mut Cursor<'_, Vec<u8>, Vec<u8>, A>, key: &[u8]) -> Result<bool> {
    // `key` of a cursor that is nowhere is an error, and the next step would be the first entry.
    if cursor.key().is_ok() && cursor.next()? && cursor.key()? == key {
        return Ok(true);
    }
    Ok(cursor.search(key)?)
}

/// A copy of `bytes` in the arena.
fn put(arena: &mut BytesMut, bytes: &[u8]) -> Bytes {
    arena.extend_from_slice(bytes);
    arena.split().freeze()
}

/// What a row means for the remote.
fn write_of(
    header: &Header,
    key: Bytes,
    value: &[u8],
    now: u64,
    arena: &mut BytesMut,
) -> RemoteWrite {
    match header.kind {
        // What expired here while it was dirty is deleted there: otherwise an older value that
        // lives longer would come back.
        Kind::Value if !header.expired(now) => RemoteWrite::Set {
            key,
            value: put(arena, value),
            expires_at: header.expires_at(),
        },
        _ => RemoteWrite::Delete { key },
    }
}

/// Whether one complaint that names no reason of its own came for every key of a larger batch: then
/// it is not about the keys (a server that does not know the command, for example).
fn about_all(answers: &[Result<(), RemoteError>]) -> bool {
    let Some(Err(first)) = answers.first() else {
        return false;
    };
    answers.len() >= ALL_OF
        && first.kind() == RemoteErrorKind::Key
        && first.code() == Some("ERR")
        && answers
            .iter()
            .all(|answer| matches!(answer, Err(error) if error.code() == first.code()))
}
