//! What the data of a stage looks like, and what a write promises.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What a finished write survives. The same for all engines of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub(crate) enum Durability {
    /// Nothing: no log.
    None,
    /// A kill of the process: the operating system has it.
    Process,
    /// A loss of power: the disk has it.
    Disk,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no log",
            Self::Process => "survives a kill",
            Self::Disk => "fsync per commit",
        })
    }
}

/// The data, and how it is kept.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    /// Bytes of a value, half of which compress to nothing.
    pub(crate) value_len: usize,
    /// Bytes of the engine's cache.
    pub(crate) cache: u64,
    pub(crate) durability: Durability,
    /// With LZ4, in the engines that can compress.
    pub(crate) compressed: bool,
}

const MIB: u64 = 1 << 20;

impl Shape {
    /// The shape of the LevelDB benchmarks, in memory.
    pub(crate) fn leveldb(rows: usize) -> Self {
        Self {
            rows,
            value_len: 100,
            // Room for all rows, in the form in which an engine has them in memory.
            cache: (1024 * MIB).max(rows as u64 * 400),
            durability: Durability::Process,
            compressed: false,
        }
    }

    /// Ten times the cache.
    pub(crate) fn larger_than_cache(rows: usize) -> Self {
        Self {
            rows,
            value_len: 400,
            cache: (rows as u64 * 416 / 10)
                .next_multiple_of(MIB)
                .min(128 * MIB),
            durability: Durability::Process,
            compressed: false,
        }
    }

    pub(crate) fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    pub(crate) fn compressed(self) -> Self {
        Self {
            compressed: true,
            ..self
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.rows.is_multiple_of(1_000_000) {
            format!("{} M", self.rows / 1_000_000)
        } else {
            format!("{} k", self.rows / 1000)
        };
        let compression = if self.compressed {
            "LZ4"
        } else {
            "no compression"
        };
        write!(
            f,
            "{rows} x {} B, {}, {compression}, {} MB cache",
            self.value_len,
            self.durability,
            self.cache / MIB
        )
    }
}
