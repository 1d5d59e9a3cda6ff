//! Commands whose effect depends on what is there.
//!
//! By default the remote decides them, because a lock or a counter decided locally is wrong as soon
//! as a second node exists: the key's unflushed change goes first, then the command, then what is
//! here of the key is forgotten. The setting [`ReadModifyWrite::Local`] lets this node decide.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::TieredCache;
use super::answers::SetOptions;
use super::core::Core;
use super::read::too_slow;
use crate::clock::to_ms;
use crate::config::ReadModifyWrite;
use crate::error::{Error, Result};
use crate::feed::EventKind;
use crate::local::{Change, Copied, Expiry, Item, Known, Snapshot, record_of};
use crate::remote::{RemoteError, RemoteErrorKind, RemoteReply};

/// When [`set_if`](TieredCache::set_if) sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Condition {
    /// The key is absent, as Redis's `NX`.
    Absent,
    /// The key has a value, as Redis's `XX`.
    Present,
}

impl TieredCache {
    /// Adds `delta` to the number at `key`, from 0 for an absent key, and returns the sum. Its
    /// expiry stays. Decided by whom [`read_modify_write`](crate::WriteConfig::read_modify_write)
    /// says.
    ///
    /// # Errors
    /// - [`Remote`](Error::Remote): the value is no number, or the sum is too large. Nothing changed.
    /// - [`RemoteUnavailable`](Error::RemoteUnavailable): the remote decides, and did not answer, or
    ///   did not take the key's last change in time. If the error's
    ///   [`outcome_is_unknown`](RemoteError::outcome_is_unknown), it may have been done.
    /// - [`DeadLettered`](Error::DeadLettered): the remote decides, and has refused the key's last
    ///   change for good.
    /// - For a local decision as [`set_with`](Self::set_with).
    ///
    /// # Cancel safety
    /// Cancelled, it may have been done or not.
    pub async fn incr_by(&self, key: impl AsRef<[u8]>, delta: i64) -> Result<i64> {
        let key = key.as_ref();
        if self.core.decides_here() {
            let sum = |before: Option<&[u8]>| {
                let before = before.map_or(Some(0), number).ok_or_else(not_a_number)?;
                let sum = before.checked_add(delta).ok_or_else(overflow)?;
                Ok((
                    sum,
                    Decision::Set(sum.to_string().into_bytes(), Expiry::Keep),
                ))
            };
            return self.core.decide(key, SetOptions::new(), sum).await;
        }
        let by = Bytes::from(delta.to_string());
        match self.core.let_decide(key, "INCRBY", vec![by]).await? {
            RemoteReply::Integer(sum) => Ok(sum),
            reply => Err(unexpected(&reply)),
        }
    }

    /// Appends `more` to the value at `key`, and returns the length in bytes. Its expiry stays.
    ///
    /// # Errors
    /// As for [`incr_by`](Self::incr_by).
    ///
    /// # Cancel safety
    /// As for [`incr_by`](Self::incr_by).
    pub async fn append(&self, key: impl AsRef<[u8]>, more: impl AsRef<[u8]>) -> Result<u64> {
        let (key, more) = (key.as_ref(), more.as_ref());
        if self.core.decides_here() {
            let longer = |before: Option<&[u8]>| {
                let value = [before.unwrap_or_default(), more].concat();
                Ok((value.len() as u64, Decision::Set(value, Expiry::Keep)))
            };
            return self.core.decide(key, SetOptions::new(), longer).await;
        }
        let more = Bytes::copy_from_slice(more);
        match self.core.let_decide(key, "APPEND", vec![more]).await? {
            RemoteReply::Integer(length) => Ok(u64::try_from(length).unwrap_or(0)),
            reply => Err(unexpected(&reply)),
        }
    }

    /// Sets `key` to `value` if the condition holds, and tells whether it did.
    ///
    /// # Errors
    /// As for [`incr_by`](Self::incr_by).
    ///
    /// # Cancel safety
    /// As for [`incr_by`](Self::incr_by).
    pub async fn set_if(
        &self,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        condition: Condition,
        options: SetOptions,
    ) -> Result<bool> {
        let (key, value) = (key.as_ref(), value.as_ref());
        if self.core.decides_here() {
            let expiry = options.local_expiry();
            let set = |before: Option<&[u8]>| {
                let goes = before.is_some() == (condition == Condition::Present);
                let decision = if goes {
                    Decision::Set(value.to_vec(), expiry)
                } else {
                    Decision::Nothing
                };
                Ok((goes, decision))
            };
            return self.core.decide(key, options, set).await;
        }
        let word = match condition {
            Condition::Absent => "NX",
            Condition::Present => "XX",
        };
        let mut words = set_words(value, options);
        words.push(Bytes::from_static(word.as_bytes()));
        match self.core.let_decide(key, "SET", words).await? {
            RemoteReply::Nil => Ok(false),
            RemoteReply::Status(_) => Ok(true),
            reply => Err(unexpected(&reply)),
        }
    }

    /// Sets `key` to `value`, and returns the value before.
    ///
    /// # Errors
    /// As for [`incr_by`](Self::incr_by).
    ///
    /// # Cancel safety
    /// As for [`incr_by`](Self::incr_by).
    pub async fn get_and_set(
        &self,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        options: SetOptions,
    ) -> Result<Option<Bytes>> {
        let (key, value) = (key.as_ref(), value.as_ref());
        if self.core.decides_here() {
            let expiry = options.local_expiry();
            let set = |before: Option<&[u8]>| {
                let decision = Decision::Set(value.to_vec(), expiry);
                Ok((before.map(Bytes::copy_from_slice), decision))
            };
            return self.core.decide(key, options, set).await;
        }
        let mut words = set_words(value, options);
        words.push(Bytes::from_static(b"GET"));
        self.core
            .let_decide(key, "SET", words)
            .await
            .and_then(value_of)
    }

    /// Deletes `key`, and returns the value before.
    ///
    /// # Errors
    /// As for [`incr_by`](Self::incr_by).
    ///
    /// # Cancel safety
    /// As for [`incr_by`](Self::incr_by).
    pub async fn get_and_delete(&self, key: impl AsRef<[u8]>) -> Result<Option<Bytes>> {
        let key = key.as_ref();
        if self.core.decides_here() {
            let delete = |before: Option<&[u8]>| {
                let decision = match before {
                    Some(_) => Decision::Delete,
                    None => Decision::Nothing,
                };
                Ok((before.map(Bytes::copy_from_slice), decision))
            };
            return self.core.decide(key, SetOptions::new(), delete).await;
        }
        self.core
            .let_decide(key, "GETDEL", Vec::new())
            .await
            .and_then(value_of)
    }
}

/// What a local decision does.
pub(super) enum Decision {
    Nothing,
    Set(Vec<u8>, Expiry),
    /// Only the expiry changes; 0: never.
    Expire(u64),
    Delete,
}

impl Core {
    fn decides_here(&self) -> bool {
        self.config.writes.read_modify_write == ReadModifyWrite::Local
    }

    /// Lets the remote decide: after the key's own change, and forgetting what is here.
    async fn let_decide(
        self: &Arc<Self>,
        key: &[u8],
        name: &'static str,
        arguments: Vec<Bytes>,
    ) -> Result<RemoteReply> {
        self.settle(key, self.config.writes.remote_timeout).await?;
        let mut command = vec![
            Bytes::from_static(name.as_bytes()),
            Bytes::copy_from_slice(key),
        ];
        command.extend(arguments);
        let core = Arc::clone(self);
        // On the cache's own runtime, and to its end: what is here must be forgotten afterwards.
        let run = self.runtime.spawn(async move {
            let reply = core.execute(&command).await;
            // A change made here meanwhile stays: it is behind the command.
            if let Err(error) = core
                .local()
                .and_then(|local| local.evict(&command[1], EventKind::Invalidated, &core.dirty))
            {
                tracing::warn!(%error, "what is here of a key changed at the remote cannot be forgotten");
            }
            reply
        });
        run.await
            .map_err(|why| Error::Internal(format!("a command broke off: {why}")))?
            .map_err(|error| match error.kind() {
                RemoteErrorKind::Key => Error::Remote(error),
                _ => Error::RemoteUnavailable(error),
            })
    }

    async fn execute(&self, command: &[Bytes]) -> Result<RemoteReply, RemoteError> {
        let permit = self.breaker.allow()?;
        let limit = self.config.reads.timeout;
        let _waiting = self.waiting_read();
        let reply = self
            .timeout(limit, self.remote.execute(command))
            .await
            .unwrap_or_else(|_| Err(too_slow(limit)));
        permit.tell(reply.as_ref().err());
        reply
    }

    /// Waits until the remote has the last change of a key, at most for `limit`.
    pub(super) async fn settle(&self, key: &[u8], limit: Duration) -> Result<()> {
        if !self.local()?.is_dirty(key, &self.dirty)? {
            return Ok(());
        }
        let _hurry = self.dirty.hurry();
        self.timeout(limit, self.settled(key)).await.map_err(|_| {
            Error::RemoteUnavailable(RemoteError::new(
                RemoteErrorKind::Refusing,
                format!("it did not take the key's last change within {limit:?}"),
            ))
        })?
    }

    async fn settled(&self, key: &[u8]) -> Result<()> {
        let Some(header) = self.local()?.header(key)? else {
            return Ok(());
        };
        let record = record_of(&self.dirty, key, &header);
        if !self.dirty.contains(record) {
            return Ok(());
        }
        self.acknowledged(record, header.version).await
    }

    /// Decides here: reads, and writes if nothing happened in between.
    async fn decide<T>(
        self: &Arc<Self>,
        key: &[u8],
        options: SetOptions,
        decide: impl Fn(Option<&[u8]>) -> Result<(T, Decision)>,
    ) -> Result<T> {
        self.decide_by(key, options, |before| {
            decide(before.map(|before| &before.value[..]))
        })
        .await
    }

    /// The same by value and expiry.
    pub(super) async fn decide_by<T>(
        self: &Arc<Self>,
        key: &[u8],
        options: SetOptions,
        mut decide: impl FnMut(Option<&Copied>) -> Result<(T, Decision)>,
    ) -> Result<T> {
        let durability = options.durability.unwrap_or(self.config.writes.durability);
        loop {
            let generation = self.local()?.generation(key);
            let (version, before) = self.latest(key).await?;
            let (answer, decision) = decide(before.as_ref())?;
            let change = match &decision {
                Decision::Nothing => return Ok(answer),
                Decision::Delete => Change::Delete,
                Decision::Expire(at) => Change::Expire { at: *at },
                Decision::Set(value, expiry) => Change::Set {
                    value,
                    expiry: *expiry,
                },
            };
            let known = before
                .as_ref()
                .map(|before| (&before.value[..], before.expires_at));
            let item = Item {
                known: Known::Remote(known),
                expected: Some(version),
                // A row has its version; what there is no row of was fetched.
                generation: (version == 0).then_some(generation),
                ..Item::new(key, change)
            };
            if self.write_item(item, durability).await?.is_some() {
                return Ok(answer);
            }
        }
    }

    /// What a key is, by what is here, or else by the remote; and the version of its row.
    pub(super) async fn latest(self: &Arc<Self>, key: &[u8]) -> Result<(u64, Option<Copied>)> {
        let here = self.snapshot(key, false)?;
        if let Some(says) = here.says {
            return Ok((here.version, says));
        }
        if self.local_only() {
            return Ok((here.version, None));
        }
        let fetched = match self.fetch(key, self.config.reads.timeout).await {
            Ok(answer) => Some(answer),
            Err(Error::RemoteUnavailable(_)) if here.version != 0 => None,
            Err(error) => return Err(error),
        };
        // What was fetched has been kept, as a rule: value and version must be of one moment.
        let here = self.snapshot(key, true)?;
        Ok(match (here.says, fetched) {
            (Some(says), _) => (here.version, says),
            (None, fetched) => {
                let fetched = fetched.and_then(|answer| {
                    Some(Copied {
                        value: answer.value?,
                        expires_at: answer.expires_at.map(to_ms),
                    })
                });
                (0, fetched)
            }
        })
    }

    fn snapshot(&self, key: &[u8], however_old: bool) -> Result<Snapshot> {
        self.local()?
            .snapshot(key, &self.config.reads, &self.dirty, however_old)
    }
}

/// The words of a `SET` behind the key.
fn set_words(value: &[u8], options: SetOptions) -> Vec<Bytes> {
    let mut words = vec![Bytes::copy_from_slice(value)];
    match options.local_expiry() {
        Expiry::Never => {}
        Expiry::Keep => words.push(Bytes::from_static(b"KEEPTTL")),
        Expiry::At(at) => words.extend([Bytes::from_static(b"PXAT"), at.to_string().into()]),
    }
    words
}

fn value_of(reply: RemoteReply) -> Result<Option<Bytes>> {
    match reply {
        RemoteReply::Nil => Ok(None),
        RemoteReply::Bytes(value) => Ok(Some(value)),
        reply => Err(unexpected(&reply)),
    }
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn not_a_number() -> Error {
    about_the_value("value is not an integer or out of range")
}

fn overflow() -> Error {
    about_the_value("increment or decrement would overflow")
}

fn about_the_value(why: &str) -> Error {
    Error::Remote(RemoteError::new(RemoteErrorKind::Key, why).with_code("ERR"))
}

fn unexpected(reply: &RemoteReply) -> Error {
    Error::RemoteUnavailable(RemoteError::new(
        RemoteErrorKind::Protocol,
        format!("an unexpected reply: {reply:?}"),
    ))
}
