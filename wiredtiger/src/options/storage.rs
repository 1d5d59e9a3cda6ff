//! Options of how a table is stored that few programs need.

use bytesize::ByteSize;

use crate::config::Config;
use crate::options::{AccessPattern, TableOptions};

/// Which blocks of a table have a checksum, which finds damage when they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Checksum {
    /// All: the engine's default.
    On,
    /// None.
    Off,
    /// Those that are not compressed: compression may find damage itself.
    Uncompressed,
    /// Those that are not encrypted: encryption may find damage itself.
    Unencrypted,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Storage {
    checksum: Option<Checksum>,
    access_pattern: Option<AccessPattern>,
    split_percent: Option<u32>,
    prefix_compression_min: Option<u32>,
    internal_key_max: Option<ByteSize>,
    memory_page_image_max: Option<ByteSize>,
    os_cache_max: Option<ByteSize>,
    os_cache_dirty_max: Option<ByteSize>,
    cache_resident: Option<bool>,
    ignore_cache_size: Option<bool>,
}

impl Storage {
    pub(super) fn write(&self, config: &mut Config) {
        let checksum = self.checksum.map(|checksum| match checksum {
            Checksum::On => "on",
            Checksum::Off => "off",
            Checksum::Uncompressed => "uncompressed",
            Checksum::Unencrypted => "unencrypted",
        });
        config
            .set_opt("checksum", checksum)
            .set_opt(
                "access_pattern_hint",
                self.access_pattern.map(AccessPattern::word),
            )
            .set_opt("split_pct", self.split_percent)
            .set_opt("prefix_compression_min", self.prefix_compression_min)
            .set_opt("internal_key_max", self.internal_key_max)
            .set_opt("memory_page_image_max", self.memory_page_image_max)
            .set_opt("os_cache_max", self.os_cache_max)
            .set_opt("os_cache_dirty_max", self.os_cache_dirty_max)
            .set_opt("cache_resident", self.cache_resident)
            .set_opt("ignore_in_memory_cache_size", self.ignore_cache_size);
    }
}

impl TableOptions {
    /// Which blocks have a checksum. Default: [`Checksum::On`].
    pub fn checksum(mut self, checksum: Checksum) -> Self {
        self.storage.checksum = Some(checksum);
        self
    }

    /// How the table will be read. Default: the operating system finds out.
    pub fn access_pattern(mut self, pattern: AccessPattern) -> Self {
        self.storage.access_pattern = Some(pattern);
        self
    }

    /// How full pages are when they are split, in per cent of the largest page, 50 to 100.
    /// Default: 90.
    pub fn split_percent(mut self, per_cent: u32) -> Self {
        self.storage.split_percent = Some(per_cent);
        self
    }

    /// How many bytes a key must share with the one before it to be stored as the difference, with
    /// [`prefix_compression`](Self::prefix_compression). Default: 4.
    pub fn prefix_compression_min(mut self, bytes: u32) -> Self {
        self.storage.prefix_compression_min = Some(bytes);
        self
    }

    /// The largest key kept in an internal page; larger ones get pages of their own. Default: a
    /// tenth of `internal_page_max`.
    pub fn internal_key_max(mut self, size: ByteSize) -> Self {
        self.storage.internal_key_max = Some(size);
        self
    }

    /// The largest page in memory that is written in one piece. Default: the larger of four leaf
    /// pages on disk and a half of `memory_page_max`.
    pub fn memory_page_image_max(mut self, size: ByteSize) -> Self {
        self.storage.memory_page_image_max = Some(size);
        self
    }

    /// How much of the table's file the operating system may keep in its cache; the engine drops
    /// it from there when that is exceeded. Default: without limit.
    pub fn os_cache_max(mut self, size: ByteSize) -> Self {
        self.storage.os_cache_max = Some(size);
        self
    }

    /// How much that is written to the table's file may be only in the cache of the operating
    /// system before it is flushed. Default: without limit.
    pub fn os_cache_dirty_max(mut self, size: ByteSize) -> Self {
        self.storage.os_cache_dirty_max = Some(size);
        self
    }

    /// Keeps the whole table in the cache, which must be large enough. Default: off.
    pub fn cache_resident(mut self, on: bool) -> Self {
        self.storage.cache_resident = Some(on);
        self
    }

    /// In a database in memory: lets the table grow when the cache is full. Default: off.
    pub fn ignore_in_memory_cache_size(mut self, on: bool) -> Self {
        self.storage.ignore_cache_size = Some(on);
        self
    }
}
