//! A value in the engine's memory.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::error::Result;
use crate::pack::Pack;
use crate::raw::RawValue;

/// A value read in place: no copy was made.
///
/// It borrows its session, so the session cannot write, begin or end a transaction before the
/// value is dropped; other reads go on. While it lives, the engine keeps the page and the
/// snapshot: take what you need and drop it, or copy the value with
/// [`into_owned`](Self::into_owned).
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions};
///
/// let blobs: Table<u64, Vec<u8>> = session.create_table("blobs", &TableOptions::new())?;
/// session.put(&blobs, 7, b"seven")?;
/// if let Some(value) = session.get(&blobs, 7)? {
///     assert_eq!(value.get()?, b"seven");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct ValueRef<'t, V> {
    raw: RawValue<'t>,
    value: PhantomData<fn() -> V>,
}

impl<'t, V: Pack> ValueRef<'t, V> {
    #[inline]
    pub(crate) fn new(raw: RawValue<'t>) -> Self {
        Self {
            raw,
            value: PhantomData,
        }
    }

    /// The value, borrowed from the engine.
    ///
    /// # Errors
    /// [`Decode`](crate::ErrorKind::Decode) when the stored bytes are not what the type says.
    #[inline]
    pub fn get(&self) -> Result<V::Ref<'_>> {
        V::unpack(self.packed()).map_err(|error| self.raw.undecodable(error))
    }

    /// A copy of the value; the cursor goes back to the session.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    #[inline]
    pub fn into_owned(self) -> Result<V> {
        self.get().map(V::to_owned)
    }

    /// The bytes as they are stored.
    #[inline]
    #[must_use]
    pub fn packed(&self) -> &[u8] {
        self.raw.bytes()
    }
}

/// Bytes need no decoding.
impl Deref for ValueRef<'_, Vec<u8>> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.packed()
    }
}

impl AsRef<[u8]> for ValueRef<'_, Vec<u8>> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<V: Pack> fmt::Debug for ValueRef<'_, V>
where
    for<'a> V::Ref<'a>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Ok(value) => f.debug_tuple("ValueRef").field(&value).finish(),
            Err(error) => f.debug_tuple("ValueRef").field(&error).finish(),
        }
    }
}
