//! What an error of the server or the connection concerns.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerError};

use crate::remote::{RemoteError, RemoteErrorKind};

/// The server's answer to one command.
pub(super) fn command(error: &ServerError) -> RemoteError {
    let code = error.code();
    let text = text(error);
    let kind = command_kind(code, &text);
    let message = match (code, text.as_str()) {
        ("MOVED" | "ASK" | "CROSSSLOT", _) => {
            format!(
                "{code} {text}: a Redis Cluster needs a cluster-aware remote, which this is not"
            )
        }
        ("ERR", "syntax error") => {
            "ERR syntax error: `SET … PXAT` needs Redis 6.2 or newer".to_owned()
        }
        (_, "") => code.to_owned(),
        _ => format!("{code} {text}"),
    };
    RemoteError::new(kind, message).with_code(code)
}

fn command_kind(code: &str, text: &str) -> RemoteErrorKind {
    match code {
        "WRONGTYPE" => RemoteErrorKind::Key,
        "NOPERM" if text.contains("to run the") => RemoteErrorKind::Credentials,
        // "… one of the keys used as arguments", "… access the 'x' key".
        "NOPERM" if text.contains("key") => RemoteErrorKind::Key,
        "NOPERM" | "WRONGPASS" | "NOAUTH" | "DENIED" => RemoteErrorKind::Credentials,
        // All commands are of a form that the server has to know: this is about the server, and
        // dead-lettering one key after the other would not mend it.
        "ERR" if is_unknown_command(text) => RemoteErrorKind::Credentials,
        "ERR" if text == "syntax error" || text.starts_with("max number of clients") => {
            RemoteErrorKind::Refusing
        }
        "ERR" => RemoteErrorKind::Key,
        // OOM, LOADING, READONLY, CLUSTERDOWN, MASTERDOWN, TRYAGAIN, MISCONF, BUSY, NOREPLICAS,
        // MOVED, ASK, CROSSSLOT; and what servers may think of later: to wait loses nothing.
        _ => RemoteErrorKind::Refusing,
    }
}

/// Whether the server does not have the command at all.
pub(super) fn lacks_command(error: &ServerError) -> bool {
    error.code() == "ERR" && is_unknown_command(error.details().unwrap_or_default())
}

fn is_unknown_command(text: &str) -> bool {
    text.starts_with("unknown command") || text.starts_with("unknown subcommand")
}

/// What the server said, without the arguments it quotes: those of `HELLO` are a password.
fn text(error: &ServerError) -> String {
    let details = error.details().unwrap_or_default();
    let end = details.find(", with args").unwrap_or(details.len());
    details[..end].trim_end().to_owned()
}

/// The connection did not come about.
pub(super) fn connect(error: RedisError, peer: &dyn Display) -> RemoteError {
    let kind = error.kind();
    let detail = error.detail().unwrap_or_default().to_owned();
    match ServerError::try_from(error) {
        Ok(server) => {
            let error = command(&server);
            // No key has been named yet.
            let kind = match error.kind() {
                RemoteErrorKind::Key => RemoteErrorKind::Protocol,
                kind => kind,
            };
            RemoteError::new(kind, format!("{} ({peer})", error.message())).with_code(server.code())
        }
        Err(_) if detail.contains("no permissions") => {
            RemoteError::new(RemoteErrorKind::Credentials, format!("{peer}: {detail}"))
        }
        Err(error) => match kind {
            ErrorKind::Io => transport_kind(&error, peer),
            ErrorKind::AuthenticationFailed => {
                RemoteError::new(RemoteErrorKind::Credentials, format!("{peer}: {error}"))
            }
            _ => RemoteError::new(RemoteErrorKind::Protocol, format!("{peer}: {error}")),
        },
    }
}

/// A request got no answers: the fate of its commands is unknown.
pub(super) fn transport(error: &RedisError, peer: &dyn Display) -> RemoteError {
    if error.kind() == ErrorKind::Io {
        transport_kind(error, peer)
    } else {
        RemoteError::new(RemoteErrorKind::Protocol, format!("{peer}: {error}"))
    }
}

fn transport_kind(error: &RedisError, peer: &dyn Display) -> RemoteError {
    match io_cause(error) {
        Some(cause) => io(cause, peer),
        None if error.is_timeout() => io(&io::ErrorKind::TimedOut.into(), peer),
        None => RemoteError::new(RemoteErrorKind::Unavailable, format!("{peer}: {error}")),
    }
}

fn io_cause(error: &RedisError) -> Option<&io::Error> {
    let cause = error.source()?;
    // `redis` has it behind a pointer that is an error itself.
    match cause.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        Some(shared) => shared.downcast_ref(),
        None => cause.downcast_ref(),
    }
}

/// An I/O error.
pub(super) fn io(error: &io::Error, peer: &dyn Display) -> RemoteError {
    #[cfg(feature = "tls")]
    if let Some(error) = super::tls::distrust(error) {
        return RemoteError::new(
            RemoteErrorKind::Credentials,
            format!("{peer}: TLS: {error}"),
        );
    }
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => RemoteError::new(
            RemoteErrorKind::Timeout,
            format!("{peer}: no answer in time"),
        ),
        io::ErrorKind::BrokenPipe => RemoteError::new(
            RemoteErrorKind::Unavailable,
            format!("{peer}: the connection is closed"),
        ),
        _ => RemoteError::new(RemoteErrorKind::Unavailable, format!("{peer}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use redis::{Value, parse_redis_value};

    use super::*;

    fn server_error(line: &str) -> ServerError {
        match parse_redis_value(format!("-{line}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn texts_of_real_servers() {
        use RemoteErrorKind::{Credentials, Key, Refusing};
        for (line, kind) in [
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                Refusing,
            ),
            ("LOADING Redis is loading the dataset in memory", Refusing),
            (
                "READONLY You can't write against a read only replica.",
                Refusing,
            ),
            ("CLUSTERDOWN The cluster is down", Refusing),
            ("CLUSTERDOWN Hash slot not served", Refusing),
            (
                "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                Refusing,
            ),
            (
                "TRYAGAIN Multiple keys request during rehashing of slot",
                Refusing,
            ),
            (
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to \
                 persist to disk. Commands that may modify the data set are disabled, because \
                 this instance is configured to report errors during writes if RDB snapshotting \
                 fails (stop-writes-on-bgsave-error option).",
                Refusing,
            ),
            (
                "MISCONF Errors writing to the AOF file: No space left on device",
                Refusing,
            ),
            (
                "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN \
                 NOSAVE.",
                Refusing,
            ),
            ("NOREPLICAS Not enough good replicas to write.", Refusing),
            ("ERR max number of clients reached", Refusing),
            ("ERR syntax error", Refusing),
            ("MOVED 3999 127.0.0.1:6381", Refusing),
            ("ASK 3999 127.0.0.1:6381", Refusing),
            (
                "CROSSSLOT Keys in request don't hash to the same slot",
                Refusing,
            ),
            ("SOMENEWCODE of a later server", Refusing),
            (
                "WRONGPASS invalid username-password pair or user is disabled.",
                Credentials,
            ),
            ("NOAUTH Authentication required.", Credentials),
            (
                "NOAUTH HELLO must be called with the client already authenticated, otherwise \
                 the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the \
                 client and select the RESP protocol version at the same time",
                Credentials,
            ),
            (
                "NOPERM this user has no permissions to run the 'set' command",
                Credentials,
            ),
            (
                "NOPERM this user has no permissions to run the 'client|list' command or its \
                 subcommand",
                Credentials,
            ),
            (
                "NOPERM User app has no permissions to run the 'set' command",
                Credentials,
            ),
            (
                "DENIED Redis is running in protected mode because protected mode is enabled",
                Credentials,
            ),
            (
                "ERR unknown command 'SET', with args beginning with: 'k' 'v' ",
                Credentials,
            ),
            (
                "NOPERM this user has no permissions to access one of the keys used as arguments",
                Key,
            ),
            ("NOPERM No permissions to access a key", Key),
            (
                "NOPERM User app has no permissions to access the 'k' key",
                Key,
            ),
            (
                "WRONGTYPE Operation against a key holding the wrong kind of value",
                Key,
            ),
            ("ERR invalid expire time in 'set' command", Key),
            ("ERR value is not an integer or out of range", Key),
            ("ERR Protocol error: invalid bulk length", Key),
        ] {
            let error = command(&server_error(line));
            assert_eq!(error.kind(), kind, "{line}");
            assert_eq!(error.code(), line.split(' ').next());
        }
    }

    #[test]
    fn a_cluster_is_told_by_name() {
        let error = command(&server_error("MOVED 3999 127.0.0.1:6381"));
        assert!(error.message().contains("Redis Cluster"), "{error}");
    }

    #[test]
    fn quoted_arguments_are_left_out() {
        let line = "ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'u' 'secret'";
        let error = connect(server_error(line).into(), &"host:1");
        assert_eq!(error.kind(), RemoteErrorKind::Credentials);
        assert_eq!(error.to_string(), "ERR unknown command 'HELLO' (host:1)");
    }

    #[test]
    fn no_key_is_blamed_before_a_key_was_named() {
        let error = connect(
            server_error("ERR DB index is out of range").into(),
            &"host:1",
        );
        assert_eq!(error.kind(), RemoteErrorKind::Protocol);
        let full = connect(
            server_error("ERR max number of clients reached").into(),
            &"host:1",
        );
        assert_eq!(full.kind(), RemoteErrorKind::Refusing);
    }

    #[test]
    fn errors_of_the_connection() {
        let fate = |kind: io::ErrorKind| {
            transport(&RedisError::from(io::Error::from(kind)), &"host:1").kind()
        };
        assert_eq!(fate(io::ErrorKind::TimedOut), RemoteErrorKind::Timeout);
        assert_eq!(
            fate(io::ErrorKind::BrokenPipe),
            RemoteErrorKind::Unavailable
        );
        assert_eq!(
            fate(io::ErrorKind::ConnectionReset),
            RemoteErrorKind::Unavailable
        );
        assert_eq!(
            fate(io::ErrorKind::ConnectionRefused),
            RemoteErrorKind::Unavailable
        );
        let garbage = parse_redis_value(b"?\r\n").unwrap_err();
        assert_eq!(
            transport(&garbage, &"host:1").kind(),
            RemoteErrorKind::Protocol
        );
        let denied = RedisError::from((ErrorKind::AuthenticationFailed, "no"));
        assert_eq!(
            connect(denied, &"host:1").kind(),
            RemoteErrorKind::Credentials
        );
    }
}
