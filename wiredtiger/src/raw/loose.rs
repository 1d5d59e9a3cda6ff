//! Cursors of other kinds than a table's: statistics, metadata, log, backup, bulk, random. They are
//! opened for one use and closed after it.

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

use wiredtiger_sys as ffi;

use super::cursor::{MAX_LEN, is_key};
use super::formats;
use super::item::{Lent, item};
use super::session::RawSession;
use crate::config::ConfigString;
use crate::error::{Error, ErrorKind, Result};
use crate::table::TableEntry;

/// An open cursor that the session's cache does not keep. It is closed when dropped, or when the
/// session settles, should it have been forgotten.
pub(crate) struct LooseCursor<'s> {
    handle: NonNull<ffi::WT_CURSOR>,
    session: &'s RawSession,
    positioned: bool,
}

impl RawSession {
    /// Opens a cursor of its own on `uri`. The settings make it raw.
    pub(crate) fn open_loose(&self, uri: &CStr, config: &ConfigString) -> Result<LooseCursor<'_>> {
        self.ready()?;
        let handle = self.open_handle(uri, config.and("raw=true").as_c_str())?;
        self.loose(handle, None)
    }

    /// Opens a cursor of its own on the table in `slot`, which has the formats of its handles.
    pub(crate) fn open_loose_on(
        &self,
        slot: usize,
        config: &ConfigString,
    ) -> Result<LooseCursor<'_>> {
        self.ready()?;
        let table = self.shared().tables.get(slot)?;
        let handle = self.open_handle(&table.uri, config.and("raw=true").as_c_str())?;
        self.loose(handle, Some(&table))
            .map_err(|error| error.on(&table.uri.to_string_lossy()))
    }

    /// Owns an open cursor, which must be raw, and take the bytes that the entry's were packed for.
    fn loose(
        &self,
        handle: NonNull<ffi::WT_CURSOR>,
        entry: Option<&TableEntry>,
    ) -> Result<LooseCursor<'_>> {
        match entry {
            Some(entry) => formats::check(handle, entry),
            None => formats::check_raw(handle),
        }
        .inspect_err(|_| self.close_cursor(handle))?;
        self.cursors.add_loose(handle);
        Ok(LooseCursor {
            handle,
            session: self,
            positioned: false,
        })
    }
}

impl<'s> LooseCursor<'s> {
    /// A cursor for one file of the backup that this cursor is.
    pub(crate) fn of_backup_file(&self, config: &ConfigString) -> Result<LooseCursor<'s>> {
        self.session.ready()?;
        let config = config.and("raw=true");
        let handle = self.session.open_double(self.handle, config.as_c_str())?;
        self.session.loose(handle, None)
    }

    /// Goes to the next entry; `false` after the last.
    pub(crate) fn next(&mut self) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.next";
        let next = method!(self.handle, next, OPERATION);
        self.session.ready()?;
        self.positioned = false;
        // SAFETY: the cursor is open; the call needs no key. Its memory is not referred to:
        // `&mut self`.
        match unsafe { next(self.handle.as_ptr()) } {
            0 => self.positioned = true,
            ffi::WT_NOTFOUND => {}
            code => return Err(self.session.fail(code, OPERATION)),
        }
        self.session.connection().resume_panic();
        Ok(self.positioned)
    }

    /// Goes to the packed `key`; `false` when it is not there.
    pub(crate) fn search(&mut self, key: &[u8]) -> Result<bool> {
        const OPERATION: &str = "WT_CURSOR.search";
        let search = method!(self.handle, search, OPERATION);
        self.set_key(key, OPERATION)?;
        self.positioned = false;
        // SAFETY: the key is set and lives past the call; unless it is found the cursor is reset,
        // which drops the pointer to it (rule 16).
        let code = unsafe { search(self.handle.as_ptr()) };
        if code == 0 {
            self.positioned = true;
            return Ok(true);
        }
        let error = (code != ffi::WT_NOTFOUND).then(|| self.session.fail(code, OPERATION));
        self.reset()?;
        error.map_or(Ok(false), Err)
    }

    /// Stores an entry through a bulk cursor, which copies both.
    pub(crate) fn bulk_insert(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.insert";
        let insert = method!(self.handle, insert, OPERATION);
        let set_value = method!(self.handle, set_value, "WT_CURSOR.set_value");
        if value.len() > MAX_LEN {
            let why = "a value cannot be larger than 4294966271 bytes";
            return Err(Error::new(ErrorKind::InvalidArgument, OPERATION, why));
        }
        self.set_key(key, OPERATION)?;
        let value = item(value);
        // SAFETY: a raw cursor takes one item (rule 22), which lives past the insert.
        unsafe { set_value(self.handle.as_ptr(), &raw const value) };
        // SAFETY: key and value are set and live past the call; the engine makes copies. After a
        // failure a reset drops the pointers (rule 16): in memory the cursor is one like others.
        let code = unsafe { insert(self.handle.as_ptr()) };
        if code == 0 {
            return self.session.finish(code, OPERATION);
        }
        let error = self.session.fail(code, OPERATION);
        self.reset()?;
        Err(error)
    }

    fn set_key(&mut self, key: &[u8], operation: &'static str) -> Result<()> {
        self.session.ready()?;
        if !is_key(key) {
            let why = "a key cannot be empty or larger than 4294966271 bytes";
            return Err(Error::new(ErrorKind::InvalidArgument, operation, why));
        }
        let set_key = method!(self.handle, set_key, operation);
        let item = item(key);
        // SAFETY: a raw cursor takes one item (rule 22), neither empty nor too large (rule 15); the
        // caller runs an operation before the key's borrow ends.
        unsafe { set_key(self.handle.as_ptr(), &raw const item) };
        Ok(())
    }

    fn reset(&mut self) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.reset";
        let reset = method!(self.handle, reset, OPERATION);
        self.positioned = false;
        // SAFETY: the cursor is open. Its memory is not referred to: `&mut self`.
        let code = unsafe { reset(self.handle.as_ptr()) };
        self.session.finish(code, OPERATION)
    }

    /// The packed key of the position.
    pub(crate) fn key(&self) -> Result<&[u8]> {
        const OPERATION: &str = "WT_CURSOR.get_key";
        let get = method!(self.handle, get_key, OPERATION);
        self.check_position(OPERATION)?;
        let mut item = Lent::new();
        // SAFETY: a raw cursor takes one item (rule 22), which the call fills in.
        let code = unsafe { get(self.handle.as_ptr(), item.as_mut_ptr()) };
        self.bytes(code, &item, OPERATION)
    }

    /// The packed value of the position.
    pub(crate) fn value(&self) -> Result<&[u8]> {
        const OPERATION: &str = "WT_CURSOR.get_value";
        let get = method!(self.handle, get_value, OPERATION);
        self.check_position(OPERATION)?;
        let mut item = Lent::new();
        // SAFETY: as in `key`.
        let code = unsafe { get(self.handle.as_ptr(), item.as_mut_ptr()) };
        self.bytes(code, &item, OPERATION)
    }

    fn check_position(&self, operation: &'static str) -> Result<()> {
        self.session.check_caller()?;
        if self.positioned {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidArgument,
            operation,
            "the cursor is not at an entry",
        ))
    }

    fn bytes(&self, code: c_int, item: &Lent, operation: &'static str) -> Result<&[u8]> {
        self.session.finish(code, operation)?;
        // SAFETY: the engine lends the memory until this cursor moves, which takes `&mut self`, or
        // the session moves memory, which this cursor borrows (rule 18).
        Ok(unsafe { item.bytes() })
    }

    /// Closes the cursor, and says how that went.
    pub(crate) fn close(self) -> Result<()> {
        const OPERATION: &str = "WT_CURSOR.close";
        let close = method!(self.handle, close, OPERATION);
        self.session.check_caller()?;
        let this = std::mem::ManuallyDrop::new(self);
        this.session.cursors.remove_loose(this.handle);
        // SAFETY: nobody else has the handle, and it is not used again; it is freed even if the
        // call fails (rule 4).
        let code = unsafe { close(this.handle.as_ptr()) };
        this.session.finish(code, OPERATION)
    }
}

impl Drop for LooseCursor<'_> {
    fn drop(&mut self) {
        if self.session.may_call() {
            self.session.cursors.remove_loose(self.handle);
            self.session.close_cursor(self.handle);
        }
    }
}
