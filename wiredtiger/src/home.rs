//! The folder of a database, and the promise that this process opens it once.
//!
//! The engine compares the text of the path, and its lock on the folder does not hold against its
//! own process: under another spelling two connections would write to one database (rule 5).

use std::collections::HashSet;
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::options::ConnectionOptions;

const OPERATION: &str = "wiredtiger_open";

/// The variable from which the engine would take settings.
const VARIABLE: &str = "WIREDTIGER_CONFIG";

/// The folders that are open, by device and inode: the same by whatever path.
static OPEN: Mutex<Option<HashSet<(u64, u64)>>> = Mutex::new(None);

/// A folder that is this connection's until it is dropped.
#[derive(Debug)]
pub(crate) struct Home {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl Home {
    /// Finds, or creates where the options say so, the folder and claims it.
    pub(crate) fn claim(path: &Path, options: &ConnectionOptions) -> Result<Self> {
        if options.is_in_memory() {
            return Ok(Self::in_memory());
        }
        if path.as_os_str().as_bytes().contains(&0) {
            let text = format!("the path {path:?} has a NUL inside");
            return Err(Error::new(ErrorKind::InteriorNul, OPERATION, text));
        }
        if options.creates() {
            fs::create_dir_all(path).map_err(|why| Error::io(OPERATION, path.display(), &why))?;
        }
        let missing = || {
            let text = format!(
                "{} holds no database: ConnectionOptions::create(true) makes one",
                path.display()
            );
            Error::new(ErrorKind::NotFound, OPERATION, text)
        };
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
            Err(why) => return Err(Error::io(OPERATION, path.display(), &why)),
        };
        let metadata =
            fs::metadata(&path).map_err(|why| Error::io(OPERATION, path.display(), &why))?;
        if !metadata.is_dir() {
            let text = format!("{} is not a folder", path.display());
            return Err(Error::new(ErrorKind::InvalidArgument, OPERATION, text));
        }
        // Without this the engine speaks of corruption when nothing was ever there. Only its file
        // names are looked at: opening one of its files would drop its lock (rule 6).
        if !holds_database(&path) && !options.creates() {
            return Err(missing());
        }
        let identity = (metadata.dev(), metadata.ino());
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.get_or_insert_default().insert(identity) {
            let text = format!("{} is open in this process already", path.display());
            return Err(Error::new(ErrorKind::Busy, OPERATION, text));
        }
        Ok(Self {
            path,
            identity: Some(identity),
        })
    }

    /// A name that no other connection has: the engine compares names, not folders, and touches
    /// no file of a database in memory.
    fn in_memory() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            path: format!("in-memory-{number}").into(),
            identity: None,
        }
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.identity.is_none()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds what depends on the state of the folder.
    pub(crate) fn finish_config(
        &self,
        config: &mut Config,
        options: &ConnectionOptions,
    ) -> Result<()> {
        let on_disk = self.identity.is_some();
        // A new home would keep the setting, and other programs would salvage it every time.
        if options.salvages() && holds_database(&self.path) {
            config.set("salvage", true);
        }
        // Settings, and native code to load, could come from the environment (rule 9).
        if std::env::var_os(VARIABLE).is_some() {
            // A new home would keep this setting, too, and never be opened again (rule 40). And
            // one without settings of its own would not tell upstream's tools that it has a log.
            // The engine takes a home for new as long as this file is missing.
            if on_disk && !self.path.join("WiredTiger.turtle").exists() {
                let text = format!(
                    "{} cannot be created while {VARIABLE} is in the environment, which is not \
                     trusted with settings: unset it",
                    self.path.display()
                );
                return Err(Error::new(ErrorKind::InvalidArgument, OPERATION, text));
            }
            config.set("use_environment", false);
        }
        Ok(())
    }

    /// Whether there are log files, of this or an earlier process, here or in a folder that the
    /// home's own settings name.
    pub(crate) fn has_log(&self) -> Result<bool> {
        if self.identity.is_none() {
            return Ok(false);
        }
        let failed = |why| Error::io(OPERATION, self.path.display(), &why);
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if name.as_bytes().starts_with(b"WiredTigerLog.") {
                return Ok(true);
            }
        }
        let settings = fs::read_to_string(self.path.join("WiredTiger.basecfg"));
        Ok(settings.is_ok_and(|text| text.contains("path=")))
    }

    pub(crate) fn c_path(&self) -> Result<CString> {
        CString::new(self.path.as_os_str().as_bytes())
            .map_err(|why| Error::new(ErrorKind::InteriorNul, OPERATION, why.to_string()))
    }
}

fn holds_database(path: &Path) -> bool {
    ["WiredTiger", "WiredTiger.turtle"]
        .iter()
        .any(|file| path.join(file).exists())
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(identity) = self.identity
            && let Some(open) = OPEN.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
        {
            open.remove(&identity);
        }
    }
}
