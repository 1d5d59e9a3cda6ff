#![doc = include_str!("../README.md")]
#![allow(clippy::missing_errors_doc, reason = "the functions are C's")]

mod early_load;

#[cfg(feature = "buildtime-bindgen")]
mod bindings {
    #![allow(
        missing_docs,
        non_camel_case_types,
        non_snake_case,
        non_upper_case_globals,
        clippy::all,
        clippy::pedantic,
        clippy::restriction,
        reason = "generated code"
    )]
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}

#[cfg(not(feature = "buildtime-bindgen"))]
#[allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "generated code"
)]
// Kept as bindgen prints it, so that `build-scripts/bindings --check` can compare.
#[rustfmt::skip]
mod bindings;

pub use bindings::*;
pub use early_load::{forget_next_open, on_next_open};

// These crates only bring their C library to the link.
#[cfg(feature = "mimalloc")]
use libmimalloc_sys as _;
#[cfg(feature = "sodium")]
use libsodium_sys as _;
#[cfg(feature = "zlib")]
use libz_sys as _;
#[cfg(feature = "lz4")]
use lz4_sys as _;
#[cfg(feature = "snappy")]
use snappy_src as _;
#[cfg(feature = "zstd")]
use zstd_sys as _;
