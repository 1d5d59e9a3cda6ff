//! What names a table.

use std::ffi::CString;

use crate::dynamic::DynTable;
use crate::error::Result;
use crate::name::table_uri;
use crate::pack::Pack;
use crate::session::Session;
use crate::table::Table;

/// A table by its handle or by its name: `&table` or `"towns"`. For what is done to a table as a
/// whole, which does not need to know its types.
///
/// The trait is sealed.
pub trait Named: sealed::Sealed {
    /// The table's URI.
    #[doc(hidden)]
    fn uri(&self, session: &Session) -> Result<Uri>;
}

/// The URI of a table, which only this crate can look at.
#[derive(Debug)]
pub struct Uri(pub(crate) CString);

impl Named for str {
    fn uri(&self, _: &Session) -> Result<Uri> {
        // The name has been checked: it holds no NUL.
        Ok(Uri(CString::new(table_uri(self)?).unwrap_or_default()))
    }
}

impl Named for String {
    fn uri(&self, session: &Session) -> Result<Uri> {
        self.as_str().uri(session)
    }
}

impl<K: Pack, V: Pack> Named for Table<K, V> {
    fn uri(&self, session: &Session) -> Result<Uri> {
        let slot = session.slot(self)?;
        Ok(Uri(session.shared().tables.get(slot)?.uri.clone()))
    }
}

/// Not of an index or of some columns: a table as a whole is meant.
impl Named for DynTable {
    fn uri(&self, session: &Session) -> Result<Uri> {
        let slot = self.slot_to_write(session)?;
        Ok(Uri(session.shared().tables.get(slot)?.uri.clone()))
    }
}

mod sealed {
    use super::{DynTable, Pack, Table};

    pub trait Sealed {}
    impl Sealed for str {}
    impl Sealed for String {}
    impl<K: Pack, V: Pack> Sealed for Table<K, V> {}
    impl Sealed for DynTable {}
}
