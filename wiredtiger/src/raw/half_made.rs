//! A table whose creation was cut off.
//!
//! Creating a table writes three entries into the metadata, one after the other, and a kill can
//! come in between: then the table is there, cannot be used, and creating it again says that it is
//! there (rule 50). The missing entries can be made up for.

use std::ffi::{CStr, CString};

use super::metadata::contains;
use super::session::RawSession;
use crate::config::ConfigString;
use crate::error::Result;

impl RawSession {
    /// Finishes the creation of the table `uri`; `false` if it is not one of this kind.
    pub(crate) fn finish_creation(&mut self, uri: &CStr, config: &ConfigString) -> Result<bool> {
        let Some(name) = uri.to_bytes().strip_prefix(b"table:") else {
            return Ok(false);
        };
        let group = [b"colgroup:", name].concat();
        let Ok(group) = CString::new(group) else {
            return Ok(false);
        };
        // A table with column groups of its own waits for its owner to create them.
        let plain = self.metadata(uri)?.is_some_and(|text| {
            contains(&text, b"colgroups=,") || contains(&text, b"colgroups=()")
        });
        if !plain || self.metadata(&group)?.is_some() {
            return Ok(false);
        }
        tracing::warn!(uri = %uri.to_string_lossy(), "a table was half made: it is finished");
        self.create(&group, config)?;
        Ok(true)
    }
}
