//! Asking the engine about settings without a database.

use std::ffi::CStr;
use std::ptr;

use wiredtiger_sys as ffi;

use super::events::EventHandler;
use super::{caller, check};
use crate::config::ConfigString;
use crate::error::{Error, ErrorKind, Result};

/// Whether the engine knows these settings of `method`, and the values are of their types and in
/// their ranges.
pub(crate) fn validate(method: &CStr, config: &ConfigString) -> Result<()> {
    const OPERATION: &str = "wiredtiger_config_validate";
    if caller::in_callback() {
        let why = "the engine cannot be called by what handles its messages";
        return Err(Error::new(ErrorKind::NotSupported, OPERATION, why));
    }
    let events = EventHandler::new();
    // SAFETY: there is no session, so that the engine makes up one for this call, with the handler,
    // which outlives it; the texts are NUL-terminated, the settings padded (rule 10).
    let code = unsafe {
        ffi::wiredtiger_config_validate(
            ptr::null_mut(),
            events.as_ptr(),
            method.as_ptr(),
            config.as_ptr(),
        )
    };
    let result = check(code, OPERATION);
    events.resume_panic();
    result
}
