//! Whether a home belongs to a cache with a remote or to one without.

use crate::error::{Error, Result};
use crate::local::Local;

const KIND_KEY: &str = "kind";
const LOCAL_ONLY: &[u8] = b"local_only";

impl Local {
    /// Refuses a home of the other kind: what a cache without a remote has written is not marked
    /// dirty, so that a remote would never get it, and what one with a remote has written can be dirty
    /// or old.
    pub(crate) fn check_kind(&self, local_only: bool) -> Result<()> {
        let mut session = self.session()?;
        let stored = session.get_owned(&self.meta, KIND_KEY)?;
        match (stored.as_deref(), local_only) {
            (Some(LOCAL_ONLY), true) | (None, false) => Ok(()),
            (Some(LOCAL_ONLY), false) => Err(Error::Config(format!(
                "the home {} belongs to a cache without a remote: use another folder for one with \
                 a remote",
                self.home().display()
            ))),
            (Some(other), _) => Err(Error::Corrupt(format!("the home has the kind {other:?}"))),
            (None, true) => {
                let is_empty = session.range(&self.entries, ..)?.next()?.is_none();
                if !is_empty {
                    return Err(Error::Config(format!(
                        "the home {} belongs to a cache with a remote: use another folder for one \
                         without",
                        self.home().display()
                    )));
                }
                Ok(session.put(&self.meta, KIND_KEY, LOCAL_ONLY)?)
            }
        }
    }
}
