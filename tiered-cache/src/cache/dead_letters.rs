//! The dead letters of a cache.

use super::TieredCache;
use crate::error::Result;
use crate::write_behind::{self, DeadLetter};

/// Keys that the remote refused for good, and what to do about them.
///
/// Their local values are served as before. Nothing but a call here, or another write of the key,
/// changes that.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    cache: TieredCache,
}

impl TieredCache {
    /// The dead letters.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters {
            cache: self.clone(),
        }
    }
}

impl DeadLetters {
    /// All of them, discarded ones included, in the order in which their keys became dirty.
    ///
    /// # Errors
    /// [`Local`](crate::Error::Local), [`Corrupt`](crate::Error::Corrupt),
    /// [`Closed`](crate::Error::Closed).
    pub fn list(&self) -> Result<Vec<DeadLetter>> {
        write_behind::list(&*self.cache.core.local()?)
    }

    /// Sends a key again: whatever was wrong at the remote has been mended. False when it is no
    /// dead letter.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    pub fn retry(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        let core = &self.cache.core;
        write_behind::retry(&*core.local()?, &core.dirty, key.as_ref())
    }

    /// Sends all of them again. The answer is how many.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    pub fn retry_all(&self) -> Result<usize> {
        let mut retried = 0;
        for letter in self.list()? {
            if !letter.discarded && self.retry(&letter.key)? {
                retried += 1;
            }
        }
        Ok(retried)
    }

    /// Gives the local change of a key up: the next read asks the remote. The letter stays in the
    /// list, with the value, as discarded. False when the key is no dead letter.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    pub fn discard(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        let core = &self.cache.core;
        let discarded = write_behind::discard(&*core.local()?, &core.dirty, key.as_ref())?;
        if discarded {
            core.counters.discarded.add(1);
            tracing::warn!(
                key = %key.as_ref().escape_ascii(),
                "a change that the remote refused was discarded"
            );
        }
        Ok(discarded)
    }

    /// Removes the discarded letters of a key from the list, with what they keep. The answer is how
    /// many there were.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    pub fn forget_discarded(&self, key: impl AsRef<[u8]>) -> Result<usize> {
        write_behind::forget_discarded(&*self.cache.core.local()?, key.as_ref())
    }
}
