//! What a program adds to the engine: the order of keys, compression, encryption, keys of indexes.
//!
//! The engine calls these on any thread, with its locks held: while it searches, writes pages out
//! or takes a checkpoint. They must not call the database, and get an error if they do. A panic is
//! parked and goes on in a call of the session, after the engine has failed the operation.

use std::cmp::Ordering;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::pack::{Format, Value};

/// An order of keys.
///
/// A table or an index names it when it is created, and then it is needed each time that the
/// database is opened; see [`ConnectionOptions::collator`](crate::ConnectionOptions::collator). It
/// must be one order of all keys that never changes: where it is not, keys are not found any more.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// use std::cmp::Ordering;
/// use wiredtiger::{Collate, Connection, Pack, Table, TableOptions};
///
/// struct Reverse;
///
/// impl Collate for Reverse {
///     fn compare(&self, one: &[u8], other: &[u8]) -> Ordering {
///         other.cmp(one)
///     }
/// }
///
/// let connection = Connection::options().collator("reverse", Reverse).open_in_memory()?;
/// let mut session = connection.open_session()?;
/// let options = TableOptions::new().collator("reverse");
/// let table: Table<u64, String> = session.create_table("t", &options)?;
/// session.put(&table, 1, "one")?;
/// session.put(&table, 2, "two")?;
/// let first = session.range(&table, ..)?.into_iter().next().transpose()?;
/// assert_eq!(first, Some((2, "two".into())));
/// # Ok(())
/// # }
/// ```
pub trait Collate: Send + Sync + 'static {
    /// How two packed keys compare. [`Pack::unpack`](crate::Pack::unpack) reads them.
    fn compare(&self, one: &[u8], other: &[u8]) -> Ordering;
}

/// A compression of blocks.
///
/// A table names it when it is created, and then it is needed each time that the database is
/// opened; see [`ConnectionOptions::compressor`](crate::ConnectionOptions::compressor). An error
/// fails the write or the read, and can stop the database.
pub trait Compress: Send + Sync + 'static {
    /// Writes the compressed `source` into `target` and returns how many bytes that are; `None` if
    /// they do not fit, or the source is better stored as it is.
    ///
    /// # Errors
    /// What keeps it from working at all.
    fn compress(&self, source: &[u8], target: &mut [u8]) -> io::Result<Option<usize>>;

    /// Writes what was compressed into `target`, which is as large as the original, and returns
    /// how many bytes that are. `source` can be longer than what [`compress`](Self::compress)
    /// made: store the length in it where the end is not to be seen otherwise.
    ///
    /// # Errors
    /// The source is not what was compressed.
    fn decompress(&self, source: &[u8], target: &mut [u8]) -> io::Result<usize>;

    /// How large the target of a source should be. Default: as large as the source. At most twice
    /// the source and 64 KiB.
    fn target_len(&self, source_len: usize) -> usize {
        source_len
    }
}

/// An encryption of all files of a database.
///
/// It holds the key itself; see
/// [`ConnectionOptions::encryptor`](crate::ConnectionOptions::encryptor).
pub trait Encrypt: Send + Sync + 'static {
    /// Writes the encrypted `source` into `target`, which is larger by
    /// [`overhead`](Self::overhead), and returns how many bytes that are. They should be
    /// authenticated: the engine relies on an error when they were changed.
    ///
    /// # Errors
    /// What keeps it from working.
    fn encrypt(&self, source: &[u8], target: &mut [u8]) -> io::Result<usize>;

    /// Writes the decrypted `source` into `target`, which is as large, and returns how many bytes
    /// that are.
    ///
    /// # Errors
    /// The source was not encrypted with this key, or was changed.
    fn decrypt(&self, source: &[u8], target: &mut [u8]) -> io::Result<usize>;

    /// By how many bytes encrypted data is larger, at most 64 KiB: room for a nonce and a
    /// checksum.
    fn overhead(&self) -> usize;
}

/// Makes the keys of an index out of a row: none, one or several.
///
/// An index names it when it is created, see
/// [`IndexOptions::extractor`](crate::IndexOptions::extractor); and then it is needed each time
/// that the database is opened, see
/// [`ConnectionOptions::extractor`](crate::ConnectionOptions::extractor). The same row must always
/// give the same keys: the index is wrong otherwise.
pub trait Extract: Send + Sync + 'static {
    /// Adds the keys of the row with this packed `key` and `value` to `keys`.
    /// [`Pack::unpack`](crate::Pack::unpack) reads them, or [`Format::unpack`].
    ///
    /// # Errors
    /// What keeps the row from being stored.
    fn extract(&self, key: &[u8], value: &[u8], keys: &mut ExtractedKeys<'_>) -> Result<()>;
}

/// Where an [`Extract`] puts the keys of a row.
pub struct ExtractedKeys<'a> {
    /// Of the columns of the index, and a byte that the engine wants after them.
    format: &'a Format,
    scratch: Vec<u8>,
    insert: &'a mut dyn FnMut(&[u8]) -> Result<()>,
}

impl<'a> ExtractedKeys<'a> {
    pub(crate) fn new(format: &'a Format, insert: &'a mut dyn FnMut(&[u8]) -> Result<()>) -> Self {
        Self {
            format,
            scratch: Vec::new(),
            insert,
        }
    }

    /// Adds a key of the index: one value for each of its columns.
    ///
    /// # Errors
    /// - [`Encode`](crate::ErrorKind::Encode): they are not values of these columns.
    /// - [`Rollback`](crate::ErrorKind::Rollback) and others of a write.
    pub fn add(&mut self, key: &[Value<'_>]) -> Result<()> {
        self.format.pack_into_vec(key, &mut self.scratch)?;
        (self.insert)(&self.scratch)
    }
}

impl fmt::Debug for ExtractedKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtractedKeys")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// One callback, and the name that tables and indexes know it by.
pub(crate) type Named<T> = (String, Arc<T>);

/// All that a connection is opened with.
#[derive(Clone, Default)]
pub(crate) struct Callbacks {
    pub(crate) collators: Vec<Named<dyn Collate>>,
    pub(crate) compressors: Vec<Named<dyn Compress>>,
    pub(crate) encryptors: Vec<Named<dyn Encrypt>>,
    pub(crate) extractors: Vec<Named<dyn Extract>>,
}

impl Callbacks {
    fn names(&self) -> [(&'static str, Vec<&String>); 4] {
        fn of<T: ?Sized>(list: &[Named<T>]) -> Vec<&String> {
            list.iter().map(|(name, _)| name).collect()
        }
        [
            ("collator", of(&self.collators)),
            ("compressor", of(&self.compressors)),
            ("encryptor", of(&self.encryptors)),
            ("extractor", of(&self.extractors)),
        ]
    }

    /// Names are unique, and such that they can stand in settings.
    pub(crate) fn check(&self) -> Result<()> {
        for (kind, names) in self.names() {
            let names = crate::name::checked(kind, names)?;
            // To the engine these two are the absence of one.
            if let Some(none) = names.iter().find(|name| *name == "none") {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "configuration",
                    format!("a {kind} cannot be called {none:?}"),
                ));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.names()).finish()
    }
}
