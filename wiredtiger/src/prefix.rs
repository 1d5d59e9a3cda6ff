//! The entries whose keys begin with something.

use crate::checkpoint_view::CheckpointView;
use crate::error::{Error, ErrorKind, Result};
use crate::pack::Pack;
use crate::range::{Range, set_packed_bounds};
use crate::raw::{Bound, RawCursor};
use crate::session::Session;
use crate::table::Table;

/// A type of keys that have a beginning: `String` and `Vec<u8>`.
///
/// The trait is sealed.
pub trait PrefixKey: Pack + sealed::Sealed {}

impl PrefixKey for String {}
impl PrefixKey for Vec<u8> {}

mod sealed {
    use crate::pack::Pack;

    pub trait Sealed: Pack {
        /// The bytes of a prefix, without what a packed key has behind them.
        #[doc(hidden)]
        fn bytes<'b>(prefix: Self::Ref<'b>) -> &'b [u8];

        /// What a packed key has behind its bytes.
        #[doc(hidden)]
        const END: &'static [u8];
    }

    impl Sealed for String {
        fn bytes<'b>(prefix: Self::Ref<'b>) -> &'b [u8] {
            prefix.as_bytes()
        }

        const END: &'static [u8] = b"\0";
    }

    impl Sealed for Vec<u8> {
        fn bytes<'b>(prefix: Self::Ref<'b>) -> &'b [u8] {
            prefix
        }

        const END: &'static [u8] = b"";
    }
}

impl Session {
    /// The entries whose keys begin with `prefix`, in their order; all of them if it is empty.
    ///
    /// # Errors
    /// - As for [`range`](Self::range), about the prefix.
    /// - [`NotSupported`](ErrorKind::NotSupported): the table has a collator, so that such keys need
    ///   not be side by side.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> wiredtiger::Result<()> {
    /// # let connection = wiredtiger::Connection::options().open_in_memory()?;
    /// # let mut session = connection.open_session()?;
    /// use wiredtiger::{Table, TableOptions};
    ///
    /// let users: Table<String, u64> = session.create_table("users", &TableOptions::new())?;
    /// for (number, name) in ["ann", "anna", "anton", "bert"].into_iter().enumerate() {
    ///     session.put(&users, name, number as u64)?;
    /// }
    /// let mut found = session.prefix(&users, "ann")?.rev();
    /// assert_eq!(found.next()?, Some(("anna", 1)));
    /// assert_eq!(found.next()?, Some(("ann", 0)));
    /// assert_eq!(found.next()?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn prefix<K: PrefixKey, V: Pack>(
        &self,
        table: &Table<K, V>,
        prefix: K::Ref<'_>,
    ) -> Result<Range<'_, K, V>> {
        let mut cursor = self.raw().cursor(self.slot(table)?)?;
        if cursor.has_collator()? {
            let why = "in the order of a collator keys with a prefix need not be side by side";
            return Err(Error::new(ErrorKind::NotSupported, "prefix", why));
        }
        let bytes = K::bytes(prefix);
        if let Some(at) = bytes.iter().position(|byte| K::END.contains(byte)) {
            return Err(crate::pack::interior_nul(at));
        }
        let from = [bytes, K::END].concat();
        let to = after(bytes).map(|bytes| [&bytes[..], K::END].concat());
        let lower = (!bytes.is_empty()).then_some((Bound::LowerInclusive, &from[..]));
        let upper = to.as_deref().map(|to| (Bound::UpperExclusive, to));
        set_packed_bounds(&mut cursor, lower, upper, RawCursor::set_bound)?;
        Ok(Range::of(cursor))
    }
}

impl CheckpointView<'_> {
    /// The entries whose keys begin with `prefix`, as [`Session::prefix`] has them.
    ///
    /// # Errors
    /// As for [`get`](Self::get) and [`Session::prefix`].
    pub fn prefix<K: PrefixKey, V: Pack>(
        &self,
        table: &Table<K, V>,
        prefix: K::Ref<'_>,
    ) -> Result<Range<'_, K, V>> {
        self.session().prefix(&self.old_table(table)?, prefix)
    }
}

/// The first bytes behind all that begin with these; nothing if there are none.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut bytes = prefix[..=last].to_vec();
    bytes[last] += 1;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_behind_a_prefix_are_the_least() {
        assert_eq!(after(b"an").as_deref(), Some(&b"ao"[..]));
        assert_eq!(after(b"a\xff\xff").as_deref(), Some(&b"b"[..]));
        assert_eq!(after(b"\xff"), None);
        assert_eq!(after(b""), None);
    }
}
