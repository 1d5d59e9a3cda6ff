//! How the cache is kept below its size.

use crate::config::Config;
use crate::error::Result;

/// When and by how many threads pages leave the cache.
///
/// Each figure is a per cent of the cache. At a *target* the eviction threads begin to work; at a
/// *trigger* the threads that write are made to help, which they notice. A cache that is written
/// to a lot wants high triggers for dirty data: with the engine's defaults writers help as soon
/// as a fifth of the cache is dirty.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EvictionOptions {
    target: Option<u32>,
    trigger: Option<u32>,
    dirty_target: Option<u32>,
    dirty_trigger: Option<u32>,
    updates_target: Option<u32>,
    updates_trigger: Option<u32>,
    checkpoint_target: Option<u32>,
    threads: Option<(u32, u32)>,
}

impl EvictionOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How full the cache is kept, 10 to 99. Default: 80.
    pub fn target(mut self, per_cent: u32) -> Self {
        self.target = Some(per_cent);
        self
    }

    /// How full the cache gets before application threads help, 10 to 99. Default: 95.
    pub fn trigger(mut self, per_cent: u32) -> Self {
        self.trigger = Some(per_cent);
        self
    }

    /// How much of the cache is kept dirty, 1 to 99. Default: 5.
    pub fn dirty_target(mut self, per_cent: u32) -> Self {
        self.dirty_target = Some(per_cent);
        self
    }

    /// How much dirty data there is before application threads help, 1 to 99. Default: 20.
    pub fn dirty_trigger(mut self, per_cent: u32) -> Self {
        self.dirty_trigger = Some(per_cent);
        self
    }

    /// How much of the cache is kept in updates that are not yet in a page image, up to 99.
    /// Default: half of `dirty_target`.
    pub fn updates_target(mut self, per_cent: u32) -> Self {
        self.updates_target = Some(per_cent);
        self
    }

    /// How much there is of such updates before application threads help, up to 99. Default:
    /// half of `dirty_trigger`.
    pub fn updates_trigger(mut self, per_cent: u32) -> Self {
        self.updates_trigger = Some(per_cent);
        self
    }

    /// How much dirty data is left before a checkpoint begins its own work, up to 99. Default: 1.
    pub fn checkpoint_target(mut self, per_cent: u32) -> Self {
        self.checkpoint_target = Some(per_cent);
        self
    }

    /// The least and the most eviction threads, 1 to 20 each. Default: 1 and 8.
    pub fn threads(mut self, min: u32, max: u32) -> Self {
        self.threads = Some((min, max));
        self
    }

    pub(crate) fn write(&self, config: &mut Config) -> Result<()> {
        config.set_opt("eviction_target", self.target);
        config.set_opt("eviction_trigger", self.trigger);
        config.set_opt("eviction_dirty_target", self.dirty_target);
        config.set_opt("eviction_dirty_trigger", self.dirty_trigger);
        config.set_opt("eviction_updates_target", self.updates_target);
        config.set_opt("eviction_updates_trigger", self.updates_trigger);
        config.set_opt("eviction_checkpoint_target", self.checkpoint_target);
        if let Some((min, max)) = self.threads {
            config.group("eviction", |eviction| {
                eviction.set("threads_min", min).set("threads_max", max);
                Ok(())
            })?;
        }
        Ok(())
    }
}
