//! WiredTiger through the safe crate, with its preset for caches.

use std::hint::black_box;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use wiredtiger::{
    ByteSize, CheckpointPolicy, Compressor, Connection, ConnectionOptions, Durability as Level,
    LogOptions, Preset, Range, Session, Table, TableOptions,
};

use super::{Reads, Store, Worker, is_there};
use crate::engines::shape::{Durability, Shape};

pub(super) fn setup(shape: &Shape) -> String {
    let log = match shape.durability {
        Durability::None => "no log",
        Durability::Process => "log, transaction_sync method=none",
        Durability::Disk => "log, transaction_sync method=fsync",
    };
    format!("{log}; Preset::Cache")
}

/// How the engine is set up, beside what the shape says: for the search of the best preset.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) preset: bool,
    /// What differs from it, in the engine's own language.
    pub(crate) connection: String,
    pub(crate) table: String,
    /// Bytes of log between two checkpoints at most.
    #[serde(default)]
    pub(crate) checkpoint_log: Option<u64>,
    /// Bytes of a log file.
    #[serde(default)]
    pub(crate) log_file: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            preset: true,
            connection: String::new(),
            table: String::new(),
            checkpoint_log: None,
            log_file: None,
        }
    }
}

fn level(durability: Durability) -> Level {
    match durability {
        Durability::None => Level::Checkpoint,
        Durability::Process => Level::Process,
        Durability::Disk => Level::Disk,
    }
}

pub(super) struct Wiredtiger {
    connection: Connection,
    rows: Table<Vec<u8>, Vec<u8>>,
}

impl Wiredtiger {
    pub(super) fn open(dir: &Path, shape: &Shape, settings: &Settings) -> Result<Self> {
        let (mut options, mut table) = if settings.preset {
            (Preset::Cache.connection(), Preset::Cache.table())
        } else {
            (ConnectionOptions::new(), TableOptions::new())
        };
        if shape.compressed {
            table = table.block_compressor(Compressor::Lz4);
        }
        let table = table.raw(settings.table.as_str());
        if let Some(bytes) = settings.checkpoint_log {
            options = options.checkpoint(CheckpointPolicy {
                log_size: ByteSize(bytes),
                ..CheckpointPolicy::default()
            });
        }
        if let Some(bytes) = settings.log_file {
            options = options.log(LogOptions::new().file_max(ByteSize(bytes)));
        }
        let connection = options
            .create(true)
            .cache_size(ByteSize(shape.cache))
            .durability(level(shape.durability))
            .raw(settings.connection.as_str())
            .open(dir)?;
        let rows = connection.open_session()?.create_table("rows", &table)?;
        Ok(Self { connection, rows })
    }
}

impl Store for Wiredtiger {
    fn worker(&self) -> Result<Box<dyn Worker + '_>> {
        Ok(Box::new(WiredtigerWorker {
            session: self.connection.open_session()?,
            rows: self.rows,
        }))
    }

    fn settle(&self) -> Result<()> {
        Ok(self.connection.open_session()?.checkpoint()?)
    }
}

struct WiredtigerWorker {
    session: Session,
    rows: Table<Vec<u8>, Vec<u8>>,
}

impl Worker for WiredtigerWorker {
    fn get(&mut self, key: &[u8]) -> Result<bool> {
        get(&self.session, &self.rows, key)
    }

    fn in_snapshot(&mut self, reads: &mut Reads<'_>) -> Result<()> {
        let txn = self.session.begin()?;
        reads(&mut |key| get(&txn, &self.rows, key))?;
        Ok(txn.commit()?)
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        Ok(self.session.put(&self.rows, key, value)?)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.session.remove(&self.rows, key)?;
        Ok(())
    }

    fn scan(&mut self, from: Option<&[u8]>, limit: usize) -> Result<usize> {
        let entries = match from {
            Some(from) => self.session.range(&self.rows, from..)?,
            None => self.session.range(&self.rows, ..)?,
        };
        walk(entries, limit)
    }

    fn scan_back(&mut self, limit: usize) -> Result<usize> {
        walk(self.session.range(&self.rows, ..)?.rev(), limit)
    }
}

fn get(session: &Session, rows: &Table<Vec<u8>, Vec<u8>>, key: &[u8]) -> Result<bool> {
    Ok(is_there(session.get(rows, key)?.as_deref()))
}

/// Lends each entry, as an iterator cannot.
fn walk(mut entries: Range<'_, Vec<u8>, Vec<u8>>, limit: usize) -> Result<usize> {
    let mut count = 0;
    while count < limit
        && let Some(entry) = entries.next()?
    {
        black_box(entry);
        count += 1;
    }
    Ok(count)
}
