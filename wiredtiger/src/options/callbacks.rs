//! What a program adds to the engine while it opens a database.

use std::sync::Arc;

use crate::callbacks::{Collate, Compress, Encrypt, Extract};
use crate::options::ConnectionOptions;

impl ConnectionOptions {
    /// Registers an order of keys under a name of ASCII letters, digits and `_`, for
    /// [`TableOptions::collator`](crate::TableOptions::collator) and
    /// [`IndexOptions::collator`](crate::IndexOptions::collator). It is dropped when the database
    /// is closed.
    pub fn collator(mut self, name: impl Into<String>, collator: impl Collate) -> Self {
        let named = (name.into(), Arc::new(collator) as _);
        self.callbacks_mut().collators.push(named);
        self
    }

    /// Registers a compression under a name of ASCII letters, digits and `_`, for
    /// [`TableOptions::custom_compressor`](crate::TableOptions::custom_compressor). It is dropped
    /// when the database is closed.
    pub fn compressor(mut self, name: impl Into<String>, compressor: impl Compress) -> Self {
        let named = (name.into(), Arc::new(compressor) as _);
        self.callbacks_mut().compressors.push(named);
        self
    }

    /// Encrypts all files with an encryption of your own, in place of
    /// [`encryption`](Self::encryption). Its name, of ASCII letters, digits and `_`, is stored with
    /// the database, which cannot be opened without it. It is dropped when the database is closed.
    ///
    /// The engine calls it for whole blocks and log records. A home has one encryption for good:
    /// it is set when the home is created.
    pub fn encryptor(mut self, name: impl Into<String>, encryptor: impl Encrypt) -> Self {
        let named = (name.into(), Arc::new(encryptor) as _);
        self.callbacks_mut().encryptors = vec![named];
        self
    }

    /// Registers what makes keys of indexes, under a name of ASCII letters, digits and `_`, for
    /// [`IndexOptions::extractor`](crate::IndexOptions::extractor). It is dropped when the
    /// database is closed.
    pub fn extractor(mut self, name: impl Into<String>, extractor: impl Extract) -> Self {
        let named = (name.into(), Arc::new(extractor) as _);
        self.callbacks_mut().extractors.push(named);
        self
    }
}
