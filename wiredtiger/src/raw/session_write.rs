//! What a session does that moves memory its readers may hold: all of it takes `&mut self`
//! (rule 18).

use std::ffi::{CStr, c_char};
use std::ptr;

use super::check;
use super::session::{RawSession, Running};
use crate::config::ConfigString;
use crate::error::{Error, Result};
use crate::options::Durability;

impl RawSession {
    /// Brings the session back to where every call of its owner begins: no transaction and no
    /// cursor in use. Both can only be there because their guards were forgotten.
    #[inline]
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.check_caller()?;
        if self.cursors.any_out() {
            return self.take_back();
        }
        if self.in_transaction() {
            return self.take_back();
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn take_back(&mut self) -> Result<()> {
        let mut result = self.take_back_cursors();
        if self.in_transaction() {
            tracing::warn!("a transaction was forgotten: it is rolled back");
            result = result.and(self.rollback());
        }
        result
    }

    /// Takes back the cursors whose guards were forgotten. Nobody refers to the session's memory
    /// afterwards, the engine's own pointers included.
    pub(super) fn take_back_cursors(&mut self) -> Result<()> {
        for handle in self.cursors.reclaim_loose() {
            self.close_cursor(handle);
        }
        let mut result = Ok(());
        for join in self.cursors.reclaim_joins() {
            self.close_join(join);
        }
        for handle in self.cursors.reclaim() {
            let reset = method!(handle, reset, "WT_CURSOR.reset");
            // SAFETY: the cursor is open and in the cache; nobody refers to its memory, since
            // `&mut self` says that no guard borrows the session.
            let code = unsafe { reset(handle.as_ptr()) };
            // All of them, whatever one of them says.
            result = result.and(check(code, "WT_CURSOR.reset"));
        }
        result
    }

    /// Begins a transaction. There is none: the caller has settled the session.
    #[inline(always)]
    pub(crate) fn begin(&mut self, config: Option<&ConfigString>) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.begin_transaction";
        let begin = method!(self.handle, begin_transaction, OPERATION);
        // SAFETY: the session is open; the configuration is padded (rule 10).
        let code = unsafe { begin(self.handle.as_ptr(), pointer(config)) };
        if code == 0 {
            self.running.set(Running::Yes);
        } else {
            self.clear_isolation()?;
        }
        self.finish(code, OPERATION)
    }

    /// A transaction that failed to begin leaves its isolation to the session (rule 48): one that
    /// begins and ends takes it away.
    #[cold]
    fn clear_isolation(&mut self) -> Result<()> {
        let begin = method!(
            self.handle,
            begin_transaction,
            "WT_SESSION.begin_transaction"
        );
        // SAFETY: the session is open.
        let again = unsafe { begin(self.handle.as_ptr(), ptr::null()) };
        if again == 0 {
            // The first error is the one to tell.
            let _ = self.rollback();
        }
        Ok(())
    }

    /// Commits, so that the result survives what `durability` says, or else what the connection's
    /// commits survive. When this fails the transaction is rolled back (rule 34), except for an
    /// error of the flush at the end.
    #[inline(always)]
    pub(crate) fn commit(&mut self, durability: Option<Durability>) -> Result<()> {
        if let Err(error) = self.ready() {
            return self.end_lost(error);
        }
        match durability {
            None => self.commit_as(None),
            Some(durability) => self.commit_up_to(durability),
        }
    }

    fn commit_up_to(&mut self, durability: Durability) -> Result<()> {
        let plan = CommitPlan::new(self.shared().durability, durability);
        self.commit_as(plan.sync)?;
        match plan.flush {
            Some(config) => self.log_flush(config),
            None => Ok(()),
        }
    }

    /// The session is ready: no transaction of it is lost.
    #[inline(always)]
    fn commit_as(&mut self, sync: Option<&'static CStr>) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.commit_transaction";
        let commit = method!(self.handle, commit_transaction, OPERATION);
        let config = sync.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: the session is open; the literals do not end in a bare category (rule 10).
        let code = unsafe { commit(self.handle.as_ptr(), config) };
        // After an error there is no transaction either.
        self.running.set(Running::No);
        self.finish(code, OPERATION)
    }

    /// Rolls back what cannot be committed; `error` says why, if that succeeds.
    #[cold]
    #[inline(never)]
    pub(super) fn end_lost(&mut self, error: Error) -> Result<()> {
        self.rollback()?;
        Err(error)
    }

    pub(crate) fn rollback(&mut self) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.rollback_transaction";
        self.check_caller()?;
        let rollback = method!(self.handle, rollback_transaction, OPERATION);
        self.set_running(Running::No);
        // SAFETY: the session is open. Cursors lose their positions; nobody refers to their
        // memory (rule 18), and none has a key of the caller without a position (rule 17).
        let code = unsafe { rollback(self.handle.as_ptr(), ptr::null()) };
        self.finish(code, OPERATION)
    }

    fn log_flush(&mut self, config: &CStr) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.log_flush";
        let flush = method!(self.handle, log_flush, OPERATION);
        // SAFETY: the session is open; the literals do not end in a bare category (rule 10).
        let code = unsafe { flush(self.handle.as_ptr(), config.as_ptr()) };
        self.finish(code, OPERATION)
    }

    /// Writes or flushes the log up to what `durability` asks for.
    pub(crate) fn flush_log_to(&mut self, durability: Durability) -> Result<()> {
        match durability {
            Durability::Checkpoint | Durability::Buffered => Ok(()),
            Durability::Process => self.log_flush(WRITE_OUT),
            Durability::Disk => self.log_flush(FLUSH_DISK),
        }
    }

    pub(crate) fn create(&mut self, uri: &CStr, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.create";
        let create = method!(self.handle, create, OPERATION);
        // There is no log in memory, and the engine takes "logged" to mean that a table has no
        // timestamps; one of both kinds in a prepared transaction is read through a null pointer
        // (rule 52).
        let in_memory = self.connection().home().is_in_memory();
        let config = &if in_memory {
            config.and("log=(enabled=false)")
        } else {
            config.and("")
        };
        // SAFETY: the session is open, the URI that of a table (rules 12 and 14), the
        // configuration padded (rule 10).
        let code = unsafe { create(self.handle.as_ptr(), uri.as_ptr(), config.as_ptr()) };
        self.finish(code, OPERATION)
    }

    pub(crate) fn checkpoint(&mut self, config: &ConfigString) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.checkpoint";
        let checkpoint = method!(self.handle, checkpoint, OPERATION);
        // SAFETY: the session is open, the configuration padded (rule 10).
        let code = unsafe { checkpoint(self.handle.as_ptr(), config.as_ptr()) };
        self.finish(code, OPERATION)
    }

    /// Releases what the session has kept from earlier work, its cursors included.
    pub(crate) fn reset(&mut self) -> Result<()> {
        const OPERATION: &str = "WT_SESSION.reset";
        for handle in self.cursors.drain() {
            self.close_cursor(handle);
        }
        let reset = method!(self.handle, reset, OPERATION);
        // SAFETY: the session is open and has no cursor in use.
        let code = unsafe { reset(self.handle.as_ptr()) };
        self.finish(code, OPERATION)
    }
}

#[inline]
fn pointer(config: Option<&ConfigString>) -> *const c_char {
    config.map_or(ptr::null(), ConfigString::as_ptr)
}

const WRITE_OUT: &CStr = c"sync=off";
const FLUSH_DISK: &CStr = c"sync=on";

/// How one commit reaches its level.
///
/// The connection's level decides what `sync=on` means for a commit: a write to the operating
/// system, or a flush of the disk where that is the default. What a commit cannot do itself is
/// done to the log afterwards.
#[derive(Debug, PartialEq, Eq)]
struct CommitPlan {
    sync: Option<&'static CStr>,
    flush: Option<&'static CStr>,
}

impl CommitPlan {
    fn new(connection: Durability, wanted: Durability) -> Self {
        use Durability::{Buffered, Checkpoint, Disk, Process};
        const OFF: Option<&CStr> = Some(c"sync=off");
        const ON: Option<&CStr> = Some(c"sync=on");
        let (sync, flush) = match (connection, wanted) {
            (Checkpoint, _) | (_, Checkpoint) => (None, None),
            (connection, wanted) if connection == wanted => (None, None),
            (_, Buffered) => (OFF, None),
            (Disk, Process) => (OFF, Some(WRITE_OUT)),
            (_, Process) => (ON, None),
            (_, Disk) => (OFF, Some(FLUSH_DISK)),
        };
        Self { sync, flush }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_reached_on_every_connection() {
        use Durability::{Buffered, Disk, Process};
        let plan = |connection, wanted| {
            let plan = CommitPlan::new(connection, wanted);
            (
                plan.sync.map(CStr::to_bytes),
                plan.flush.map(CStr::to_bytes),
            )
        };
        assert_eq!(plan(Process, Process), (None, None));
        assert_eq!(
            plan(Process, Disk),
            (Some(&b"sync=off"[..]), Some(&b"sync=on"[..]))
        );
        assert_eq!(plan(Buffered, Process), (Some(&b"sync=on"[..]), None));
        assert_eq!(
            plan(Disk, Process),
            (Some(&b"sync=off"[..]), Some(&b"sync=off"[..]))
        );
        assert_eq!(plan(Disk, Buffered), (Some(&b"sync=off"[..]), None));
    }
}
