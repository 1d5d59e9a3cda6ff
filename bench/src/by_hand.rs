//! The C API by hand, as a careful C programmer uses it: one cursor that stays open, every return
//! code looked at, nothing else. It is the floor under everything that is built on the engine.
//!
//! The table has bytes as keys and values, so that the cursor needs no `raw` setting.
#![allow(
    dead_code,
    reason = "a whole set, of which each suite takes what it needs"
)]

use std::error::Error;
use std::ffi::{CStr, CString, c_char, c_int};
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::ptr::{self, NonNull};

use wiredtiger_sys as ffi;

/// What the engine returned instead of 0.
#[derive(Debug)]
pub(crate) struct Code(c_int);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the engine returned {}", self.0)
    }
}

impl Error for Code {}

pub(crate) type Result<T, E = Code> = std::result::Result<T, E>;

/// A method of a handle, taken as C takes it: without a look whether it is there.
macro_rules! method {
    ($handle:expr, $name:ident) => {{
        // SAFETY: the handle is open as long as its owner.
        let method = unsafe { (*$handle.as_ptr()).$name };
        // SAFETY: the engine fills in all methods before it hands a handle out.
        unsafe { method.unwrap_unchecked() }
    }};
}

#[inline(always)]
fn check(code: c_int) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(Code(code)) }
}

/// Which end of a range a key is. Both belong to the range.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    Lower,
    Upper,
}

/// An open database.
pub(crate) struct Home {
    connection: NonNull<ffi::WT_CONNECTION>,
    /// The settings of each [`Bound`], parsed once.
    bounds: [*const c_char; 2],
}

// SAFETY: sessions may be opened from any thread, and nothing else is called before `drop`.
unsafe impl Send for Home {}
// SAFETY: as above.
unsafe impl Sync for Home {}

impl Home {
    /// Opens the database in the folder `home` with the engine's own settings.
    pub(crate) fn open(home: &Path, config: &str) -> Result<Self> {
        let path = text(home.as_os_str().as_encoded_bytes())?;
        let config = settings(config)?;
        let mut connection = ptr::null_mut();
        // SAFETY: strings that end in NUL; without a handler the engine has its own.
        let code = unsafe {
            ffi::wiredtiger_open(
                path.as_ptr(),
                ptr::null_mut(),
                config.as_ptr(),
                &mut connection,
            )
        };
        check(code)?;
        let connection = NonNull::new(connection).ok_or(Code(ffi::WT_ERROR))?;
        let mut home = Self {
            connection,
            bounds: [ptr::null(); 2],
        };
        home.bounds = [
            home.compiled(c"action=set,bound=lower,inclusive=true")?,
            home.compiled(c"action=set,bound=upper,inclusive=true")?,
        ];
        Ok(home)
    }

    fn compiled(&self, settings: &CStr) -> Result<*const c_char> {
        let compile = method!(self.connection, compile_configuration);
        let mut compiled = ptr::null();
        // SAFETY: the connection is open; the strings end in NUL.
        check(unsafe {
            compile(
                self.connection.as_ptr(),
                c"WT_CURSOR.bound".as_ptr(),
                settings.as_ptr(),
                &mut compiled,
            )
        })?;
        Ok(compiled)
    }

    /// Creates a table of bytes that is not there, with more settings such as
    /// `block_compressor=lz4`.
    pub(crate) fn create_table(&self, name: &str, more: &str) -> Result<()> {
        let config = settings(&format!("{more},key_format=u,value_format=u"))?;
        let uri = table(name)?;
        let session = self.raw_session()?;
        let create = method!(session, create);
        // SAFETY: the session is open; the strings end in NUL.
        let created = unsafe { create(session.as_ptr(), uri.as_ptr(), config.as_ptr()) };
        let close = method!(session, close);
        // SAFETY: used for the last time.
        let closed = unsafe { close(session.as_ptr(), ptr::null()) };
        check(created)?;
        check(closed)
    }

    /// A session with a cursor on the table `name`.
    pub(crate) fn session(&self, name: &str) -> Result<Session<'_>> {
        self.session_as(name, ptr::null())
    }

    /// The same with settings of the cursor.
    pub(crate) fn session_with(&self, name: &str, settings: &CStr) -> Result<Session<'_>> {
        self.session_as(name, settings.as_ptr())
    }

    fn session_as(&self, name: &str, settings: *const c_char) -> Result<Session<'_>> {
        let uri = table(name)?;
        let session = self.raw_session()?;
        // Closing the connection closes the session, should this fail.
        let cursor = open_cursor(session, &uri, settings)?;
        Ok(Session {
            session,
            cursor,
            uri,
            bounds: self.bounds,
            home: PhantomData,
        })
    }

    fn raw_session(&self) -> Result<NonNull<ffi::WT_SESSION>> {
        let open = method!(self.connection, open_session);
        let mut session = ptr::null_mut();
        // SAFETY: the connection is open.
        check(unsafe {
            open(
                self.connection.as_ptr(),
                ptr::null_mut(),
                ptr::null(),
                &mut session,
            )
        })?;
        NonNull::new(session).ok_or(Code(ffi::WT_ERROR))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let close = method!(self.connection, close);
        // SAFETY: used for the last time; no session outlives it.
        unsafe { close(self.connection.as_ptr(), ptr::null()) };
    }
}

/// A session with one cursor. What a call lends is borrowed from all of it.
pub(crate) struct Session<'h> {
    session: NonNull<ffi::WT_SESSION>,
    cursor: NonNull<ffi::WT_CURSOR>,
    uri: CString,
    bounds: [*const c_char; 2],
    home: PhantomData<&'h Home>,
}

// SAFETY: the engine ties no session to a thread; it is used by one at a time.
unsafe impl Send for Session<'_> {}

impl Session<'_> {
    /// The value at `key`. The cursor stays there: [`reset`](Self::reset) it when done.
    #[inline]
    pub(crate) fn get(&mut self, key: &[u8]) -> Result<Option<&[u8]>> {
        self.set_key(key);
        let search = method!(self.cursor, search);
        // SAFETY: the cursor is open, its key is set and lives past the call.
        match unsafe { search(self.cursor.as_ptr()) } {
            0 => Ok(Some(self.value()?)),
            code => self.missed(code).map(|_| None),
        }
    }

    /// Stores `value` at `key`, in place of what is there. The cursor is nowhere afterwards.
    #[inline]
    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.set_key(key);
        self.set_value(value);
        let insert = method!(self.cursor, insert);
        // SAFETY: the cursor is open; key and value are set and live past the call.
        match unsafe { insert(self.cursor.as_ptr()) } {
            0 => Ok(()),
            code => self.failed(code),
        }
    }

    /// Puts `value` in the place of the one at `key`; with a cursor that does not overwrite, `false`
    /// when there is none. Found, the cursor stays there.
    #[inline]
    pub(crate) fn update(&mut self, key: &[u8], value: &[u8]) -> Result<bool> {
        self.set_key(key);
        self.set_value(value);
        let update = method!(self.cursor, update);
        // SAFETY: as in `put`.
        match unsafe { update(self.cursor.as_ptr()) } {
            0 => Ok(true),
            code => self.missed(code),
        }
    }

    /// Removes `key`; `false` when it is not there.
    #[inline]
    pub(crate) fn remove(&mut self, key: &[u8]) -> Result<bool> {
        self.set_key(key);
        let remove = method!(self.cursor, remove);
        // SAFETY: as in `get`.
        match unsafe { remove(self.cursor.as_ptr()) } {
            0 => Ok(true),
            code => self.missed(code),
        }
    }

    /// Goes to `key`, or next to it: to the larger one if there is one. `false` in an empty table.
    #[inline]
    pub(crate) fn search_near(&mut self, key: &[u8]) -> Result<bool> {
        self.set_key(key);
        let search_near = method!(self.cursor, search_near);
        let mut exact = 0;
        // SAFETY: as in `get`.
        match unsafe { search_near(self.cursor.as_ptr(), &mut exact) } {
            0 => Ok(true),
            code => self.missed(code),
        }
    }

    /// Limits steps until the next [`reset`](Self::reset). The cursor must be nowhere.
    #[inline]
    pub(crate) fn bound(&mut self, bound: Bound, key: &[u8]) -> Result<()> {
        self.set_key(key);
        let set = method!(self.cursor, bound);
        let settings = self.bounds[bound as usize];
        // SAFETY: as in `get`; the call copies the key. Whatever is called next sets another key,
        // steps, which drops it, or resets.
        match unsafe { set(self.cursor.as_ptr(), settings) } {
            0 => Ok(()),
            code => self.failed(code),
        }
    }

    /// Goes to the next row, from nowhere to the first; `false` after the last.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<bool> {
        let next = method!(self.cursor, next);
        // SAFETY: the cursor is open.
        stepped(unsafe { next(self.cursor.as_ptr()) })
    }

    /// Goes to the row before, from nowhere to the last; `false` before the first.
    #[inline]
    pub(crate) fn prev(&mut self) -> Result<bool> {
        let prev = method!(self.cursor, prev);
        // SAFETY: the cursor is open.
        stepped(unsafe { prev(self.cursor.as_ptr()) })
    }

    /// Key and value where the cursor is.
    #[inline]
    pub(crate) fn row(&self) -> Result<(&[u8], &[u8])> {
        let get = method!(self.cursor, get_key);
        let mut key = item(&[]);
        // SAFETY: a key of bytes is handed out as one item.
        check(unsafe { get(self.cursor.as_ptr(), &raw mut key) })?;
        let value = self.value()?;
        // SAFETY: the engine's memory at the position, which `&mut self` leaves.
        Ok((unsafe { bytes(&key) }, value))
    }

    #[inline(always)]
    fn value(&self) -> Result<&[u8]> {
        let get = method!(self.cursor, get_value);
        let mut value = item(&[]);
        // SAFETY: a value of bytes is handed out as one item.
        check(unsafe { get(self.cursor.as_ptr(), &raw mut value) })?;
        // SAFETY: the engine's memory at the position, which `&mut self` leaves.
        Ok(unsafe { bytes(&value) })
    }

    /// Gives up position and bounds.
    #[inline]
    pub(crate) fn reset(&mut self) -> Result<()> {
        let reset = method!(self.cursor, reset);
        // SAFETY: the cursor is open.
        check(unsafe { reset(self.cursor.as_ptr()) })
    }

    /// Begins a transaction with the engine's defaults.
    #[inline]
    pub(crate) fn begin(&mut self) -> Result<()> {
        let begin = method!(self.session, begin_transaction);
        // SAFETY: the session is open.
        check(unsafe { begin(self.session.as_ptr(), ptr::null()) })
    }

    /// Commits the transaction with the engine's defaults.
    #[inline]
    pub(crate) fn commit(&mut self) -> Result<()> {
        let commit = method!(self.session, commit_transaction);
        // SAFETY: the session is open; no key of the caller is set.
        check(unsafe { commit(self.session.as_ptr(), ptr::null()) })
    }

    /// Takes a checkpoint.
    pub(crate) fn checkpoint(&mut self) -> Result<()> {
        let checkpoint = method!(self.session, checkpoint);
        // SAFETY: the session is open; no key of the caller is set.
        check(unsafe { checkpoint(self.session.as_ptr(), ptr::null()) })
    }

    /// Opens another cursor on the table and closes it, which leaves it in the engine's cache.
    #[inline]
    pub(crate) fn open_and_close_cursor(&mut self) -> Result<()> {
        let cursor = open_cursor(self.session, &self.uri, ptr::null())?;
        let close = method!(cursor, close);
        // SAFETY: used for the last time.
        check(unsafe { close(cursor.as_ptr()) })
    }

    #[inline(always)]
    fn set_key(&mut self, key: &[u8]) {
        let set = method!(self.cursor, set_key);
        let key = item(key);
        // SAFETY: a key of bytes is one item; the caller uses it before the bytes go away.
        unsafe { set(self.cursor.as_ptr(), &raw const key) };
    }

    #[inline(always)]
    fn set_value(&mut self, value: &[u8]) {
        let set = method!(self.cursor, set_value);
        let value = item(value);
        // SAFETY: as in `set_key`.
        unsafe { set(self.cursor.as_ptr(), &raw const value) };
    }

    /// What did not find its key. The engine refers to the caller's bytes until a reset.
    #[cold]
    fn missed(&mut self, code: c_int) -> Result<bool> {
        self.reset()?;
        if code == ffi::WT_NOTFOUND {
            Ok(false)
        } else {
            Err(Code(code))
        }
    }

    #[cold]
    fn failed(&mut self, code: c_int) -> Result<()> {
        self.reset()?;
        Err(Code(code))
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        let close = method!(self.session, close);
        // SAFETY: used for the last time; it closes its cursor.
        unsafe { close(self.session.as_ptr(), ptr::null()) };
    }
}

#[inline(always)]
fn open_cursor(
    session: NonNull<ffi::WT_SESSION>,
    uri: &CStr,
    settings: *const c_char,
) -> Result<NonNull<ffi::WT_CURSOR>> {
    let open = method!(session, open_cursor);
    let mut cursor = ptr::null_mut();
    // SAFETY: the session is open; the strings end in NUL, where there are any.
    check(unsafe {
        open(
            session.as_ptr(),
            uri.as_ptr(),
            ptr::null_mut(),
            settings,
            &mut cursor,
        )
    })?;
    NonNull::new(cursor).ok_or(Code(ffi::WT_ERROR))
}

#[inline(always)]
fn stepped(code: c_int) -> Result<bool> {
    match code {
        0 => Ok(true),
        ffi::WT_NOTFOUND => Ok(false),
        code => Err(Code(code)),
    }
}

#[inline(always)]
fn item(bytes: &[u8]) -> ffi::WT_ITEM {
    ffi::WT_ITEM {
        data: bytes.as_ptr().cast(),
        size: bytes.len(),
        mem: ptr::null_mut(),
        memsize: 0,
        flags: 0,
    }
}

/// # Safety
/// The memory must stay as it is while the slice is used.
#[inline(always)]
unsafe fn bytes<'a>(item: &ffi::WT_ITEM) -> &'a [u8] {
    if item.data.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise; the engine says how long it is.
    unsafe { std::slice::from_raw_parts(item.data.cast(), item.size) }
}

fn table(name: &str) -> Result<CString> {
    text(format!("table:{name}").as_bytes())
}

/// With a comma at the end: the engine reads past a string that ends in the bare name of a group.
fn settings(config: &str) -> Result<CString> {
    text(format!("{config},").as_bytes())
}

fn text(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| Code(ffi::WT_ERROR))
}
