//! Reading the log.

use std::fmt;

use wiredtiger_sys as ffi;

use crate::config::Config;
use crate::error::Result;
use crate::fields::Fields;
use crate::raw::LooseCursor;
use crate::session::Session;

/// A place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPosition {
    /// The number of the log file.
    pub file: u32,
    /// In bytes from the beginning of the file.
    pub offset: u32,
}

/// What kind of record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogRecordKind {
    /// A checkpoint.
    Checkpoint,
    /// A commit; its operations follow, one entry each.
    Commit,
    /// A file was written to the disk.
    FileSync,
    /// A text, by [`Session::log_message`].
    Message,
    /// One of the engine's own.
    System,
    /// Another one, by the engine's number.
    Other(u32),
}

/// What an operation of a commit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogOperation {
    /// None: the entry is the record as a whole.
    None,
    /// A value was stored.
    Put,
    /// A part of a value was changed.
    Modify,
    /// An entry was removed.
    Remove,
    /// A range of entries was removed.
    Truncate,
    /// Another one, by the engine's number.
    Other(u32),
}

/// An entry of the log: a record as a whole, or one operation of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogEntry {
    /// Where the record begins.
    pub position: LogPosition,
    /// 0 for the record as a whole, then one more for each operation of a commit.
    pub counter: u32,
    /// The engine's number of the transaction; 0 where there is none.
    pub transaction: u64,
    /// What the record is.
    pub kind: LogRecordKind,
    /// What the operation did.
    pub operation: LogOperation,
    /// The engine's number of the file: `id=` in its [metadata](Session::metadata). 0 where there
    /// is none.
    pub file_id: u32,
    /// The packed key of the operation.
    pub key: Vec<u8>,
    /// The packed value of the operation, or the record.
    pub value: Vec<u8>,
}

impl LogEntry {
    fn read(cursor: &LooseCursor<'_>) -> Result<Self> {
        // III and qIIIuu.
        let mut key = Fields::new(cursor.key()?);
        let mut value = Fields::new(cursor.value()?);
        Ok(Self {
            position: LogPosition {
                file: key.unsigned32()?,
                offset: key.unsigned32()?,
            },
            counter: key.unsigned32()?,
            transaction: value.signed()?.cast_unsigned(),
            kind: match value.unsigned32()? {
                ffi::WT_LOGREC_CHECKPOINT => LogRecordKind::Checkpoint,
                ffi::WT_LOGREC_COMMIT => LogRecordKind::Commit,
                ffi::WT_LOGREC_FILE_SYNC => LogRecordKind::FileSync,
                ffi::WT_LOGREC_MESSAGE => LogRecordKind::Message,
                ffi::WT_LOGREC_SYSTEM => LogRecordKind::System,
                other => LogRecordKind::Other(other),
            },
            operation: match value.unsigned32()? {
                ffi::WT_LOGOP_INVALID => LogOperation::None,
                ffi::WT_LOGOP_COL_PUT | ffi::WT_LOGOP_ROW_PUT => LogOperation::Put,
                ffi::WT_LOGOP_COL_MODIFY | ffi::WT_LOGOP_ROW_MODIFY => LogOperation::Modify,
                ffi::WT_LOGOP_COL_REMOVE | ffi::WT_LOGOP_ROW_REMOVE => LogOperation::Remove,
                ffi::WT_LOGOP_COL_TRUNCATE | ffi::WT_LOGOP_ROW_TRUNCATE => LogOperation::Truncate,
                other => LogOperation::Other(other),
            },
            file_id: value.unsigned32()?,
            key: value.sized()?.to_vec(),
            value: value.rest().to_vec(),
        })
    }

    /// The text of a [message](LogRecordKind::Message).
    #[must_use]
    pub fn message(&self) -> Option<String> {
        if self.kind != LogRecordKind::Message {
            return None;
        }
        let text = self
            .value
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default();
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

/// The log, from its oldest record on. No log file is removed while it is open.
pub struct Log<'s> {
    cursor: LooseCursor<'s>,
}

impl Session {
    /// Reads the log, up to what is committed now and written out: see
    /// [`log_flush`](Self::log_flush).
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) or
    /// [`NotSupported`](crate::ErrorKind::NotSupported): the connection has no log.
    pub fn log(&self) -> Result<Log<'_>> {
        let cursor = self.raw().open_loose(c"log:", &Config::new().finish())?;
        Ok(Log { cursor })
    }
}

impl Iterator for Log<'_> {
    type Item = Result<LogEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.cursor.next() {
            Ok(false) => None,
            Ok(true) => Some(LogEntry::read(&self.cursor)),
            Err(error) => Some(Err(error)),
        }
    }
}

impl fmt::Debug for Log<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}
