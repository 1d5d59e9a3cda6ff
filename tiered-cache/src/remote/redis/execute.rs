//! Commands that are given to the server as they are.

use bytes::Bytes;
use redis::{Pipeline, Value};

use super::classify;
use crate::remote::{RemoteError, RemoteErrorKind, RemoteReply};

/// The command, for the shared connection.
pub(super) fn encode(command: &[Bytes]) -> Pipeline {
    let mut encoded =
        redis::Cmd::with_capacity(command.len(), command.iter().map(Bytes::len).sum());
    for word in command {
        encoded.arg(&word[..]);
    }
    let mut pipeline = Pipeline::with_capacity(1);
    pipeline.add_command(encoded);
    pipeline
}

/// The one reply to it.
pub(super) fn decode(values: Vec<Value>) -> Result<RemoteReply, RemoteError> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (Some(value), None) => reply(value),
        _ => Err(protocol("not one reply to one command")),
    }
}

fn reply(value: Value) -> Result<RemoteReply, RemoteError> {
    let all = |values: Vec<Value>| values.into_iter().map(reply).collect::<Result<_, _>>();
    Ok(match value {
        Value::Nil => RemoteReply::Nil,
        Value::Int(number) => RemoteReply::Integer(number),
        Value::BulkString(bytes) => RemoteReply::Bytes(bytes.into()),
        Value::VerbatimString { text, .. } => RemoteReply::Bytes(text.into()),
        Value::SimpleString(status) => RemoteReply::Status(status),
        Value::Okay => RemoteReply::Status("OK".to_owned()),
        Value::Double(number) => RemoteReply::Double(number),
        Value::Boolean(truth) => RemoteReply::Boolean(truth),
        Value::Array(values) | Value::Set(values) => RemoteReply::Array(all(values)?),
        Value::Map(pairs) => RemoteReply::Map(
            pairs
                .into_iter()
                .map(|(key, value)| Ok((reply(key)?, reply(value)?)))
                .collect::<Result<_, RemoteError>>()?,
        ),
        Value::Attribute { data, .. } => reply(*data)?,
        Value::ServerError(error) => return Err(classify::command(&error)),
        _ => return Err(protocol("a reply of a kind that is not known here")),
    })
}

fn protocol(what: &str) -> RemoteError {
    RemoteError::new(RemoteErrorKind::Protocol, what)
}
