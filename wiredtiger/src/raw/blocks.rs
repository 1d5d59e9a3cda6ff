//! Compression and encryption: the engine passes a block and a buffer.

use std::ffi::c_int;
use std::io;
use std::sync::Arc;

use wiredtiger_sys as ffi;

use super::callbacks::Registered;
use super::events::Parking;
use crate::callbacks::{Compress, Encrypt};
use crate::events;

/// More than any compression or encryption needs on top, and little enough for the engine's
/// arithmetic.
const MAX_OVERHEAD: usize = 64 * 1024;

/// More than any block has. The engine passes a length below zero for a block that is too short
/// to have been encrypted.
const MAX_BLOCK: usize = u32::MAX as usize;

pub(super) fn compressor(
    callback: Arc<dyn Compress>,
    parking: Parking,
) -> Arc<Registered<ffi::WT_COMPRESSOR, dyn Compress>> {
    let engine = ffi::WT_COMPRESSOR {
        compress: Some(on_compress),
        decompress: Some(on_decompress),
        pre_size: Some(on_pre_size),
        terminate: None,
    };
    Registered::new(engine, parking, callback)
}

pub(super) fn encryptor(
    callback: Arc<dyn Encrypt>,
    parking: Parking,
) -> Arc<Registered<ffi::WT_ENCRYPTOR, dyn Encrypt>> {
    let engine = ffi::WT_ENCRYPTOR {
        encrypt: Some(on_encrypt),
        decrypt: Some(on_decrypt),
        sizing: Some(on_sizing),
        customize: None,
        terminate: None,
    };
    Registered::new(engine, parking, callback)
}

/// The engine's source and target of one call.
struct Blocks<'a> {
    source: &'a [u8],
    target: &'a mut [u8],
}

impl Blocks<'_> {
    /// Nothing if the lengths cannot be.
    ///
    /// # Safety
    /// The pointers must be to so many bytes, which nobody else uses as long as the slices.
    unsafe fn new(
        source: *mut u8,
        source_len: usize,
        target: *mut u8,
        target_len: usize,
    ) -> Option<Self> {
        if source_len > MAX_BLOCK || target_len > MAX_BLOCK || source.is_null() || target.is_null()
        {
            return None;
        }
        // SAFETY: the caller's promise. The memory may be uninitialised: it is made zero before
        // Rust sees it.
        unsafe { target.write_bytes(0, target_len) };
        // SAFETY: as above.
        let target = unsafe { std::slice::from_raw_parts_mut(target, target_len) };
        // SAFETY: as above.
        let source = unsafe { std::slice::from_raw_parts(source, source_len) };
        Some(Self { source, target })
    }
}

/// What a callback says it has written; nothing, after a word about it, if that cannot be.
fn written(result: Option<io::Result<usize>>, room: usize, operation: &str) -> Option<usize> {
    let why = match result {
        Some(Ok(len)) if len <= room => return Some(len),
        Some(Ok(len)) => format!("{len} bytes were written into {room}"),
        Some(Err(why)) => why.to_string(),
        None => "it panicked".to_owned(),
    };
    let message = format!("{operation}: {why}");
    events::keep(ffi::WT_ERROR, &message);
    events::error(ffi::WT_ERROR, &message);
    None
}

unsafe extern "C" fn on_compress(
    compressor: *mut ffi::WT_COMPRESSOR,
    _: *mut ffi::WT_SESSION,
    source: *mut u8,
    source_len: usize,
    target: *mut u8,
    target_len: usize,
    len: *mut usize,
    failed: *mut c_int,
) -> c_int {
    // SAFETY: the engine passes a block and a buffer of its own, as long as it says (rule 60).
    let Some(blocks) = (unsafe { Blocks::new(source, source_len, target, target_len) }) else {
        return libc::EINVAL;
    };
    let Blocks { source, target } = blocks;
    let compress = |callback: &dyn Compress| callback.compress(source, target);
    // SAFETY: the engine passes what was registered (rule 37).
    let result = unsafe { Registered::<_, dyn Compress>::run(compressor, compress) };
    // Nothing is what the engine would divide by.
    let result = result.map(|result| result.map(|len| len.unwrap_or(0)));
    let Some(compressed) = written(result, target_len, "WT_COMPRESSOR.compress") else {
        return ffi::WT_ERROR;
    };
    // SAFETY: the engine passes places for its answers.
    unsafe { len.write(compressed) };
    // SAFETY: as above.
    unsafe { failed.write((compressed == 0).into()) };
    0
}

unsafe extern "C" fn on_decompress(
    engine: *mut ffi::WT_COMPRESSOR,
    _: *mut ffi::WT_SESSION,
    source: *mut u8,
    source_len: usize,
    target: *mut u8,
    target_len: usize,
    len: *mut usize,
) -> c_int {
    // SAFETY: the engine passes a block and a buffer of its own, as long as it says (rule 60).
    let blocks = unsafe { Blocks::new(source, source_len, target, target_len) };
    let decompress = |callback: &dyn Compress, blocks: Blocks<'_>| {
        callback.decompress(blocks.source, blocks.target)
    };
    // SAFETY: the engine passes what was registered (rule 37), and a place for the answer.
    unsafe { transform(engine, blocks, len, "WT_COMPRESSOR.decompress", decompress) }
}

/// Has a callback make one block of another; the code for the engine.
///
/// # Safety
/// As for [`Registered::run`], and `len` must be a place for a number.
unsafe fn transform<E, T: ?Sized>(
    engine: *mut E,
    blocks: Option<Blocks<'_>>,
    len: *mut usize,
    operation: &str,
    work: impl FnOnce(&T, Blocks<'_>) -> io::Result<usize>,
) -> c_int {
    let Some(blocks) = blocks else {
        return libc::EINVAL;
    };
    let room = blocks.target.len();
    // SAFETY: the caller's promise.
    let result = unsafe { Registered::run(engine, |callback: &T| work(callback, blocks)) };
    // SAFETY: the caller's promise.
    unsafe { answer(result, room, len, operation) }
}

/// Writes how many bytes a callback has written; the code for the engine.
///
/// # Safety
/// `len` must be a place for a number.
unsafe fn answer(
    result: Option<io::Result<usize>>,
    room: usize,
    len: *mut usize,
    operation: &str,
) -> c_int {
    let (code, written) = match written(result, room, operation) {
        Some(written) => (0, written),
        None => (ffi::WT_ERROR, 0),
    };
    // The engine looks at it after an error, too.
    // SAFETY: the caller's promise.
    unsafe { len.write(written) };
    code
}

unsafe extern "C" fn on_pre_size(
    compressor: *mut ffi::WT_COMPRESSOR,
    _: *mut ffi::WT_SESSION,
    _: *mut u8,
    source_len: usize,
    len: *mut usize,
) -> c_int {
    let size = |callback: &dyn Compress| callback.target_len(source_len);
    // SAFETY: the engine passes what was registered (rule 37).
    let result = unsafe { Registered::<_, dyn Compress>::run(compressor, size) };
    let room = source_len.saturating_mul(2).saturating_add(MAX_OVERHEAD);
    // SAFETY: the engine passes a place for the answer.
    unsafe { answer(result.map(Ok), room, len, "WT_COMPRESSOR.pre_size") }
}

unsafe extern "C" fn on_encrypt(
    engine: *mut ffi::WT_ENCRYPTOR,
    _: *mut ffi::WT_SESSION,
    source: *mut u8,
    source_len: usize,
    target: *mut u8,
    target_len: usize,
    len: *mut usize,
) -> c_int {
    // SAFETY: the engine passes a block and a buffer of its own, as long as it says (rule 60).
    let blocks = unsafe { Blocks::new(source, source_len, target, target_len) };
    let encrypt =
        |callback: &dyn Encrypt, blocks: Blocks<'_>| callback.encrypt(blocks.source, blocks.target);
    // SAFETY: the engine passes what was registered (rule 37), and a place for the answer.
    unsafe { transform(engine, blocks, len, "WT_ENCRYPTOR.encrypt", encrypt) }
}

unsafe extern "C" fn on_decrypt(
    engine: *mut ffi::WT_ENCRYPTOR,
    _: *mut ffi::WT_SESSION,
    source: *mut u8,
    source_len: usize,
    target: *mut u8,
    target_len: usize,
    len: *mut usize,
) -> c_int {
    // SAFETY: the engine passes a block and a buffer of its own, as long as it says (rule 60).
    let blocks = unsafe { Blocks::new(source, source_len, target, target_len) };
    let decrypt =
        |callback: &dyn Encrypt, blocks: Blocks<'_>| callback.decrypt(blocks.source, blocks.target);
    // SAFETY: the engine passes what was registered (rule 37), and a place for the answer.
    unsafe { transform(engine, blocks, len, "WT_ENCRYPTOR.decrypt", decrypt) }
}

unsafe extern "C" fn on_sizing(
    encryptor: *mut ffi::WT_ENCRYPTOR,
    _: *mut ffi::WT_SESSION,
    len: *mut usize,
) -> c_int {
    let overhead = |callback: &dyn Encrypt| callback.overhead();
    // SAFETY: the engine passes what was registered (rule 37).
    let result = unsafe { Registered::<_, dyn Encrypt>::run(encryptor, overhead) };
    // SAFETY: the engine passes a place for the answer.
    unsafe { answer(result.map(Ok), MAX_OVERHEAD, len, "WT_ENCRYPTOR.sizing") }
}
