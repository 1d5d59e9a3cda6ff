//! Tables that were written without a log, in a database that has one from now on.
//!
//! A file remembers up to where its last checkpoint covers the log. Without a log that is the end
//! of all logs, and recovery would skip whatever is logged for the file later (rule 44).

use std::ffi::{CStr, CString};

use super::metadata::contains;
use super::session::RawSession;
use crate::error::Result;
use crate::options::CheckpointOptions;

/// What the metadata says of a file whose last checkpoint had no log: the largest position. Tables
/// that are never logged say it, too, and text that a user stored with a table may: one checkpoint
/// too many does no harm.
const NO_LOG: &[u8] = b"checkpoint_lsn=(4294967295,2147483647)";

impl RawSession {
    /// Takes a checkpoint that covers the files that were last written without a log. The
    /// session keeps their cursors open and is to be dropped.
    pub(crate) fn cover_unlogged_files(&mut self) -> Result<()> {
        let files = self.unlogged_files()?;
        if files.is_empty() {
            return Ok(());
        }
        tracing::info!(
            files = files.len(),
            "tables written without a log are checkpointed"
        );
        for uri in &files {
            // A checkpoint passes over files that are not open. One that cannot be opened cannot
            // be written to either.
            if let Err(error) = self.open_handle(uri, c"") {
                tracing::warn!(%error, "a table could not be checkpointed");
            }
        }
        let options = CheckpointOptions::new().force(true);
        self.checkpoint(&options.config()?.finish())
    }

    fn unlogged_files(&mut self) -> Result<Vec<CString>> {
        let mut files = Vec::new();
        self.visit_metadata(|uri, settings| {
            let ours = uri.starts_with(b"file:") && !uri.starts_with(b"file:WiredTiger");
            if ours && contains(settings, NO_LOG) {
                files.extend(CStr::from_bytes_until_nul(uri).ok().map(CStr::to_owned));
            }
        })?;
        Ok(files)
    }
}
