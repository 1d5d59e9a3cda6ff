//! What the remote replies to a command that it is given as it is.

use bytes::Bytes;

/// A reply of the remote, as the protocol has them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RemoteReply {
    /// Nothing.
    Nil,
    /// A number.
    Integer(i64),
    /// A string of bytes.
    Bytes(Bytes),
    /// A status, `OK` for example.
    Status(String),
    /// A floating-point number.
    Double(f64),
    /// A truth value.
    Boolean(bool),
    /// Replies in their order; a set is one, too.
    Array(Vec<RemoteReply>),
    /// Pairs of replies.
    Map(Vec<(RemoteReply, RemoteReply)>),
}
