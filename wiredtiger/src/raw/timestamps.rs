//! Timestamps of transactions, preparing, and the snapshot of a transaction.

use std::ffi::{CStr, c_char};

use wiredtiger_sys as ffi;

use super::session::{RawSession, Running};
use super::{RawConnection, failure};
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::timestamp::Timestamp;

/// Which of a transaction's timestamps is set.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    Commit,
    Read,
}

impl Which {
    fn number(self) -> ffi::WT_TS_TXN_TYPE {
        match self {
            Self::Commit => ffi::WT_TS_TXN_TYPE_COMMIT,
            Self::Read => ffi::WT_TS_TXN_TYPE_READ,
        }
    }
}

/// Where the engine writes a timestamp: sixteen digits and a zero.
struct HexBuffer([u8; 32]);

impl HexBuffer {
    fn as_mut_ptr(&mut self) -> *mut c_char {
        self.0.as_mut_ptr().cast()
    }

    fn timestamp(&self) -> Result<Option<Timestamp>> {
        let text = CStr::from_bytes_until_nul(&self.0).map(CStr::to_string_lossy);
        let number = text
            .ok()
            .and_then(|text| u64::from_str_radix(&text, 16).ok());
        let number = number.ok_or_else(|| {
            let why = "the engine's timestamp is not hexadecimal";
            Error::new(ErrorKind::Decode, "query_timestamp", why)
        })?;
        Ok(Timestamp::new(number))
    }
}

impl RawSession {
    /// Sets a timestamp of the running transaction.
    pub(crate) fn set_transaction_timestamp(
        &mut self,
        which: Which,
        timestamp: Timestamp,
    ) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.timestamp_transaction_uint";
        let set = method!(self.handle, timestamp_transaction_uint, OPERATION);
        self.ready()?;
        // A read timestamp is a new snapshot, and values of the old one die (rule 19).
        self.take_back_cursors()?;
        // SAFETY: the session is open, its transaction not prepared, and nobody refers to its
        // memory.
        let code = unsafe { set(self.handle.as_ptr(), which.number(), timestamp.get()) };
        self.finish(code, OPERATION)
    }

    /// A timestamp of the running transaction, by the engine's name of it.
    pub(crate) fn transaction_timestamp(&self, get: &'static str) -> Result<Option<Timestamp>> {
        const OPERATION: &str = "WT_SESSION.query_timestamp";
        let query = method!(self.handle, query_timestamp, OPERATION);
        self.check_caller()?;
        let config = Config::new().set("get", get).finish();
        let mut hex = HexBuffer([0; 32]);
        // SAFETY: the session is open; there is room for the digits; the configuration is padded
        // (rule 10).
        let code = unsafe { query(self.handle.as_ptr(), hex.as_mut_ptr(), config.as_ptr()) };
        self.finish(code, OPERATION)?;
        hex.timestamp()
    }

    /// Prepares the running transaction. After an error it runs on and is lost.
    pub(crate) fn prepare(&mut self, timestamp: Timestamp) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.prepare_transaction";
        let prepare = method!(self.handle, prepare_transaction, OPERATION);
        self.ready()?;
        self.take_back_cursors()?;
        let config = Config::new().set("prepare_timestamp", timestamp).finish();
        // SAFETY: the session is open, its transaction runs and has not failed; nobody refers to
        // its memory (rule 18); the configuration is padded (rule 10). Tables that are logged are
        // refused before the engine changes anything (rule 52).
        let code = unsafe { prepare(self.handle.as_ptr(), config.as_ptr()) };
        if code == 0 {
            self.set_running(Running::Prepared);
        }
        self.finish(code, OPERATION)
    }

    /// Commits a prepared transaction. What the engine would refuse, and stop the database for, is
    /// refused here (rule 35): then the transaction is as it was.
    pub(crate) fn commit_prepared(&mut self, commit: Timestamp, durable: Timestamp) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.commit_transaction";
        let call = method!(self.handle, commit_transaction, OPERATION);
        self.check_caller()?;
        let prepared = self.transaction_timestamp("prepare")?;
        check_commit(prepared, commit, durable)?;
        let shared = std::sync::Arc::clone(self.shared());
        // Until the commit is done nobody moves the timestamps that it is compared with.
        let _fixed = shared.raw.fix_timestamps();
        for (name, least) in [("stable_timestamp", 1), ("oldest_timestamp", 0)] {
            let bound = shared.raw.query_timestamp(name)?;
            if bound.is_some_and(|bound| durable.get() < bound.get().saturating_add(least)) {
                return Err(refuse(&format!(
                    "the durable timestamp {durable} is not after the {name}"
                )));
            }
        }
        let config = Config::new()
            .set("commit_timestamp", commit)
            .set("durable_timestamp", durable)
            .finish();
        // SAFETY: the session is open and its transaction prepared; no cursor of it is in use; the
        // configuration is padded (rule 10) and what the engine accepts (rule 35).
        let code = unsafe { call(self.handle.as_ptr(), config.as_ptr()) };
        self.set_running(Running::No);
        self.finish(code, OPERATION)
    }

    /// Begins the running transaction's view of the data anew. A refusal does not end it.
    pub(crate) fn reset_snapshot(&mut self) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.reset_snapshot";
        let reset = method!(self.handle, reset_snapshot, OPERATION);
        self.ready()?;
        // Positioned cursors would be left with freed values (rule 19).
        self.take_back_cursors()?;
        // SAFETY: the session is open; no cursor of it has a position.
        match unsafe { reset(self.handle.as_ptr()) } {
            0 => Ok(()),
            code => Err(failure(code, OPERATION)),
        }
    }

    /// Whether a transaction runs that has not failed.
    pub(super) fn runs(&self) -> bool {
        self.running.get() == Running::Yes
    }
}

fn check_commit(prepared: Option<Timestamp>, commit: Timestamp, durable: Timestamp) -> Result<()> {
    if let Some(prepared) = prepared.filter(|prepared| commit < *prepared) {
        return Err(refuse(&format!(
            "the commit timestamp {commit} is before the prepare timestamp {prepared}"
        )));
    }
    if durable < commit {
        return Err(refuse(&format!(
            "the durable timestamp {durable} is before the commit timestamp {commit}"
        )));
    }
    Ok(())
}

#[cold]
fn refuse(why: &str) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "WT_SESSION.commit_transaction",
        why,
    )
}

impl RawConnection {
    /// A timestamp of the database, by the engine's name of it.
    pub(crate) fn query_timestamp(&self, get: &'static str) -> Result<Option<Timestamp>> {
        const OPERATION: &str = "WT_CONNECTION.query_timestamp";
        let query = method!(self.handle, query_timestamp, OPERATION);
        self.check_caller()?;
        let config = Config::new().set("get", get).finish();
        let mut hex = HexBuffer([0; 32]);
        let _one = self.one_call();
        // SAFETY: the connection is open and this call alone (rule 1); there is room for the
        // digits; the configuration is padded (rule 10).
        let code = unsafe { query(self.handle.as_ptr(), hex.as_mut_ptr(), config.as_ptr()) };
        self.result(code, OPERATION)?;
        hex.timestamp()
    }

    pub(crate) fn set_timestamps(&self, config: &Config) -> Result<()> {
        const OPERATION: &str = "WT_CONNECTION.set_timestamp";
        let set = method!(self.handle, set_timestamp, OPERATION);
        self.check_caller()?;
        let config = config.finish();
        let _alone = self.move_timestamps();
        let _one = self.one_call();
        // SAFETY: the connection is open and this call alone (rule 1), the configuration padded
        // (rule 10).
        let code = unsafe { set(self.handle.as_ptr(), config.as_ptr()) };
        self.result(code, OPERATION)
    }

    /// Takes back what is not stable. `&mut self`: there is no session that could look on.
    pub(crate) fn rollback_to_stable(&mut self, config: &Config) -> Result<()> {
        const OPERATION: &str = "WT_CONNECTION.rollback_to_stable";
        let rollback = method!(self.handle, rollback_to_stable, OPERATION);
        self.check_caller()?;
        let config = config.finish();
        // SAFETY: the connection is open and nobody else uses it, the configuration padded
        // (rule 10).
        let code = unsafe { rollback(self.handle.as_ptr(), config.as_ptr()) };
        self.result(code, OPERATION)
    }

    pub(crate) fn reconfigure(&self, config: &Config) -> Result<()> {
        const OPERATION: &str = "WT_CONNECTION.reconfigure";
        let reconfigure = method!(self.handle, reconfigure, OPERATION);
        self.check_caller()?;
        let config = config.finish();
        let _one = self.one_call();
        // SAFETY: the connection is open and this call alone (rule 1), the configuration padded
        // (rule 10).
        let code = unsafe { reconfigure(self.handle.as_ptr(), config.as_ptr()) };
        self.result(code, OPERATION)
    }
}

/// The version of the engine: major, minor, patch.
pub(crate) fn version() -> (u32, u32, u32) {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: the numbers are written before the call returns; the text is not looked at.
    unsafe { ffi::wiredtiger_version(&mut major, &mut minor, &mut patch) };
    let number = |number: std::ffi::c_int| u32::try_from(number).unwrap_or(0);
    (number(major), number(minor), number(patch))
}
