//! WiredTiger through its C API by hand, with the settings of the preset: the floor under the safe
//! crate.

use std::hint::black_box;
use std::path::Path;

use anyhow::Result;

use super::{Reads, Store, Worker, is_there};
use crate::by_hand::{Bound, Home, Session};
use crate::engines::shape::{Durability, Shape};

/// What `Preset::Cache` says, in the engine's own language; a test compares the two.
const PRESET: &str = "eviction_dirty_target=10,eviction_dirty_trigger=80,\
    eviction_updates_target=10,eviction_updates_trigger=80,checkpoint=(wait=60,log_size=2147483648)";
const PRESET_LOG: &str = "file_max=33554432";
const PRESET_TABLE: &str = "memory_page_max=10MB,leaf_page_max=8KB,leaf_key_max=2KB,\
    leaf_value_max=64MB,allocation_size=512B";

const TABLE: &str = "rows";

pub(super) fn setup(shape: &Shape) -> String {
    super::wiredtiger::setup(shape).replace("Preset::Cache", "the settings of Preset::Cache")
}

pub(super) struct ByHand {
    home: Home,
}

impl ByHand {
    pub(super) fn open(dir: &Path, shape: &Shape) -> Result<Self> {
        let log = match shape.durability {
            Durability::None => {
                "log=(enabled=false),transaction_sync=(enabled=false,method=none)".to_owned()
            }
            Durability::Process => format!(
                "log=(enabled=true,{PRESET_LOG}),transaction_sync=(enabled=true,method=none)"
            ),
            Durability::Disk => format!(
                "log=(enabled=true,{PRESET_LOG}),transaction_sync=(enabled=true,method=fsync)"
            ),
        };
        let preset = match shape.durability {
            // The engine refuses a size of the log without a log.
            Durability::None => PRESET.replace(",log_size=2147483648", ""),
            _ => PRESET.to_owned(),
        };
        let processors = std::thread::available_parallelism()?.get();
        let threads = (processors / 2).clamp(1, 4);
        let config = format!(
            "create,cache_size={},{preset},eviction=(threads_min={threads},threads_max={threads}),\
             {log}",
            shape.cache
        );
        let compressor = if shape.compressed { "lz4" } else { "none" };
        let home = Home::open(dir, &config)?;
        home.create_table(
            TABLE,
            &format!("{PRESET_TABLE},block_compressor={compressor}"),
        )?;
        Ok(Self { home })
    }
}

impl Store for ByHand {
    fn worker(&self) -> Result<Box<dyn Worker + '_>> {
        Ok(Box::new(ByHandWorker(self.home.session(TABLE)?)))
    }

    fn settle(&self) -> Result<()> {
        Ok(self.home.session(TABLE)?.checkpoint()?)
    }
}

struct ByHandWorker<'a>(Session<'a>);

impl ByHandWorker<'_> {
    /// A lookup that leaves the cursor nowhere, as the safe crate's does.
    fn lookup(&mut self, key: &[u8]) -> Result<bool> {
        let found = is_there(self.0.get(key)?);
        if found {
            self.0.reset()?;
        }
        Ok(found)
    }

    fn walk(
        &mut self,
        limit: usize,
        step: impl Fn(&mut Session<'_>) -> Result<bool>,
    ) -> Result<usize> {
        let mut count = 0;
        while count < limit && step(&mut self.0)? {
            black_box(self.0.row()?);
            count += 1;
        }
        self.0.reset()?;
        Ok(count)
    }
}

impl Worker for ByHandWorker<'_> {
    fn get(&mut self, key: &[u8]) -> Result<bool> {
        self.lookup(key)
    }

    fn in_snapshot(&mut self, reads: &mut Reads<'_>) -> Result<()> {
        self.0.begin()?;
        reads(&mut |key| self.lookup(key))?;
        Ok(self.0.commit()?)
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        Ok(self.0.put(key, value)?)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        if self.0.remove(key)? {
            self.0.reset()?;
        }
        Ok(())
    }

    fn scan(&mut self, from: Option<&[u8]>, limit: usize) -> Result<usize> {
        if let Some(from) = from {
            self.0.bound(Bound::Lower, from)?;
        }
        self.walk(limit, |session| Ok(session.next()?))
    }

    fn scan_back(&mut self, limit: usize) -> Result<usize> {
        self.walk(limit, |session| Ok(session.prev()?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::wiredtiger::{Settings, Wiredtiger};
    use super::*;

    /// The settings that a home was created with, which the engine writes down.
    fn settings(dir: &Path) -> BTreeSet<String> {
        let text = std::fs::read_to_string(dir.join("WiredTiger.basecfg")).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let all = lines.collect::<Vec<_>>().join(",").replace(['(', ')'], ",");
        all.split(',')
            .filter(|part| part.contains('=') && !part.ends_with('='))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn both_ways_to_the_engine_have_the_same_settings() {
        for durability in [Durability::None, Durability::Process, Durability::Disk] {
            let shape = Shape::leveldb(1000).durability(durability);
            let [safe, by_hand] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
            drop(Wiredtiger::open(safe.path(), &shape, &Settings::default()).unwrap());
            drop(ByHand::open(by_hand.path(), &shape).unwrap());
            let [safe, by_hand] = [safe, by_hand].map(|dir| settings(dir.path()));
            let differ: Vec<_> = safe.symmetric_difference(&by_hand).collect();
            assert!(differ.is_empty(), "{durability:?}: {differ:?}");
            assert!(safe.len() > 5, "{safe:?}");
        }
    }
}
