//! Types whose packing alone is that as one column of several.

use super::{Pack, decode};
use crate::error::Result;

/// [`Pack::pack`] by [`Pack::append`].
#[inline]
pub(super) fn pack_alone<'v, 's, 'o, T: Pack>(
    value: T::Ref<'v>,
    scratch: &'s mut Vec<u8>,
) -> Result<&'o [u8]>
where
    'v: 'o,
    's: 'o,
{
    scratch.clear();
    T::append(value, true, scratch)?;
    Ok(scratch)
}

/// [`Pack::unpack`] by [`Pack::take`].
#[inline]
pub(super) fn unpack_alone<T: Pack>(mut bytes: &[u8]) -> Result<T::Ref<'_>> {
    let value = T::take(&mut bytes, true)?;
    if bytes.is_empty() {
        Ok(value)
    } else {
        Err(decode("there are bytes after the last column"))
    }
}
