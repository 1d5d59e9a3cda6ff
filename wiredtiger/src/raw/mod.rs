//! The only place with `unsafe`: owns the engine's handles and knows its rules.
//!
//! Everything this module hands out is safe to use. What makes it so are the receivers: calls
//! that only read take `&self`, calls that move or free memory which a reader of the same session
//! may hold take `&mut self`. "Rule N" in a `SAFETY` line is a rule of `docs/engine-facts.md`.

/// A method of an engine handle, ready to be called.
macro_rules! method {
    ($handle:expr, $name:ident, $operation:expr) => {{
        // SAFETY: the handle is live as long as its owner, and the engine fills in its methods
        // before it hands the handle out (rule 1).
        let method = unsafe { (*$handle.as_ptr()).$name };
        match method {
            Some(method) => method,
            None => return Err($crate::raw::missing($operation)),
        }
    }};
}

mod blocks;
mod bounds;
mod callbacks;
mod caller;
mod config_parser;
mod connection;
mod cursor;
mod cursor_cache;
mod cursor_more;
mod cursor_write;
mod double;
mod events;
mod extractor;
mod formats;
mod half_made;
mod item;
mod join;
mod loose;
mod metadata;
mod modify;
mod objects;
mod session;
mod session_write;
mod space;
mod timestamps;
mod truncate;
mod unlogged;
mod validate;
mod value;

pub(crate) use bounds::{Bound, PackedEnd};
pub(crate) use connection::RawConnection;
pub(crate) use cursor::{RawCursor, Read, Write};
pub(crate) use cursor_cache::Mode;
pub(crate) use join::{Compare, RawJoin};
pub(crate) use loose::LooseCursor;
pub(crate) use modify::Content;
pub(crate) use session::RawSession;
pub(crate) use timestamps::{Which, version};
pub(crate) use validate::validate;
pub(crate) use value::RawValue;

use std::ffi::c_int;

use crate::error::{Error, Result};

/// Turns a return code into a result, with what the engine said on this thread.
fn check(code: c_int, operation: &'static str) -> Result<()> {
    if code == 0 {
        Ok(())
    } else {
        Err(failure(code, operation))
    }
}

/// The engine has no such method here.
#[cold]
fn missing(operation: &'static str) -> Error {
    Error::engine(libc::ENOTSUP, operation, String::new())
}

#[cold]
fn failure(code: c_int, operation: &'static str) -> Error {
    Error::engine(code, operation, crate::events::take_message(code))
}
