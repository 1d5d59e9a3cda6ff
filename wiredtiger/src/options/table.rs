//! Options of a table.

use bytesize::ByteSize;

use crate::config::{Config, Method};
use crate::error::Result;
use crate::options::Preset;
use crate::options::shape::Shape;
use crate::options::storage::Storage;
use crate::pack::{Format, Pack};

/// How blocks are compressed on disk.
///
/// Each is there when the feature of its name is on; a table that needs one that is not there
/// cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compressor {
    /// Blocks are written as they are.
    None,
    /// Google's Snappy: fast, moderate ratio.
    Snappy,
    /// LZ4: the fastest to read.
    Lz4,
    /// zlib: slow, good ratio.
    Zlib,
    /// Zstandard: the best ratio for its speed.
    Zstd,
}

impl Compressor {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
        }
    }
}

/// Options of a table, used when it is created. A table that exists keeps its own.
///
/// # Examples
/// ```
/// use wiredtiger::{ByteSize, TableOptions};
///
/// let large_values = TableOptions::new().leaf_page_max(ByteSize::kib(64)).prefix_compression(true);
/// # let _ = large_values;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct TableOptions {
    block_compressor: Option<Compressor>,
    custom_compressor: Option<String>,
    collator: Option<String>,
    leaf_page_max: Option<ByteSize>,
    leaf_key_max: Option<ByteSize>,
    leaf_value_max: Option<ByteSize>,
    internal_page_max: Option<ByteSize>,
    memory_page_max: Option<ByteSize>,
    allocation_size: Option<ByteSize>,
    prefix_compression: Option<bool>,
    logged: Option<bool>,
    exclusive: bool,
    app_metadata: Option<String>,
    pub(super) shape: Shape,
    pub(super) storage: Storage,
    raw: Option<String>,
}

impl TableOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How blocks are compressed. Default: [`Compressor::None`].
    pub fn block_compressor(mut self, compressor: Compressor) -> Self {
        self.block_compressor = Some(compressor);
        self
    }

    /// How blocks are compressed: by the compression that was registered under this name with
    /// [`ConnectionOptions::compressor`](crate::ConnectionOptions::compressor).
    pub fn custom_compressor(mut self, name: impl Into<String>) -> Self {
        self.custom_compressor = Some(name.into());
        self
    }

    /// The order of the keys: the one that was registered under this name with
    /// [`ConnectionOptions::collator`](crate::ConnectionOptions::collator). Default: that of
    /// their bytes.
    pub fn collator(mut self, name: impl Into<String>) -> Self {
        self.collator = Some(name.into());
        self
    }

    /// The largest leaf page on disk, 512 B to 512 MB. Small pages are better for random reads of
    /// data larger than the cache, large ones for scans and compression. Default: 32 KB.
    pub fn leaf_page_max(mut self, size: ByteSize) -> Self {
        self.leaf_page_max = Some(size);
        self
    }

    /// The largest key kept in a leaf page; larger ones get pages of their own. Default: a tenth of
    /// `leaf_page_max`.
    pub fn leaf_key_max(mut self, size: ByteSize) -> Self {
        self.leaf_key_max = Some(size);
        self
    }

    /// The largest value kept in a leaf page; larger ones get pages of their own. Default: half
    /// of `leaf_page_max`.
    pub fn leaf_value_max(mut self, size: ByteSize) -> Self {
        self.leaf_value_max = Some(size);
        self
    }

    /// The largest internal page on disk, 512 B to 512 MB. Default: 4 KB.
    pub fn internal_page_max(mut self, size: ByteSize) -> Self {
        self.internal_page_max = Some(size);
        self
    }

    /// The size at which a page in memory is split or evicted, 512 B to 10 TB. Default: 5 MB.
    pub fn memory_page_max(mut self, size: ByteSize) -> Self {
        self.memory_page_max = Some(size);
        self
    }

    /// The unit of allocation in the file, a power of two from 512 B to 128 MB. Default: 4 KB.
    pub fn allocation_size(mut self, size: ByteSize) -> Self {
        self.allocation_size = Some(size);
        self
    }

    /// Stores a key as what differs from the one before it in its page. Default: off.
    pub fn prefix_compression(mut self, on: bool) -> Self {
        self.prefix_compression = Some(on);
        self
    }

    /// The settings of a preset for a table.
    pub fn preset(self, preset: Preset) -> Self {
        preset.on_table(self)
    }

    /// Whether changes of the table go to the log, when the connection has one. A table without
    /// is as durable as the last checkpoint. Default: on.
    pub fn logged(mut self, logged: bool) -> Self {
        self.logged = Some(logged);
        self
    }

    /// Fails with [`AlreadyExists`](crate::ErrorKind::AlreadyExists) if the table is there.
    /// Default: off.
    pub fn exclusive(mut self, exclusive: bool) -> Self {
        self.exclusive = exclusive;
        self
    }

    /// Text that is stored with the table and means nothing to the engine.
    pub fn app_metadata(mut self, text: impl Into<String>) -> Self {
        self.app_metadata = Some(text.into());
        self
    }

    /// Settings of `WT_SESSION.create` in the engine's own language, for what has no method here.
    /// Checked when the table is created.
    pub fn raw(mut self, settings: impl Into<String>) -> Self {
        self.raw = Some(settings.into());
        self
    }

    pub(crate) fn config<K: Pack, V: Pack>(&self) -> Result<Config> {
        self.config_of(K::FORMAT, V::FORMAT)
    }

    /// The same for formats that are known only at run time.
    pub(crate) fn config_of(&self, key_format: &str, value_format: &str) -> Result<Config> {
        let (key, value) = (Format::new(key_format)?, Format::new(value_format)?);
        let mut config = Config::new();
        self.write_storage(&mut config)?;
        if self.exclusive {
            config.set("exclusive", true);
        }
        if let Some(text) = &self.app_metadata {
            config.quoted("app_metadata", text)?;
        }
        self.shape.write(&key, &value, &mut config)?;
        // Last: of two settings of one name the engine takes the later.
        config.set("key_format", &key).set("value_format", &value);
        Ok(config)
    }

    /// How the rows are stored: in the table's file, or in those of its column groups.
    pub(super) fn write_storage(&self, config: &mut Config) -> Result<()> {
        config.set_opt(
            "block_compressor",
            self.block_compressor.map(Compressor::word),
        );
        if let Some(name) = &self.custom_compressor {
            config.quoted("block_compressor", name)?;
        }
        if let Some(name) = &self.collator {
            config.quoted("collator", name)?;
        }
        config.set_opt("leaf_page_max", self.leaf_page_max);
        config.set_opt("leaf_key_max", self.leaf_key_max);
        config.set_opt("leaf_value_max", self.leaf_value_max);
        config.set_opt("internal_page_max", self.internal_page_max);
        config.set_opt("memory_page_max", self.memory_page_max);
        config.set_opt("allocation_size", self.allocation_size);
        config.set_opt("prefix_compression", self.prefix_compression);
        self.storage.write(config);
        config.group("log", |log| {
            log.set_opt("enabled", self.logged);
            Ok(())
        })?;
        if let Some(raw) = &self.raw {
            config.raw(Method::Create, raw)?;
        }
        Ok(())
    }
}
