//! Doubling a cursor: another one at the same entry.

use std::ffi::CStr;
use std::ptr::{self, NonNull};

use wiredtiger_sys as ffi;

use super::cursor::{Position, RawCursor, Read, Write};
use super::formats;
use super::session::RawSession;
use crate::error::{Error, ErrorKind, Result};
use crate::table::{EntryKind, TableEntry};

const OPERATION: &str = "WT_SESSION.open_cursor";

impl RawSession {
    /// Opens a cursor at the position of another one; or for a file of the backup that it is.
    pub(super) fn open_double(
        &self,
        of: NonNull<ffi::WT_CURSOR>,
        config: &CStr,
    ) -> Result<NonNull<ffi::WT_CURSOR>> {
        let open = method!(self.handle, open_cursor, OPERATION);
        let mut cursor = ptr::null_mut();
        // SAFETY: the session is open, and so is the cursor that is doubled, which is one of its
        // own; the configuration does not end in a bare category (rule 10).
        let code = unsafe {
            open(
                self.handle.as_ptr(),
                ptr::null(),
                of.as_ptr(),
                config.as_ptr(),
                &mut cursor,
            )
        };
        self.finish(code, OPERATION)?;
        NonNull::new(cursor).ok_or_else(|| self.fail(ffi::WT_ERROR, OPERATION))
    }
}

impl<'s> RawCursor<'s, Read> {
    /// Another cursor at the same entry, without the bounds.
    pub(crate) fn duplicate(&self) -> Result<Self> {
        self.double()
    }
}

impl RawCursor<'_, Write> {
    /// A cursor that reads at the same entry, for as long as nothing is written.
    pub(crate) fn duplicate(&self) -> Result<RawCursor<'_, Read>> {
        self.double()
    }
}

impl<'s, A> RawCursor<'s, A> {
    /// The lifetime is for the caller to choose: nobody may write while the double lives.
    fn double<'d>(&self) -> Result<RawCursor<'d, Read>>
    where
        's: 'd,
    {
        self.ready()?;
        if self.position != Position::Entry {
            return Err(self.not_positioned(OPERATION));
        }
        let table = self.session.shared().tables.get(self.place.slot())?;
        if table.kind == EntryKind::Index {
            // Its search takes the columns of the index only; the engine knows how to find one of
            // several entries with the same.
            return self.double_by_engine(&table);
        }
        // What the engine does, too, with a cursor that is open already.
        let mut double = self.session.cursor(self.place.slot())?;
        if double.search(self.get_key()?)? {
            return Ok(double);
        }
        let why = "the entry is not there any more";
        Err(Error::new(ErrorKind::NotFound, OPERATION, why).on(&self.uri()))
    }

    fn double_by_engine<'d>(&self, table: &TableEntry) -> Result<RawCursor<'d, Read>>
    where
        's: 'd,
    {
        let session = self.session;
        let config = table.cursor_settings(self.place.mode());
        let handle = session
            .open_double(self.handle, config)
            .map_err(|error| error.on(&self.uri()))?;
        if let Err(error) = formats::check(handle, table) {
            session.close_cursor(handle);
            return Err(error.on(&self.uri()));
        }
        session.cursors.add(self.place, handle);
        let mut double = RawCursor::new(session, handle, self.place);
        double.position = Position::Entry;
        double.used = true;
        Ok(double)
    }
}
