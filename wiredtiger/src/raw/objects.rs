//! What a session does to a table as a whole: all of it takes `&mut self`, and needs the table for
//! itself (rule 38).

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::thread;
use std::time::Duration;

use wiredtiger_sys as ffi;

use super::session::RawSession;
use crate::config::ConfigString;
use crate::error::{Error, ErrorKind, Result};

/// The pauses between the attempts to have a table alone: half a second in all. The engine's own
/// threads look at a table in passing.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(275),
];

/// A method of a session about one object.
type Call = unsafe extern "C" fn(*mut ffi::WT_SESSION, *const c_char, *const c_char) -> c_int;

impl RawSession {
    /// Does `work`, which is refused while the table is in use or has changes that are not on disk.
    /// This session's cursors are closed; after a refusal a checkpoint writes the changes.
    fn exclusively(&mut self, mut work: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.reset()?;
        let mut pauses = PAUSES.iter();
        loop {
            match work(self) {
                Err(error) if error.kind() == ErrorKind::Busy => {
                    let Some(pause) = pauses.next() else {
                        return Err(error);
                    };
                    if !self.connection().home().is_in_memory() {
                        self.checkpoint(&ConfigString::default())?;
                    }
                    thread::sleep(*pause);
                }
                result => return result,
            }
        }
    }

    /// Calls a method about the object `uri`.
    fn about(
        &mut self,
        call: Call,
        uri: &CStr,
        config: &ConfigString,
        operation: &'static str,
    ) -> Result<()> {
        // SAFETY: the session is open and has no transaction and no cursor in use, the URI is that
        // of a table (rules 12 to 14), the configuration padded (rule 10).
        let code = unsafe { call(self.handle.as_ptr(), uri.as_ptr(), config.as_ptr()) };
        self.finish(code, operation)
            .map_err(|error| error.on(&uri.to_string_lossy()))
    }

    pub(crate) fn drop_object(&mut self, uri: &CStr, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.drop";
        let call = method!(self.handle, drop, OPERATION);
        self.exclusively(|this| this.about(call, uri, config, OPERATION))
    }

    pub(crate) fn verify(&mut self, uri: &CStr, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.verify";
        let call = method!(self.handle, verify, OPERATION);
        self.exclusively(|this| this.about(call, uri, config, OPERATION))
    }

    pub(crate) fn salvage(&mut self, uri: &CStr, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.salvage";
        let call = method!(self.handle, salvage, OPERATION);
        self.exclusively(|this| this.about(call, uri, config, OPERATION))
    }

    pub(crate) fn alter(&mut self, uri: &CStr, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.alter";
        let call = method!(self.handle, alter, OPERATION);
        self.exclusively(|this| this.about(call, uri, config, OPERATION))
    }

    pub(crate) fn rename(&mut self, from: &CStr, to: &CStr) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.rename";
        let rename = method!(self.handle, rename, OPERATION);
        self.exclusively(|this| {
            // SAFETY: as in `about`; both URIs are those of tables.
            let code = unsafe {
                rename(
                    this.handle.as_ptr(),
                    from.as_ptr(),
                    to.as_ptr(),
                    ptr::null(),
                )
            };
            this.finish(code, OPERATION)
                .map_err(|error| error.on(&from.to_string_lossy()))
        })
    }

    /// Starts or stops the compaction in the background, which is the connection's.
    pub(crate) fn compact_in_background(&mut self, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.compact";
        let compact = method!(self.handle, compact, OPERATION);
        let call = |this: &mut Self| {
            // SAFETY: the session is open and has no transaction; the background's compaction is of
            // no one object, so that a null pointer is asked for; the configuration is padded
            // (rule 10).
            let code = unsafe { compact(this.handle.as_ptr(), ptr::null(), config.as_ptr()) };
            this.finish(code, OPERATION)
        };
        // It is busy until the engine's thread has seen what it was told before.
        for pause in PAUSES {
            match call(self) {
                Err(error) if error.kind() == ErrorKind::Busy => thread::sleep(pause),
                result => return result,
            }
        }
        call(self)
    }

    pub(crate) fn reconfigure(&mut self, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.reconfigure";
        let reconfigure = method!(self.handle, reconfigure, OPERATION);
        // SAFETY: the session is open and has no transaction and no cursor in use, whose positions
        // are lost (rule 18); the configuration is padded (rule 10).
        let code = unsafe { reconfigure(self.handle.as_ptr(), config.as_ptr()) };
        self.finish(code, OPERATION)
    }

    /// Writes a text into the log, for those who read it.
    pub(crate) fn log_message(&mut self, text: &str) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.log_printf";
        let print = method!(self.handle, log_printf, OPERATION);
        let text = CString::new(text)
            .map_err(|why| Error::new(ErrorKind::InteriorNul, OPERATION, why.to_string()))?;
        // SAFETY: the session is open; the format is a literal that takes one string, which is
        // NUL-terminated: no text of a user is ever the format.
        let code = unsafe { print(self.handle.as_ptr(), c"%s".as_ptr(), text.as_ptr()) };
        self.finish(code, OPERATION)
    }

    /// How many transactions have begun since the oldest whose changes this session keeps.
    pub(crate) fn pinned_range(&self) -> Result<u64> {
        const OPERATION: &str = "WT_SESSION.transaction_pinned_range";
        let pinned = method!(self.handle, transaction_pinned_range, OPERATION);
        self.ready()?;
        let mut range = 0;
        // SAFETY: the session is open; the number is written before the call returns.
        let code = unsafe { pinned(self.handle.as_ptr(), &mut range) };
        self.finish(code, OPERATION).map(|()| range)
    }

    /// Why the engine wants the transaction rolled back, if it says so.
    #[cold]
    pub(super) fn rollback_reason(&self) -> Result<Option<String>> {
        const OPERATION: &str = "WT_SESSION.get_rollback_reason";
        let ask = method!(self.handle, get_rollback_reason, OPERATION);
        // SAFETY: the session is open.
        let reason = unsafe { ask(self.handle.as_ptr()) };
        if reason.is_null() {
            return Ok(None);
        }
        // SAFETY: the reasons are literals of the engine.
        let reason = unsafe { CStr::from_ptr(reason) };
        Ok(Some(reason.to_string_lossy().into_owned()))
    }
}
