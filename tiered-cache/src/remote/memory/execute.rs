//! The few commands that decide by what is there, as Redis does them.

use bytes::Bytes;

use super::state::State;
use crate::remote::{RemoteError, RemoteErrorKind, RemoteReply};

impl State {
    /// Runs `SET` with `NX`, `XX`, `GET` and `PXAT`, `INCRBY`, `APPEND`, `GETDEL`.
    pub(super) fn execute(&mut self, command: &[Bytes]) -> Result<RemoteReply, RemoteError> {
        let [name, key, rest @ ..] = command else {
            return Err(refused("wrong number of arguments"));
        };
        let before = self.value(key);
        let expires_at = before.as_ref().and_then(|value| value.expires_at);
        match (name.to_ascii_uppercase().as_slice(), rest) {
            (b"SET", [value, options @ ..]) => {
                let has =
                    |option: &[u8]| options.iter().any(|each| each.eq_ignore_ascii_case(option));
                let at = options
                    .iter()
                    .position(|each| each.eq_ignore_ascii_case(b"PXAT"))
                    .map(|at| options.get(at + 1).map_or(Ok(0), number))
                    .transpose()?;
                let goes = !(has(b"NX") && before.is_some() || has(b"XX") && before.is_none());
                if goes {
                    let at = at.and_then(|at| u64::try_from(at).ok());
                    self.store(key, value, at);
                }
                Ok(match before {
                    Some(before) if has(b"GET") => RemoteReply::Bytes(before.value),
                    None if has(b"GET") => RemoteReply::Nil,
                    _ if goes => RemoteReply::Status("OK".to_owned()),
                    _ => RemoteReply::Nil,
                })
            }
            (b"INCRBY", [by]) => {
                let before = before.map_or(Ok(0), |before| number(&before.value))?;
                let sum = before
                    .checked_add(number(by)?)
                    .ok_or_else(|| refused("increment or decrement would overflow"))?;
                self.store(key, sum.to_string().as_bytes(), expires_at);
                Ok(RemoteReply::Integer(sum))
            }
            (b"APPEND", [more]) => {
                let mut value = before.map_or_else(Vec::new, |before| before.value.to_vec());
                value.extend_from_slice(more);
                let length = i64::try_from(value.len()).unwrap_or(i64::MAX);
                self.store(key, &value, expires_at);
                Ok(RemoteReply::Integer(length))
            }
            (b"GETDEL", []) => {
                self.remove(key);
                Ok(before.map_or(RemoteReply::Nil, |before| RemoteReply::Bytes(before.value)))
            }
            _ => Err(refused("unknown command")),
        }
    }
}

fn number(bytes: &Bytes) -> Result<i64, RemoteError> {
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| refused("value is not an integer or out of range"))
}

fn refused(why: &str) -> RemoteError {
    RemoteError::new(RemoteErrorKind::Key, why).with_code("ERR")
}
