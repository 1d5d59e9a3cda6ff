//! Read-modify-write decided on this node.

use std::time::{Duration, SystemTime};

use super::TieredCache;
use super::answers::{Expiry, SetOptions};
use super::decide::Decision;
use super::write::at_ms;
use crate::clock::from_ms;
use crate::error::Result;

/// What a key is, for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Current<'a> {
    /// The bytes.
    pub value: &'a [u8],
    /// When it expires; `None`: never.
    pub expires_at: Option<SystemTime>,
}

/// What is to become of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Update {
    /// It stays as it is.
    Nothing,
    /// It gets a value.
    Set {
        /// The bytes.
        value: Vec<u8>,
        /// When it expires.
        expiry: Expiry,
    },
    /// It keeps its value, if it has one, and expires at another time; `None`: never.
    Expire(Option<SystemTime>),
    /// It goes.
    Delete,
}

impl TieredCache {
    /// Lets `decide` say what becomes of `key`, by what it is now, as one step: nothing comes in
    /// between. This node decides, whatever
    /// [`read_modify_write`](crate::WriteConfig::read_modify_write) says: right only when no other
    /// program writes the key. `decide` runs again when the key has changed meanwhile.
    ///
    /// # Errors
    /// As for [`set_with`](Self::set_with), and as for [`get`](Self::get) when the key is not here.
    ///
    /// # Cancel safety
    /// Cancelled, it may have been done or not.
    ///
    /// # Examples
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let dir = tempfile::tempdir().unwrap();
    /// use tiered_cache::{Expiry, TieredCache, Update};
    ///
    /// let cache = TieredCache::builder(dir.path()).local_only().open().await?;
    /// let before = cache
    ///     .update("flag", |entry| match entry {
    ///         Some(entry) => (entry.value.to_vec(), Update::Delete),
    ///         None => (Vec::new(), Update::Set { value: b"on".to_vec(), expiry: Expiry::Never }),
    ///     })
    ///     .await?;
    /// assert!(before.is_empty());
    /// # Ok::<(), tiered_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn update<T>(
        &self,
        key: impl AsRef<[u8]>,
        mut decide: impl FnMut(Option<Current<'_>>) -> (T, Update),
    ) -> Result<T> {
        let by = |before: Option<&crate::local::Copied>| {
            let (answer, update) = decide(before.map(|before| Current {
                value: &before.value,
                expires_at: before.expires_at.map(from_ms),
            }));
            let decision = match update {
                Update::Nothing => Decision::Nothing,
                Update::Set { value, expiry } => {
                    Decision::Set(value, SetOptions::new().expiry(expiry).local_expiry())
                }
                Update::Expire(at) => Decision::Expire(at.map_or(0, at_ms)),
                Update::Delete => Decision::Delete,
            };
            Ok((answer, decision))
        };
        self.core
            .decide_by(key.as_ref(), SetOptions::new(), by)
            .await
    }

    /// Waits until the remote has the last change of `key`, at most for `deadline`; nothing to do for a
    /// key that is clean, or not here.
    ///
    /// # Errors
    /// - [`RemoteUnavailable`](crate::Error::RemoteUnavailable): it was not acknowledged in time.
    /// - [`DeadLettered`](crate::Error::DeadLettered): the remote has refused it for good.
    /// - [`Local`](crate::Error::Local), [`Closed`](crate::Error::Closed).
    ///
    /// # Cancel safety
    /// Cancel safe: the write goes on.
    pub async fn flush_key(&self, key: impl AsRef<[u8]>, deadline: Duration) -> Result<()> {
        self.core.settle(key.as_ref(), deadline).await
    }
}
