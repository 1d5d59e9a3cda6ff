//! What is asked of the write path, and what it answers.

use crate::error::{Error, Limit};
use crate::local::dirty::RecordId;
use crate::local::key::KeyHash;

/// What happens to a key's expiry when its value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    Never,
    /// Milliseconds since the epoch.
    At(u64),
    /// It stays as it is.
    Keep,
}

/// A change of one key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'a> {
    Set {
        value: &'a [u8],
        expiry: Expiry,
    },
    Delete,
    /// Only the expiry changes; 0: never.
    Expire {
        at: u64,
    },
}

/// What the remote was found to have, for changes that depend on what is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known<'a> {
    /// It was not asked.
    NotAsked,
    /// It has this, or nothing. For a key that is not here.
    Remote(Option<(&'a [u8], Option<u64>)>),
    /// It cannot be asked: an old row has to do.
    Unavailable,
}

/// A key and its change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) hash: KeyHash,
    pub(crate) change: Change<'a>,
    pub(crate) known: Known<'a>,
    /// The version that the row must have for the change to be made; 0: there must be none.
    pub(crate) expected: Option<u64>,
    /// The generation before the remote was asked for `known`: if it has moved, `known` may be older
    /// than a change of this node.
    pub(crate) generation: Option<u64>,
}

impl<'a> Item<'a> {
    pub(crate) fn new(key: &'a [u8], change: Change<'a>) -> Self {
        Self {
            key,
            hash: KeyHash::of(key),
            change,
            known: Known::NotAsked,
            expected: None,
            generation: None,
        }
    }
}

/// A change that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applied {
    pub(crate) version: u64,
    pub(crate) record: RecordId,
    /// Whether the key had a value before; `None` when it is not known here.
    pub(crate) existed: Option<bool>,
    /// False for a change of the expiry of a key that is absent: nothing was written.
    pub(crate) written: bool,
}

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no room for one more dirty key.
    Full(Limit),
    /// The change depends on what the remote has.
    AskRemote,
    /// The key has changed since the change was prepared.
    Changed,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
