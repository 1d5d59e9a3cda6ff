//! Looking at one key: at either level, and how it stands between them.

use std::sync::Arc;

use bytes::Bytes;

use super::answers::{Answer, ReadOptions, Source, SyncState, Ttl};
use super::{TieredCache, core::Core};
use crate::clock::from_ms;
use crate::error::{Error, Result};
use crate::feed::EventKind;
use crate::local::dirty::State;
use crate::local::{Copied, record_of};

impl TieredCache {
    /// Whether `key` has a value. A key that is not here is read from the remote, and kept.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub async fn exists(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        let answer = self.get_with(key, ReadOptions::new()).await?;
        Ok(answer.value.is_some())
    }

    /// The time that `key` has left.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub async fn ttl(&self, key: impl AsRef<[u8]>) -> Result<Ttl> {
        let answer = self.get_with(key, ReadOptions::new()).await?;
        Ok(match (answer.value, answer.expires_at) {
            (None, _) => Ttl::Absent,
            (Some(_), None) => Ttl::Never,
            (Some(_), Some(at)) => Ttl::At(at),
        })
    }

    /// What the remote has, whatever is here. Nothing is kept.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn get_remote(&self, key: impl AsRef<[u8]>) -> Result<Answer> {
        let keys = [Bytes::copy_from_slice(key.as_ref())];
        let core = Arc::clone(&self.core);
        // On the cache's own runtime, to which the connection belongs.
        let read = self.core.runtime.spawn(async move {
            let _waiting = core.waiting_read();
            core.read_remote(&keys).await
        });
        let answers = read
            .await
            .map_err(|why| Error::Internal(format!("a read of the remote broke off: {why}")))?
            .map_err(Error::RemoteUnavailable)?;
        let remote = answers
            .into_iter()
            .next()
            .transpose()
            .map_err(Error::Remote)?
            .flatten();
        let copied = remote.map(|remote| Copied {
            value: remote.value,
            expires_at: remote.expires_at,
        });
        Ok(Answer::new(copied, Source::Remote, false))
    }

    /// Reads `key` from the remote and keeps what it says, whatever the age of what is here. A
    /// change that the remote does not have yet stays, and is the answer.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub async fn refresh(&self, key: impl AsRef<[u8]>) -> Result<Answer> {
        let limit = self.core.config.reads.timeout;
        self.core.refetch(key.as_ref(), limit).await
    }

    /// Forgets what is here of `key`, so that the next read asks the remote. False for a key whose
    /// last change the remote does not have: it stays. False, too, in a cache without a remote.
    ///
    /// # Errors
    /// [`Local`](Error::Local), [`Closed`](Error::Closed).
    pub fn evict_local(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        let local = self.core.local()?;
        if self.core.local_only() {
            return Ok(false);
        }
        let evicted = local.evict(key.as_ref(), EventKind::Evicted, &self.core.dirty)?;
        if evicted {
            self.core.counters.evicted.add(1);
        }
        Ok(evicted)
    }

    /// Keeps `key` here: it is never evicted to make room for others. A key that is not here is
    /// read from the remote first. False when it is absent.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub async fn pin(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        let key = key.as_ref();
        if self.core.local()?.pin(key, true)? {
            return Ok(true);
        }
        Ok(self.exists(key).await? && self.core.local()?.pin(key, true)?)
    }

    /// Takes the pin away. False when there is no value here.
    ///
    /// # Errors
    /// [`Local`](Error::Local), [`Closed`](Error::Closed).
    pub fn unpin(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        self.core.local()?.pin(key.as_ref(), false)
    }

    /// How `key` stands with the remote.
    ///
    /// # Errors
    /// [`Local`](Error::Local), [`Corrupt`](Error::Corrupt), [`Closed`](Error::Closed).
    pub fn sync_state(&self, key: impl AsRef<[u8]>) -> Result<SyncState> {
        self.core.sync_state(key.as_ref())
    }
}

impl Core {
    fn sync_state(&self, key: &[u8]) -> Result<SyncState> {
        let Some(header) = self.local()?.header(key)? else {
            return Ok(SyncState::Unknown);
        };
        let mark = self.dirty.mark(record_of(&self.dirty, key, &header));
        Ok(match mark {
            Some(mark) if header.dirty != 0 => {
                let since = from_ms(mark.since);
                match mark.state {
                    State::Pending => SyncState::Dirty { since },
                    State::InFlight => SyncState::InFlight { since },
                    State::Dead => SyncState::DeadLettered { since },
                }
            }
            _ => SyncState::Clean,
        })
    }
}
