//! A value in the engine's memory, held in place by its cursor.

use std::ptr::NonNull;

use super::RawCursor;
use crate::error::Result;

/// The packed value at a cursor's position. Reading it calls no engine function, so it is possible
/// anywhere, in a callback of the engine too.
pub(crate) struct RawValue<'t> {
    bytes: NonNull<[u8]>,
    /// Never moved again: dropping it gives up the position.
    cursor: RawCursor<'t>,
}

impl<'t> RawValue<'t> {
    /// `cursor` is at an entry.
    #[inline]
    pub(crate) fn new(cursor: RawCursor<'t>) -> Result<Self> {
        let bytes = NonNull::from(cursor.value()?);
        Ok(Self { bytes, cursor })
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the memory is valid until the cursor moves, which it does when `self` is
        // dropped, or until its session, which it borrows, moves memory (rule 18).
        unsafe { self.bytes.as_ref() }
    }

    pub(crate) fn uri(&self) -> String {
        self.cursor.uri()
    }
}
