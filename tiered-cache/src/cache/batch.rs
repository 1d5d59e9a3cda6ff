//! Many changes in one local transaction.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::TieredCache;
use super::answers::{Expiry, SetOptions, Written};
use super::core::Core;
use crate::config::Durability;
use crate::error::{Error, Result};
use crate::local::{Applied, Change, Item, Refused};

/// One change of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Write<'a> {
    /// The key gets a value.
    Set {
        /// The key.
        key: &'a [u8],
        /// The bytes.
        value: &'a [u8],
        /// When it expires; `None`: never. A time that is over deletes the key.
        expires_at: Option<SystemTime>,
    },
    /// The key goes.
    Delete {
        /// The key.
        key: &'a [u8],
    },
}

impl<'a> Write<'a> {
    /// Sets a key.
    #[must_use]
    pub fn set(key: &'a [u8], value: &'a [u8], expires_at: Option<SystemTime>) -> Self {
        Self::Set {
            key,
            value,
            expires_at,
        }
    }

    /// Deletes a key.
    #[must_use]
    pub fn delete(key: &'a [u8]) -> Self {
        Self::Delete { key }
    }

    fn item(self) -> Item<'a> {
        match self {
            Self::Set {
                key,
                value,
                expires_at,
            } => {
                let expiry = expires_at.map_or(Expiry::Never, Expiry::At);
                let expiry = SetOptions::new().expiry(expiry).local_expiry();
                Item::new(key, Change::Set { value, expiry })
            }
            Self::Delete { key } => Item::new(key, Change::Delete),
        }
    }
}

impl TieredCache {
    /// Makes changes of many keys in one local transaction: all or none. The remote gets them one by
    /// one. A key may occur more than once: its changes are made in order.
    ///
    /// # Errors
    /// As for [`set_with`](Self::set_with).
    ///
    /// # Cancel safety
    /// As for [`set_with`](Self::set_with).
    pub async fn apply(&self, batch: &[Write<'_>]) -> Result<Vec<Written>> {
        let items: Vec<Item<'_>> = batch.iter().map(|write| write.item()).collect();
        let (applied, durability) = self.core.write_all(&items, None).await?;
        Ok(self.core.counted(batch, applied, durability))
    }

    /// Makes the changes if none of their keys has a value, as one step, and tells whether it did. This
    /// node decides, as for [`update`](Self::update).
    ///
    /// # Errors
    /// As for [`set_with`](Self::set_with), and as for [`get`](Self::get) when a key is not here.
    ///
    /// # Cancel safety
    /// Cancelled, it may have been done or not.
    pub async fn apply_if_absent(&self, batch: &[Write<'_>]) -> Result<bool> {
        let core = &self.core;
        loop {
            let mut items: Vec<Item<'_>> = Vec::with_capacity(batch.len());
            let mut seen = HashSet::new();
            for write in batch {
                let mut item = write.item();
                // The second change of a key finds what the first one has made.
                if seen.insert(item.key) {
                    let (version, before) = core.latest(item.key).await?;
                    if before.is_some() {
                        return Ok(false);
                    }
                    item.expected = Some(version);
                }
                items.push(item);
            }
            if let Some((applied, durability)) = core.write_all_expected(&items).await? {
                core.counted(batch, applied, durability);
                return Ok(true);
            }
        }
    }

    /// As [`apply`](Self::apply), at once: it does not wait for room, and not for more than
    /// [`Durability::Process`](crate::Durability::Process).
    ///
    /// # Errors
    /// [`Backpressure`](Error::Backpressure): there is no room now; nothing was written.
    /// [`Config`](Error::Config): the settings ask for a higher durability. For the rest as
    /// [`set_with`](Self::set_with).
    pub fn try_apply(&self, batch: &[Write<'_>]) -> Result<Vec<Written>> {
        let core = &*self.core;
        let durability = core.config.writes.durability;
        if durability > Durability::Process {
            return Err(Error::Config(format!(
                "a write at durability {durability:?} has to wait, and `try_apply` does not"
            )));
        }
        let items: Vec<Item<'_>> = batch.iter().map(|write| write.item()).collect();
        for item in &items {
            core.check_sizes(item.key, &item.change)?;
            core.frequency.record(|| item.hash);
        }
        let applied = core
            .local()?
            .mutate_all(&items, durability, &core.dirty, core.max_age_ms())
            .map_err(|refused| match refused {
                Refused::Full(limit) => Error::Backpressure {
                    limit,
                    waited: Duration::ZERO,
                },
                Refused::Failed(error) => error,
                Refused::AskRemote | Refused::Changed => {
                    Error::Internal("a batch has a change that depends on the remote".to_owned())
                }
            })?;
        core.wake_lanes(&applied);
        Ok(core.counted(batch, applied, durability))
    }
}

impl Core {
    fn counted(
        &self,
        batch: &[Write<'_>],
        applied: Vec<Applied>,
        durability: Durability,
    ) -> Vec<Written> {
        let sets = batch
            .iter()
            .filter(|write| matches!(write, Write::Set { .. }))
            .count();
        self.counters.sets.add(sets as u64);
        self.counters.deletes.add((batch.len() - sets) as u64);
        applied
            .into_iter()
            .map(|applied| Written::new(applied, durability))
            .collect()
    }
}
