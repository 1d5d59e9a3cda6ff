//! What a table takes of its disk.

use std::ffi::{CStr, CString};

use bytesize::ByteSize;

use super::session::RawSession;
use crate::config::ConfigString;
use crate::error::{Error, ErrorKind, Result};
use crate::space::TableSpace;

impl RawSession {
    /// The size of the file of a table `uri`, and of what its last checkpoint refers to.
    pub(crate) fn table_space(&mut self, uri: &CStr) -> Result<TableSpace> {
        let Some(name) = uri.to_bytes().strip_prefix(b"table:") else {
            return Ok(TableSpace::default());
        };
        let name = String::from_utf8_lossy(name);
        let file = format!("{name}.wt");
        let Ok(file_uri) = CString::new(format!("file:{file}")) else {
            return Ok(TableSpace::default());
        };
        let Some(text) = self.metadata(&file_uri)? else {
            return Err(Error::engine(
                wiredtiger_sys::WT_NOTFOUND,
                "metadata",
                "it has no file".to_owned(),
            )
            .on(&uri.to_string_lossy()));
        };
        let live = last_checkpoint_size(&text);
        let file = match std::fs::metadata(self.connection().home().path().join(file)) {
            Ok(file) => file.len(),
            // A database in memory has none.
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => 0,
            Err(why) => {
                return Err(Error::new(
                    ErrorKind::Io(why.kind()),
                    "the size of a file",
                    why.to_string(),
                )
                .on(&uri.to_string_lossy()));
            }
        };
        Ok(TableSpace {
            file: ByteSize(file),
            live: ByteSize(live),
        })
    }

    /// Compacts a table.
    pub(crate) fn compact(&mut self, uri: &CStr, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.compact";
        let compact = method!(self.handle, compact, OPERATION);
        // SAFETY: the session is open and has no transaction, the URI is that of a table (rules 12
        // and 14), the configuration padded (rule 10).
        let code = unsafe { compact(self.handle.as_ptr(), uri.as_ptr(), config.as_ptr()) };
        self.finish(code, OPERATION)
            .map_err(|error| error.on(&uri.to_string_lossy()))
    }
}

/// The size that the metadata of a file gives for the latest of its checkpoints, in bytes.
///
/// They stand in the order of their making, as `checkpoint=(NAME=(addr="…",order=…,size=…,…),…)`.
fn last_checkpoint_size(text: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(text);
    let Some((_, list)) = text.split_once("checkpoint=(") else {
        return 0;
    };
    let mut depth = 1_usize;
    let end = list.find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let list = end.map_or(list, |end| &list[..end]);
    let size = list.rsplit_once(",size=").map_or("", |(_, rest)| rest);
    let digits = size
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(size.len());
    size[..digits].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_checkpoint_counts() {
        let text = b"access_pattern_hint=none,checkpoint=(kept=(addr=\"018081\",order=1,time=2,\
            size=4096,newest=(a=1),write_gen=3),WiredTigerCheckpoint.7=(addr=\"018181\",order=7,\
            size=73728,newest_start_durable_ts=0)),checkpoint_backup_info=(x=(,size=1)),id=3\0";
        assert_eq!(last_checkpoint_size(text), 73728);
        assert_eq!(
            last_checkpoint_size(b"checkpoint=,checkpoint_lsn=(1,2)\0"),
            0
        );
        assert_eq!(
            last_checkpoint_size(b"checkpoint=(a=(addr=\"\",order=1,size=)"),
            0
        );
        assert_eq!(last_checkpoint_size(b""), 0);
    }
}
