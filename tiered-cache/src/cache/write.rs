//! The write path: one local transaction; the remote follows by itself.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::cache::answers::{Expiry, SetOptions, Written};
use crate::cache::core::Core;
use crate::clock::{now_ms, to_ms};
use crate::config::Durability;
use crate::error::{Error, Limit, Result};
use crate::local::dirty::{RecordId, State};
use crate::local::{self, Applied, Change, Item, Known, Refused};
use crate::remote::RemoteError;

impl Core {
    /// Makes one change, waiting for room and asking the remote where that is needed.
    pub(crate) async fn write(
        self: &Arc<Self>,
        key: &[u8],
        change: Change<'_>,
        durability: Option<Durability>,
    ) -> Result<(Applied, Durability)> {
        let durability = durability.unwrap_or(self.config.writes.durability);
        match self.write_item(Item::new(key, change), durability).await? {
            Some(applied) => Ok((applied, durability)),
            None => Err(Error::Internal("a write expected a version".to_owned())),
        }
    }

    /// The same for an item that may expect a version; `None` when the row has another one.
    pub(crate) async fn write_item(
        self: &Arc<Self>,
        item: Item<'_>,
        durability: Durability,
    ) -> Result<Option<Applied>> {
        self.check_durability(durability)?;
        self.check_sizes(item.key, &item.change)?;
        self.frequency.record(|| item.hash);
        // The usual case needs nobody else.
        let applied = match self.try_write(&item, durability) {
            Ok(applied) => applied,
            Err(Refused::Failed(error)) => return Err(error),
            Err(Refused::Changed) => return Ok(None),
            Err(refused) => {
                match Box::pin(self.write_with_help(&item, durability, refused)).await? {
                    Some(applied) => applied,
                    None => return Ok(None),
                }
            }
        };
        if applied.written {
            self.dirty.wake(applied.record.lane);
            if durability > Durability::Process {
                self.reach(durability, &[applied]).await?;
            }
        }
        Ok(Some(applied))
    }

    fn try_write(&self, item: &Item<'_>, durability: Durability) -> Result<Applied, Refused> {
        self.local()?
            .mutate(item, durability, &self.dirty, self.max_age_ms())
    }

    #[cold]
    async fn write_with_help(
        self: &Arc<Self>,
        item: &Item<'_>,
        durability: Durability,
        mut refused: Refused,
    ) -> Result<Option<Applied>> {
        let mut room = Room::new(self);
        let mut unavailable: Option<RemoteError> = None;
        let mut fetched = None;
        let mut generation = item.generation;
        loop {
            match refused {
                Refused::Failed(error) => return Err(error),
                Refused::Changed if fetched.is_none() => return Ok(None),
                Refused::Full(limit) => room.wait(limit).await?,
                // What was fetched may be older than what happened since: once more.
                Refused::AskRemote | Refused::Changed => {
                    if let Some(error) = unavailable {
                        return Err(Error::RemoteUnavailable(error));
                    }
                    generation = Some(self.local()?.generation(item.key));
                    match self.fetch(item.key, self.config.reads.timeout).await {
                        Ok(answer) => fetched = Some(answer),
                        Err(Error::RemoteUnavailable(error)) => unavailable = Some(error),
                        Err(error) => return Err(error),
                    }
                }
            }
            let known = match &fetched {
                _ if !matches!(item.known, Known::NotAsked) => item.known,
                Some(answer) => Known::Remote(
                    answer
                        .value
                        .as_ref()
                        .map(|value| (&value[..], answer.expires_at.map(to_ms))),
                ),
                None if unavailable.is_some() => Known::Unavailable,
                None => Known::NotAsked,
            };
            let attempt = Item {
                known,
                generation,
                ..*item
            };
            refused = match self.try_write(&attempt, durability) {
                Ok(applied) => return Ok(Some(applied)),
                Err(refused) => refused,
            };
        }
    }

    /// Makes changes of many keys in one local transaction.
    pub(crate) async fn write_all(
        self: &Arc<Self>,
        items: &[Item<'_>],
        durability: Option<Durability>,
    ) -> Result<(Vec<Applied>, Durability)> {
        let durability = durability.unwrap_or(self.config.writes.durability);
        match self.try_write_all(items, durability).await? {
            Some(applied) => Ok((applied, durability)),
            None => Err(Error::Internal(
                "a batch has a change that depends on the remote".to_owned(),
            )),
        }
    }

    /// The same for items that expect versions; `None` when a row has another one.
    pub(crate) async fn write_all_expected(
        self: &Arc<Self>,
        items: &[Item<'_>],
    ) -> Result<Option<(Vec<Applied>, Durability)>> {
        let durability = self.config.writes.durability;
        let applied = self.try_write_all(items, durability).await?;
        Ok(applied.map(|applied| (applied, durability)))
    }

    async fn try_write_all(
        self: &Arc<Self>,
        items: &[Item<'_>],
        durability: Durability,
    ) -> Result<Option<Vec<Applied>>> {
        self.check_durability(durability)?;
        for item in items {
            self.check_sizes(item.key, &item.change)?;
            self.frequency.record(|| item.hash);
        }
        let mut room = Room::new(self);
        let applied = loop {
            let attempt =
                self.local()?
                    .mutate_all(items, durability, &self.dirty, self.max_age_ms());
            match attempt {
                Ok(applied) => break applied,
                Err(Refused::Full(limit)) => room.wait(limit).await?,
                Err(Refused::Failed(error)) => return Err(error),
                Err(Refused::AskRemote | Refused::Changed) => return Ok(None),
            }
        };
        self.wake_lanes(&applied);
        if durability > Durability::Process {
            self.reach(durability, &applied).await?;
        }
        Ok(Some(applied))
    }

    /// Tells the lanes of what was written that there is work.
    pub(super) fn wake_lanes(&self, applied: &[Applied]) {
        for lane in 0..self.dirty.lanes() {
            if applied.iter().any(|applied| applied.record.lane == lane) {
                self.dirty.wake(lane);
            }
        }
    }

    /// Brings what was committed at `Process` to a higher level.
    async fn reach(&self, durability: Durability, applied: &[Applied]) -> Result<()> {
        match durability {
            Durability::Buffered | Durability::Process => Ok(()),
            Durability::Disk => self.syncer.flush().await,
            Durability::Remote => {
                let limit = self.config.writes.remote_timeout;
                let _hurry = self.dirty.hurry();
                let all = async {
                    for applied in applied {
                        self.acknowledged(applied.record, applied.version).await?;
                    }
                    Ok(())
                };
                self.timeout(limit, all)
                    .await
                    .unwrap_or(Err(Error::NotAcknowledged { waited: limit }))
            }
        }
    }

    /// Waits until the remote has a version of a record, or a later one.
    pub(crate) async fn acknowledged(&self, record: RecordId, version: u64) -> Result<()> {
        loop {
            let settled = self.dirty.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            let Some(mark) = self.dirty.mark(record) else {
                return Ok(());
            };
            if mark.acked >= version {
                return Ok(());
            }
            if mark.state == State::Dead {
                return Err(Error::DeadLettered {
                    reason: self.reason_of(record)?,
                });
            }
            settled.await;
        }
    }

    fn reason_of(&self, record: RecordId) -> Result<String> {
        let local = self.local()?;
        Ok(local
            .dead_letter_reason(record.number)?
            .unwrap_or_else(|| "the log says why".to_owned()))
    }

    pub(super) fn check_durability(&self, durability: Durability) -> Result<()> {
        if durability == Durability::Remote && self.local_only() {
            return Err(Error::Config(
                "durability `remote` needs a remote, and this cache has none".to_owned(),
            ));
        }
        Ok(())
    }

    pub(super) fn check_sizes(&self, key: &[u8], change: &Change<'_>) -> Result<()> {
        self.check_size_of_key(key)?;
        match change {
            Change::Set { value, .. } => self.check_size_of_value(value),
            _ => Ok(()),
        }
    }

    pub(crate) fn check_size_of_key(&self, key: &[u8]) -> Result<()> {
        check_size("key", key.len() as u64, self.config.writes.max_key_size)
    }

    pub(crate) fn check_size_of_value(&self, value: &[u8]) -> Result<()> {
        check_size("value", value.len() as u64, self.config.largest_value())
    }

    pub(crate) fn check_size_of_content(&self, size: u64) -> Result<()> {
        check_size("content", size, self.config.largest_content())
    }
}

fn check_size(what: &'static str, size: u64, max: bytesize::ByteSize) -> Result<()> {
    let max = max.as_u64();
    if size > max {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        return Err(Error::TooLarge { what, size, max });
    }
    Ok(())
}

/// Waiting for room at a limit of unflushed work.
struct Room<'a> {
    core: &'a Core,
    since: Option<Instant>,
}

impl<'a> Room<'a> {
    fn new(core: &'a Core) -> Self {
        Self { core, since: None }
    }

    /// Waits until there may be room.
    async fn wait(&mut self, limit: Limit) -> Result<()> {
        let core = self.core;
        let most = core.config.writes.wait_for_room;
        let since = *self.since.get_or_insert_with(|| {
            core.counters.backpressure_waits.add(1);
            Instant::now()
        });
        let room = core.dirty.room.notified();
        tokio::pin!(room);
        room.as_mut().enable();
        let left = most.saturating_sub(since.elapsed());
        // Room may have come since, or there is some, and too little for a batch: look again soon.
        let nap = match core.dirty.full() {
            Some(_) => left,
            None => left.min(Duration::from_millis(2)),
        };
        if left.is_zero() || (core.timeout(nap, room).await.is_err() && nap == left) {
            core.counters.backpressure_rejections.add(1);
            return Err(Error::Backpressure {
                limit,
                waited: since.elapsed(),
            });
        }
        Ok(())
    }
}

impl SetOptions {
    /// The expiry in the cache's own unit.
    pub(crate) fn local_expiry(&self) -> local::Expiry {
        match self.expiry {
            Expiry::Never => local::Expiry::Never,
            Expiry::In(ttl) => local::Expiry::At(after(ttl)),
            Expiry::At(at) => local::Expiry::At(at_ms(at)),
            Expiry::Keep => local::Expiry::Keep,
        }
    }
}

/// The latest expiry, in milliseconds since the epoch: Redis calculates with 63 bits.
const LATEST: u64 = u64::MAX >> 1;

/// A time as an expiry: 0, which means never, is taken by nothing that lies in the past.
pub(crate) fn at_ms(at: SystemTime) -> u64 {
    to_ms(at).clamp(1, LATEST)
}

/// The time after `ttl`, rounded up to a millisecond.
pub(crate) fn after(ttl: Duration) -> u64 {
    let ms = u64::try_from(ttl.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
    now_ms().saturating_add(ms).clamp(1, LATEST)
}

impl Written {
    pub(crate) fn new(applied: Applied, durability: Durability) -> Self {
        Self {
            version: applied.version,
            durability,
            existed: applied.existed,
            record: applied.record,
        }
    }
}
