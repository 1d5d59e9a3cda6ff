//! What the home takes of its disk, and what can be done about it.

use std::time::Duration;

use bytesize::ByteSize;
use wiredtiger::{CheckpointOptions, CompactOptions, ErrorKind};

use crate::error::Result;
use crate::local::{ENTRIES_FILE, Local};

/// What the names of log files begin with: in use, made in advance, being made.
const LOGS: [&[u8]; 3] = [
    b"WiredTigerLog.",
    b"WiredTigerPreplog.",
    b"WiredTigerTmplog.",
];

fn is_log(name: &[u8]) -> bool {
    LOGS.iter().any(|log| name.starts_with(log))
}

/// Where the engine keeps what was replaced, for readers of an old state.
const HISTORY: &str = "WiredTigerHS.wt";

/// What the home takes of its disk, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Space {
    /// All files.
    pub(crate) home: u64,
    /// The files of the log, those made in advance among them.
    pub(crate) log: u64,
    /// The file of the past that readers of an old state still want.
    pub(crate) history: u64,
    /// The files of the tables that grow with the data.
    pub(crate) tables: u64,
    /// What the last checkpoint has in these.
    pub(crate) live: u64,
}

impl Local {
    /// Measures it.
    pub(crate) fn space(&self) -> Result<Space> {
        let mut session = self.session()?;
        let mut space = Space::default();
        self.each_file(|name, len| {
            space.home += len;
            if is_log(name) {
                space.log += len;
            } else if name == HISTORY.as_bytes() {
                space.history = len;
            }
        });
        for table in [&self.entries, &self.journal, &self.dead_letters] {
            let one = session.table_space(table)?;
            space.tables += one.file.0;
            space.live += one.live.0;
        }
        Ok(space)
    }

    /// The files of the log, in bytes.
    pub(crate) fn log_bytes(&self) -> u64 {
        let mut bytes = 0;
        self.each_file(|name, len| bytes += if is_log(name) { len } else { 0 });
        bytes
    }

    /// The files of the home, in bytes: the table of entries, and all.
    pub(crate) fn disk_bytes(&self) -> (u64, u64) {
        let (mut entries, mut all) = (0, 0);
        self.each_file(|name, len| {
            all += len;
            if name == ENTRIES_FILE.as_bytes() {
                entries = len;
            }
        });
        (entries, all)
    }

    /// Shows name and length, in bytes, of each file of the home. What cannot be read counts nothing.
    fn each_file(&self, mut look: impl FnMut(&[u8], u64)) {
        let Ok(files) = std::fs::read_dir(self.home()) else {
            return;
        };
        for file in files.filter_map(Result::ok) {
            let len = file.metadata().map_or(0, |metadata| metadata.len());
            look(file.file_name().as_encoded_bytes(), len);
        }
    }

    /// Takes a checkpoint: what was replaced or removed before gives its place to what is written
    /// after it, and the log before it can go.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        Ok(self.session()?.checkpoint()?)
    }

    /// Moves what lies at the end of the entries' file to free places before, and cuts the file
    /// off. False when it has to be done another time.
    pub(crate) fn compact(&self, limit: Duration) -> Result<bool> {
        let options = CompactOptions::new()
            .time_limit(limit)
            .free_at_least(ByteSize::mib(1));
        let mut session = self.session()?;
        // What was removed before the last checkpoint is free after the next one, which the engine
        // leaves out for a table without changes unless it is forced.
        session.checkpoint_with(&CheckpointOptions::new().force(true))?;
        session.checkpoint_with(&CheckpointOptions::new().force(true))?;
        match session.compact(&self.entries, &options) {
            Ok(finished) => Ok(finished),
            Err(error) if error.kind() == ErrorKind::Busy => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
