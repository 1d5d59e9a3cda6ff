//! Entries at random.

use std::fmt;
use std::marker::PhantomData;

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::pack::Pack;
use crate::raw::LooseCursor;
use crate::session::Session;
use crate::table::Table;

/// Copies of entries chosen at random, over and over: it ends only when the table is empty. An entry
/// can come several times. For estimates: the choice is not even where pages hold different
/// numbers of entries.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions};
///
/// let orders: Table<u64, u64> = session.create_table("orders", &TableOptions::new())?;
/// for number in 0..100 {
///     session.put(&orders, number, 5)?;
/// }
/// let mut sum = 0;
/// for entry in session.sample(&orders)?.take(10) {
///     sum += entry?.1;
/// }
/// assert_eq!(sum, 50);
/// # Ok(())
/// # }
/// ```
pub struct Sample<'s, K, V> {
    cursor: LooseCursor<'s>,
    types: PhantomData<fn() -> (K, V)>,
}

impl Session {
    /// Entries of a table at random. A step costs some microseconds, on pages that were written to
    /// lately a hundred.
    ///
    /// # Errors
    /// As for [`sample_of`](Self::sample_of).
    pub fn sample<K: Pack, V: Pack>(&self, table: &Table<K, V>) -> Result<Sample<'_, K, V>> {
        self.open_sample(table, &Config::new())
    }

    /// Entries of a table at random, of which the first `count` are spread over the table: to cut it
    /// into parts, for example.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): the table is another connection's, or
    /// `count` is zero.
    pub fn sample_of<K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        count: u32,
    ) -> Result<Sample<'_, K, V>> {
        if count == 0 {
            let why = "a sample has one entry at least";
            return Err(Error::new(ErrorKind::InvalidArgument, "sample", why));
        }
        let mut config = Config::new();
        config.set("next_random_sample_size", count);
        self.open_sample(table, &config)
    }

    fn open_sample<K: Pack, V: Pack>(
        &self,
        table: &Table<K, V>,
        config: &Config,
    ) -> Result<Sample<'_, K, V>> {
        let config = config.clone().set("next_random", true).finish();
        Ok(Sample {
            cursor: self.raw().open_loose_on(self.slot(table)?, &config)?,
            types: PhantomData,
        })
    }
}

impl<K: Pack, V: Pack> Iterator for Sample<'_, K, V> {
    type Item = Result<(K, V)>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.cursor.next() {
            Ok(false) => None,
            Ok(true) => Some(self.entry()),
            Err(error) => Some(Err(error)),
        }
    }
}

impl<K: Pack, V: Pack> Sample<'_, K, V> {
    fn entry(&self) -> Result<(K, V)> {
        let key = K::unpack(self.cursor.key()?).map(K::to_owned)?;
        let value = V::unpack(self.cursor.value()?).map(V::to_owned)?;
        Ok((key, value))
    }
}

impl<K, V> fmt::Debug for Sample<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").finish_non_exhaustive()
    }
}
