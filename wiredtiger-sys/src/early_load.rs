//! Registers what must be there while a database opens.
//!
//! An encryptor has to be known before the engine reads the encryption settings, and a compressor
//! before it opens the log. Upstream loads them as shared objects; a program that links the engine
//! statically has none to load. But
//! start-up calls the built-in extensions at the right moment, and the slot of one of them (for
//! a compressor accelerator that is never built here) is answered by this module.

use core::ffi::c_int;
use std::cell::RefCell;

use crate::{WT_CONFIG_ARG, WT_CONNECTION};

#[cfg(any(feature = "snappy", feature = "sodium"))]
unsafe extern "C" {
    #[cfg(feature = "snappy")]
    fn snappy_extension_init(connection: *mut WT_CONNECTION, config: *mut WT_CONFIG_ARG) -> c_int;

    #[cfg(feature = "sodium")]
    fn wiredtiger_sodium_extension_init(
        connection: *mut WT_CONNECTION,
        config: *mut WT_CONFIG_ARG,
    ) -> c_int;
}

type Init = unsafe extern "C" fn(*mut WT_CONNECTION, *mut WT_CONFIG_ARG) -> c_int;

/// What is registered when a database opens.
const EXTENSIONS: &[Init] = &[
    #[cfg(feature = "snappy")]
    snappy_extension_init,
    #[cfg(feature = "sodium")]
    wiredtiger_sodium_extension_init,
];

/// What a program registers with a connection: an encryptor, for example.
type Registration = Box<dyn FnOnce(*mut WT_CONNECTION) -> c_int>;

std::thread_local! {
    /// For the next database that this thread opens.
    static NEXT: RefCell<Vec<Registration>> = const { RefCell::new(Vec::new()) };
}

/// Calls `register` inside the next `wiredtiger_open` on this thread, with the connection that
/// opens, before it reads the settings of encryption and opens the log. What it returns is an
/// error of the opening, unless it is 0. It must not panic: that would abort the process.
///
/// The system's library does not call it: see [`forget_next_open`].
pub fn on_next_open(register: impl FnOnce(*mut WT_CONNECTION) -> c_int + 'static) {
    NEXT.with_borrow_mut(|next| next.push(Box::new(register)));
}

/// Forgets what [`on_next_open`] was told on this thread and no opening has called; whether there
/// was something.
pub fn forget_next_open() -> bool {
    !NEXT.take().is_empty()
}

/// Called by the engine inside `wiredtiger_open`, with the connection that opens.
#[unsafe(no_mangle)]
unsafe extern "C" fn iaa_extension_init(
    connection: *mut WT_CONNECTION,
    config: *mut WT_CONFIG_ARG,
) -> c_int {
    for init in EXTENSIONS {
        // SAFETY: both pointers come from the engine, which is in the middle of opening them.
        let code = unsafe { init(connection, config) };
        if code != 0 {
            return code;
        }
    }
    for register in NEXT.take() {
        let code = register(connection);
        if code != 0 {
            return code;
        }
    }
    0
}
