//! Creating tables: the table, its column groups, and what a killed process has left of it.

use std::ffi::CString;

use crate::config::{Config, ConfigString};
use crate::error::{ErrorKind, Result};
use crate::name::table_uri;
use crate::options::TableOptions;
use crate::session::Session;

impl Session {
    /// Creates a table and its column groups, if they are not there, so that it can be opened.
    pub(crate) fn create_with(
        &mut self,
        name: &str,
        config: &ConfigString,
        options: &TableOptions,
    ) -> Result<()> {
        self.create_parts(name, config, &options.column_groups(name)?)
    }

    /// As [`create_with`](Self::create_with), with the column groups by their URIs.
    pub(crate) fn create_parts(
        &mut self,
        name: &str,
        config: &ConfigString,
        groups: &[(CString, Config)],
    ) -> Result<()> {
        // The name has been checked: it holds no NUL.
        let uri = CString::new(table_uri(name)?).unwrap_or_default();
        let raw = self.settled()?;
        raw.create(&uri, config)
            .map_err(|error| error.on(&uri.to_string_lossy()))?;
        for (uri, config) in groups {
            // The engine wants the table for itself even if the group is there.
            if raw.exists(uri)? {
                continue;
            }
            raw.create(uri, &config.finish())
                .map_err(|error| error.on(&uri.to_string_lossy()))?;
        }
        match raw.formats(&uri) {
            // The engine's word for a table that a killed process was about to create.
            Err(error) if error.kind() == ErrorKind::InvalidArgument => {
                if !raw.finish_creation(&uri, config)? {
                    return Err(error);
                }
            }
            opened => drop(opened?),
        }
        Ok(())
    }
}
