//! The transaction that reads values together with their expiries.
//!
//! A `GET` and the expiry of its key belong together only if no write comes between them.

use bytes::Bytes;
use redis::{Cmd, Pipeline, ServerError, Value};

use super::classify;
use crate::remote::{RemoteError, RemoteErrorKind, RemoteValue};

/// How expiries are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiries {
    /// `PEXPIRETIME`, from Redis 7.0 on: exact.
    Absolute,
    /// `PTTL`, and the clock of this machine at the time of the question: early by the way there,
    /// never late.
    Remaining {
        /// Milliseconds since the Unix epoch.
        asked_at: u64,
    },
}

/// What a transaction led to.
#[derive(Debug)]
pub(super) enum Round {
    /// One answer a key.
    Done(Vec<Result<Option<RemoteValue>, RemoteError>>),
    /// Nothing was read because of these keys, by ascending position: ask without them.
    Rejected(Vec<(usize, RemoteError)>),
    /// Nothing was read because the server is older than `PEXPIRETIME`.
    LacksPexpiretime,
}

pub(super) fn encode<'a>(keys: impl Iterator<Item = &'a Bytes>, expiries: Expiries) -> Pipeline {
    let expiry = match expiries {
        Expiries::Absolute => "PEXPIRETIME",
        Expiries::Remaining { .. } => "PTTL",
    };
    let command = |name: &str, key: &Bytes| {
        let mut command = Cmd::with_capacity(2, name.len() + key.len());
        command.arg(name).arg(&key[..]);
        command
    };
    let mut commands = Pipeline::with_capacity(keys.size_hint().0 * 2 + 2);
    commands.cmd("MULTI");
    for key in keys {
        commands.add_command(command("GET", key));
        commands.add_command(command(expiry, key));
    }
    commands.cmd("EXEC");
    commands
}

/// The answers to a transaction about `keys` keys.
///
/// # Errors
/// The store as a whole refuses, or does not speak the protocol.
pub(super) fn decode(
    mut answers: Vec<Value>,
    keys: usize,
    expiries: Expiries,
) -> Result<Round, RemoteError> {
    let executed = answers.pop();
    if answers.len() != keys * 2 + 1 {
        return Err(unexpected("there are too few answers", &answers.len()));
    }
    if let Value::ServerError(error) = &answers[0] {
        return Err(classify::command(error));
    }
    match executed {
        Some(Value::Array(values)) if values.len() == keys * 2 => {
            let mut values = values.into_iter();
            let mut done = Vec::with_capacity(keys);
            while let (Some(value), Some(expiry)) = (values.next(), values.next()) {
                done.push(entry(value, &expiry, expiries));
            }
            Ok(Round::Done(done))
        }
        Some(Value::ServerError(error)) => rejection(&answers[1..], &error, expiries),
        other => Err(unexpected("an answer to EXEC", &other)),
    }
}

/// Why nothing was executed: the answers to the queued commands say it.
fn rejection(
    queued: &[Value],
    executed: &ServerError,
    expiries: Expiries,
) -> Result<Round, RemoteError> {
    let mut rejected: Vec<(usize, RemoteError)> = Vec::new();
    for (index, answer) in queued.iter().enumerate() {
        let Value::ServerError(error) = answer else {
            continue;
        };
        if expiries == Expiries::Absolute && index % 2 == 1 && classify::lacks_command(error) {
            return Ok(Round::LacksPexpiretime);
        }
        let error = classify::command(error);
        if !error.is_about_a_key() {
            return Err(error);
        }
        if rejected.last().is_none_or(|(last, _)| *last != index / 2) {
            rejected.push((index / 2, error));
        }
    }
    if rejected.is_empty() {
        let error = classify::command(executed);
        // No key was named, so that no key is to blame.
        return Err(match error.kind() {
            RemoteErrorKind::Key => RemoteError::new(RemoteErrorKind::Protocol, error.message()),
            _ => error,
        });
    }
    Ok(Round::Rejected(rejected))
}

fn entry(
    value: Value,
    expiry: &Value,
    expiries: Expiries,
) -> Result<Option<RemoteValue>, RemoteError> {
    let value = match value {
        Value::Nil => return Ok(None),
        Value::BulkString(value) => Bytes::from(value),
        Value::ServerError(error) => return Err(classify::command(&error)),
        other => return Err(unexpected("an answer to GET", &other)),
    };
    let expires_at = match expiry {
        // It expired between the two.
        Value::Int(-2) => return Ok(None),
        Value::Int(-1) => None,
        Value::Int(time) => {
            let time = u64::try_from(*time).map_err(|_| unexpected("an expiry", expiry))?;
            Some(match expiries {
                Expiries::Absolute => time,
                Expiries::Remaining { asked_at } => asked_at.saturating_add(time),
            })
        }
        Value::ServerError(error) => return Err(classify::command(error)),
        other => return Err(unexpected("an expiry", other)),
    };
    Ok(Some(RemoteValue { value, expires_at }))
}

fn unexpected(what: &str, answer: &dyn std::fmt::Debug) -> RemoteError {
    RemoteError::new(
        RemoteErrorKind::Protocol,
        format!("{what} that Redis does not give: {answer:?}"),
    )
}
