//! Options of one checkpoint.

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::name::table_uri;

/// Options of a checkpoint that the program takes.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct CheckpointOptions {
    name: Option<String>,
    force: bool,
    targets: Vec<String>,
    drops: Vec<String>,
    all_timestamps: bool,
}

impl CheckpointOptions {
    /// Options that are all the engine's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the state under a name, of ASCII letters, digits, `_` and `-`, until a checkpoint of
    /// the same name takes its place. What it holds stays on disk.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Writes a checkpoint of open tables also when nothing has changed. Default: off.
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Only of this table, and of others named so. With a [`name`](Self::name) only, which the
    /// other tables do not have then. Default: of all.
    pub fn target(mut self, table: impl Into<String>) -> Self {
        self.targets.push(table.into());
        self
    }

    /// Lets go of the state that is kept under a name: its space is free after the next
    /// checkpoints. [`Busy`](ErrorKind::Busy) while somebody reads it.
    pub fn drop_named(mut self, name: impl Into<String>) -> Self {
        self.drops.push(name.into());
        self
    }

    /// Writes what is committed after the stable timestamp, too. Default: off.
    pub fn all_timestamps(mut self, on: bool) -> Self {
        self.all_timestamps = on;
        self
    }

    pub(crate) fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        if let Some(name) = &self.name {
            check_name(name, "WT_SESSION.checkpoint")?;
            config.quoted("name", name)?;
        }
        for name in &self.drops {
            check_name(name, "WT_SESSION.checkpoint")?;
        }
        if !self.drops.is_empty() {
            config.list("drop", &self.drops)?;
        }
        if !self.targets.is_empty() {
            let uris: Result<Vec<_>> = self.targets.iter().map(|name| table_uri(name)).collect();
            config.list("target", &uris?)?;
        }
        if self.force {
            config.set("force", true);
        }
        if self.all_timestamps {
            config.set("use_timestamp", false);
        }
        Ok(config)
    }
}

/// The engine writes the name of a checkpoint into its metadata as it is: one with a space or `=`
/// in it loses all rows at the next opening (rule 47).
pub(crate) fn check_name(name: &str, operation: &'static str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidArgument,
        operation,
        format!("{name:?} is no name: use ASCII letters, digits, '_' and '-'"),
    ))
}
