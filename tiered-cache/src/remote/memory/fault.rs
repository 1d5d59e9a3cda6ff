//! What a scripted store does instead of what it was asked to.

use std::time::Duration;

/// What happens to one batch of writes ([`MemoryRemote::script`]) or to one read
/// ([`MemoryRemote::script_read`]).
///
/// A fault that ends the connection ends it as a broken socket does: every later batch on it is
/// `Unavailable` and not applied, also one that had been sent behind the faulty one. The words for
/// the errors are those of [`RemoteErrorKind`].
///
/// [`MemoryRemote::script`]: super::MemoryRemote::script
/// [`MemoryRemote::script_read`]: super::MemoryRemote::script_read
/// [`RemoteErrorKind`]: crate::remote::RemoteErrorKind
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Every command is answered with a `Refusing` error with this code, `OOM` for example.
    /// Nothing is applied; the connection stays.
    Refuse(&'static str),
    /// The batch is applied, then the connection ends: `Unavailable`.
    LostReply,
    /// The connection ends, nothing is applied: `Unavailable`.
    Disconnect,
    /// The caller gets a `Timeout` and cannot use the connection any more; that much later the
    /// batch is applied all the same, as bytes left in an old socket are, unless the connection
    /// has been fenced by then.
    ///
    /// A read sees the store as it is now and has its answer that much later.
    Delayed(Duration),
    /// No answer and nothing applied, for this batch and those behind it, until the connection is
    /// fenced or the store goes down: then `Unavailable`.
    Hang,
    /// The future panics; nothing is applied, the connection stays.
    Panic,
    /// The first so many commands are applied, then the connection ends: `Unavailable`. For a
    /// read the same as [`Disconnect`](Self::Disconnect).
    Partial(usize),
}
