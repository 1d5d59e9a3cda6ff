//! Options of one checkpoint.

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};

/// Options of a checkpoint that the program takes.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct CheckpointOptions {
    name: Option<String>,
    force: bool,
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

    pub(crate) fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        if let Some(name) = &self.name {
            // The engine writes the name into its metadata as it is: one with a space or `=` in
            // it loses all rows at the next opening (rule 47).
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            if name.is_empty() || !name.chars().all(plain) {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "WT_SESSION.checkpoint",
                    format!("{name:?} is no name: use ASCII letters, digits, '_' and '-'"),
                ));
            }
            config.quoted("name", name)?;
        }
        if self.force {
            config.set("force", true);
        }
        Ok(config)
    }
}
