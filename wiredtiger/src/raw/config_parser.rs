//! The engine's own reading of its configuration language.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use wiredtiger_sys as ffi;

use super::{check, failure};
use crate::error::Result;

/// What the parser reads past the end of a text (rule 10) are zeros.
const PADDING: usize = 64;

/// A text that is being parsed. The engine keeps pointers into it.
struct Parser {
    handle: NonNull<ffi::WT_CONFIG_PARSER>,
    /// Not moved or changed before the parser is closed.
    _text: Vec<u8>,
}

impl Parser {
    fn open(text: &[u8]) -> Result<Self> {
        const OPERATION: &str = "wiredtiger_config_parser_open";
        let len = text.len();
        let mut text = text.to_vec();
        text.resize(len + PADDING, 0);
        let mut handle = ptr::null_mut();
        // SAFETY: a parser needs no session; the text outlives it and has zeros behind.
        let code = unsafe {
            ffi::wiredtiger_config_parser_open(
                ptr::null_mut(),
                text.as_ptr().cast(),
                len,
                &mut handle,
            )
        };
        check(code, OPERATION)?;
        let handle = NonNull::new(handle).ok_or_else(|| failure(ffi::WT_ERROR, OPERATION))?;
        Ok(Self {
            handle,
            _text: text,
        })
    }

    /// The value of a setting; nothing if it is not there.
    fn get(&self, key: &CStr) -> Result<Option<Vec<u8>>> {
        const OPERATION: &str = "WT_CONFIG_PARSER.get";
        let get = method!(self.handle, get, OPERATION);
        let mut value = MaybeUninit::<ffi::WT_CONFIG_ITEM>::zeroed();
        // SAFETY: the parser is open; the item is filled in when the key is there.
        let code = unsafe { get(self.handle.as_ptr(), key.as_ptr(), value.as_mut_ptr()) };
        if code == ffi::WT_NOTFOUND {
            return Ok(None);
        }
        check(code, OPERATION)?;
        // SAFETY: all zeros are a valid item, and so is what the engine has written.
        Ok(Some(copy(unsafe { value.assume_init_ref() })))
    }

    /// The next name; nothing at the end.
    fn next(&self) -> Result<Option<Vec<u8>>> {
        const OPERATION: &str = "WT_CONFIG_PARSER.next";
        let next = method!(self.handle, next, OPERATION);
        let mut key = MaybeUninit::<ffi::WT_CONFIG_ITEM>::zeroed();
        let mut value = MaybeUninit::<ffi::WT_CONFIG_ITEM>::zeroed();
        // SAFETY: the parser is open; the items are filled in when there is a next name.
        let code = unsafe { next(self.handle.as_ptr(), key.as_mut_ptr(), value.as_mut_ptr()) };
        if code == ffi::WT_NOTFOUND {
            return Ok(None);
        }
        check(code, OPERATION)?;
        // SAFETY: as in `get`.
        Ok(Some(copy(unsafe { key.assume_init_ref() })))
    }
}

/// The text of an item.
fn copy(item: &ffi::WT_CONFIG_ITEM) -> Vec<u8> {
    if item.str_.is_null() {
        return Vec::new();
    }
    // SAFETY: the item is of a parser that is open, and points into its text.
    unsafe { std::slice::from_raw_parts(item.str_.cast::<u8>(), item.len) }.to_vec()
}

impl Drop for Parser {
    fn drop(&mut self) {
        // SAFETY: the parser is open; the engine fills in its methods (rule 1).
        let close = unsafe { (*self.handle.as_ptr()).close };
        if let Some(close) = close {
            // SAFETY: used for the last time.
            let code = unsafe { close(self.handle.as_ptr()) };
            if let Err(error) = check(code, "WT_CONFIG_PARSER.close") {
                tracing::warn!(%error, "closing a parser failed");
            }
        }
    }
}

/// The value of `key` in a configuration of the engine, outside all quotes and brackets.
pub(super) fn value_of(text: &[u8], key: &CStr) -> Result<Option<String>> {
    let text = text.strip_suffix(b"\0").unwrap_or(text);
    let value = Parser::open(text)?.get(key)?;
    Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
}

/// The names in the list that is the value of `key` in a configuration of the engine, outside all
/// quotes and brackets.
pub(super) fn names_in(text: &[u8], key: &CStr) -> Result<Vec<String>> {
    let text = text.strip_suffix(b"\0").unwrap_or(text);
    let Some(list) = Parser::open(text)?.get(key)? else {
        return Ok(Vec::new());
    };
    let inside = list
        .strip_prefix(b"(")
        .and_then(|list| list.strip_suffix(b")"))
        .unwrap_or(&list);
    let parser = Parser::open(inside)?;
    let mut names = Vec::new();
    while let Some(name) = parser.next()? {
        names.push(String::from_utf8_lossy(&name).into_owned());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_setting_itself_counts() {
        let text = b"app_metadata=\"columns=(x)\",a=(columns=(y)),columns=(id,country),z=1\0";
        assert_eq!(names_in(text, c"columns").unwrap(), ["id", "country"]);
        assert!(names_in(text, c"colgroups").unwrap().is_empty());
        assert!(names_in(b"columns=,z=1", c"columns").unwrap().is_empty());
        assert_eq!(names_in(b"columns=(one)", c"columns").unwrap(), ["one"]);
        assert!(names_in(b"", c"columns").unwrap().is_empty());
        assert!(names_in(b"columns=(a,b", c"columns").is_err());
    }
}
