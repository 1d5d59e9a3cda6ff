//! Registers what must be there while a database opens.
//!
//! An encryptor has to be known before the engine reads the encryption settings. Upstream loads
//! one as a shared object; a program that links the engine statically has none to load. But
//! start-up calls the built-in extensions at the right moment, and the slot of one of them (for
//! a compressor accelerator that is never built here) is answered by this module.

use core::ffi::c_int;

use crate::{WT_CONFIG_ARG, WT_CONNECTION};

#[cfg(feature = "sodium")]
unsafe extern "C" {
    fn wiredtiger_sodium_extension_init(
        connection: *mut WT_CONNECTION,
        config: *mut WT_CONFIG_ARG,
    ) -> c_int;
}

/// Called by the engine inside `wiredtiger_open`, with the connection that opens.
#[unsafe(no_mangle)]
unsafe extern "C" fn iaa_extension_init(
    connection: *mut WT_CONNECTION,
    config: *mut WT_CONFIG_ARG,
) -> c_int {
    #[cfg(feature = "sodium")]
    // SAFETY: both pointers come from the engine, which is in the middle of opening them.
    return unsafe { wiredtiger_sodium_extension_init(connection, config) };

    #[cfg(not(feature = "sodium"))]
    {
        let _ = (connection, config);
        0
    }
}
