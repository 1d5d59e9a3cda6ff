//! What the home takes of its disk, and what can be done about it.

use std::time::Duration;

use bytesize::ByteSize;
use wiredtiger::{CheckpointOptions, CompactOptions, ErrorKind};

use crate::error::Result;
use crate::local::Local;

/// What the names of log files begin with: in use, made in advance, being made.
const LOGS: [&[u8]; 3] = [
    b"WiredTigerLog.",
    b"WiredTigerPreplog.",
    b"WiredTigerTmplog.",
];

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
        let mut space = Space {
            home: self.disk_bytes().1,
            log: self.log_bytes(),
            history: std::fs::metadata(self.home().join(HISTORY)).map_or(0, |file| file.len()),
            ..Space::default()
        };
        for table in [&self.entries, &self.journal, &self.dead_letters] {
            let one = session.table_space(table)?;
            space.tables += one.file.0;
            space.live += one.live.0;
        }
        Ok(space)
    }

    /// The files of the log, in bytes. What cannot be read counts nothing.
    pub(crate) fn log_bytes(&self) -> u64 {
        let Ok(files) = std::fs::read_dir(self.home()) else {
            return 0;
        };
        let logs = files.filter_map(Result::ok).filter(|file| {
            let name = file.file_name();
            LOGS.iter()
                .any(|log| name.as_encoded_bytes().starts_with(log))
        });
        logs.map(|file| file.metadata().map_or(0, |metadata| metadata.len()))
            .sum()
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
