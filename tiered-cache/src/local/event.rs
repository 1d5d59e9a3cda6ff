//! What changes of rows tell watchers.

use crate::feed::{Attempt, EventKind, Told};
use crate::local::header::{Header, Kind, Origin};

/// What there is to tell of a row that has a value.
pub(super) fn written<'a>(
    key: &'a [u8],
    value: &'a [u8],
    header: &Header,
    was_here: bool,
    previous: Option<&'a [u8]>,
) -> Told<'a> {
    Told {
        kind: if was_here {
            EventKind::Modified
        } else {
            EventKind::Added
        },
        key,
        value: Some(value),
        previous,
        version: header.version,
        expires: header.expires,
        origin: header.origin,
    }
}

/// What there is to tell of a value that is gone.
pub(crate) fn removed<'a>(
    kind: EventKind,
    key: &'a [u8],
    previous: Option<&'a [u8]>,
    version: u64,
    origin: Origin,
) -> Told<'a> {
    Told {
        kind,
        key,
        value: None,
        previous,
        version,
        expires: 0,
        origin,
    }
}

/// The value before a change, for its event: if there was one, and anybody can be told.
pub(crate) fn previous(attempt: &Attempt<'_>, header: &Header, value: &[u8]) -> Option<Vec<u8>> {
    (attempt.is_watched() && header.kind == Kind::Value).then(|| value.to_vec())
}
