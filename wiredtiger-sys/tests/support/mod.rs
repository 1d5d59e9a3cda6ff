//! A small database over the raw functions, for the tests of this crate.

#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part"
)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;
use std::ptr;

use wiredtiger_sys::{
    WT_CONNECTION, WT_CURSOR, WT_EVENT_HANDLER, WT_ITEM, WT_NOTFOUND, WT_SESSION, wiredtiger_open,
};

/// Calls a method of a handle, and gives what it returns.
macro_rules! call {
    ($handle:expr, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: the engine gave this handle, and it is not closed yet.
        let method = unsafe { (*$handle).$method }.unwrap();
        // SAFETY: the method gets its own handle, and arguments that outlive the call.
        unsafe { method($handle $(, $argument)*) }
    }};
}

/// One connection with one session. Keys are texts, values are bytes.
pub(crate) struct Database {
    connection: *mut WT_CONNECTION,
    session: *mut WT_SESSION,
    handler: *mut WT_EVENT_HANDLER,
}

impl Database {
    pub(crate) fn connection(&self) -> *mut WT_CONNECTION {
        self.connection
    }

    /// Opens the home, or gives the engine's code.
    pub(crate) fn open(home: &Path, config: &str) -> Result<Self, c_int> {
        let home = CString::new(home.to_str().unwrap()).unwrap();
        let config = CString::new(config).unwrap();
        let handler = Box::into_raw(Box::new(WT_EVENT_HANDLER {
            handle_error: Some(ignore_error),
            handle_message: None,
            handle_progress: None,
            handle_close: None,
            handle_general: None,
        }));
        let mut connection = ptr::null_mut();
        // SAFETY: the texts end with a zero, and the handler lives until the connection is closed.
        let code =
            unsafe { wiredtiger_open(home.as_ptr(), handler, config.as_ptr(), &mut connection) };
        if code != 0 {
            free(handler);
            return Err(code);
        }
        let mut session = ptr::null_mut();
        let code = call!(
            connection,
            open_session,
            ptr::null_mut(),
            ptr::null(),
            &mut session
        );
        assert_eq!(code, 0, "open_session");
        Ok(Self {
            connection,
            session,
            handler,
        })
    }

    pub(crate) fn create(&self, uri: &CStr, config: &str) -> Result<(), c_int> {
        let config = CString::new(format!("key_format=S,value_format=u,{config}")).unwrap();
        match call!(self.session, create, uri.as_ptr(), config.as_ptr()) {
            0 => Ok(()),
            code => Err(code),
        }
    }

    pub(crate) fn put<'a>(&self, uri: &CStr, rows: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
        let cursor = self.cursor(uri);
        for (key, value) in rows {
            let key = CString::new(key).unwrap();
            let mut item = empty_item();
            item.data = value.as_ptr().cast();
            item.size = value.len();
            call!(cursor, set_key, key.as_ptr());
            call!(cursor, set_value, &raw const item);
            assert_eq!(call!(cursor, insert), 0, "insert");
        }
        assert_eq!(call!(cursor, close), 0);
    }

    pub(crate) fn get(&self, uri: &CStr, key: &str) -> Option<Vec<u8>> {
        let key = CString::new(key).unwrap();
        let cursor = self.cursor(uri);
        call!(cursor, set_key, key.as_ptr());
        let code = call!(cursor, search);
        let value = (code != WT_NOTFOUND).then(|| {
            assert_eq!(code, 0, "search");
            let mut item = empty_item();
            assert_eq!(call!(cursor, get_value, &raw mut item), 0, "get_value");
            // SAFETY: the engine's bytes stay while the cursor keeps its place.
            unsafe { std::slice::from_raw_parts(item.data.cast::<u8>(), item.size) }.to_vec()
        });
        assert_eq!(call!(cursor, close), 0);
        value
    }

    pub(crate) fn checkpoint(&self) {
        assert_eq!(
            call!(self.session, checkpoint, ptr::null()),
            0,
            "checkpoint"
        );
    }

    /// Closes the session with the connection.
    pub(crate) fn close(self) {
        assert_eq!(call!(self.connection, close, ptr::null()), 0, "close");
        free(self.handler);
    }

    fn cursor(&self, uri: &CStr) -> *mut WT_CURSOR {
        let mut cursor = ptr::null_mut();
        let (none, config) = (ptr::null_mut(), ptr::null());
        let code = call!(
            self.session,
            open_cursor,
            uri.as_ptr(),
            none,
            config,
            &mut cursor
        );
        assert_eq!(code, 0, "open_cursor");
        cursor
    }
}

fn empty_item() -> WT_ITEM {
    WT_ITEM {
        data: ptr::null(),
        size: 0,
        mem: ptr::null_mut(),
        memsize: 0,
        flags: 0,
    }
}

/// Errors are expected in some tests: their text is no news.
unsafe extern "C" fn ignore_error(
    _handler: *mut WT_EVENT_HANDLER,
    _session: *mut WT_SESSION,
    _code: c_int,
    _message: *const c_char,
) -> c_int {
    0
}

fn free(handler: *mut WT_EVENT_HANDLER) {
    // SAFETY: it came from a box, and the connection that used it is gone.
    drop(unsafe { Box::from_raw(handler) });
}
