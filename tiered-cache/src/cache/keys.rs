//! The keys that are here.

use bytes::Bytes;

use super::TieredCache;
use crate::error::Result;

impl TieredCache {
    /// The next keys behind `after`, in order, that have a value here, and the key to go on behind;
    /// `None` when there are no more. A step looks at a few hundred rows, so it can come back without a
    /// key. With a remote, keys that only the remote has are not among them.
    ///
    /// Keys that are set or deleted between two steps may be there or not; all others are there once.
    ///
    /// # Errors
    /// [`Local`](crate::Error::Local), [`Corrupt`](crate::Error::Corrupt),
    /// [`Closed`](crate::Error::Closed).
    pub fn local_keys(&self, after: Option<&[u8]>) -> Result<(Vec<Bytes>, Option<Bytes>)> {
        self.core.keys_behind(after)
    }

    /// Forgets all that is here and clean, so that the next reads ask the remote; the answer is how
    /// many values it was. Nothing in a cache without a remote.
    ///
    /// # Errors
    /// As for [`local_keys`](Self::local_keys).
    pub fn evict_all_local(&self) -> Result<u64> {
        let (mut evicted, mut after) = (0, None);
        if self.core.local_only() {
            return Ok(0);
        }
        loop {
            let (keys, next) = self.local_keys(after.as_deref())?;
            for key in &keys {
                evicted += u64::from(self.evict_local(key)?);
            }
            match next {
                Some(_) => after = next,
                None => return Ok(evicted),
            }
        }
    }
}
