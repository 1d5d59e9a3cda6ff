//! Where the server is, and who asks: the URL taken apart.

use redis::{ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};

use super::config::RedisConfig;
use crate::remote::{RemoteError, RemoteErrorKind};

pub(super) const REDACTED: &str = "***";

/// A valid URL, taken apart.
pub(super) struct Address {
    pub(super) addr: ConnectionAddr,
    pub(super) tls: bool,
    pub(super) login: RedisConnectionInfo,
}

impl Address {
    pub(super) fn parse(config: &RedisConfig) -> Result<Self, RemoteError> {
        let invalid = |reason: &str| {
            let url = redact(&config.url);
            RemoteError::new(
                RemoteErrorKind::Protocol,
                format!("the Redis URL `{url}` is not valid: {reason}"),
            )
        };
        if config.url.contains('#') {
            return Err(invalid(
                "it has a `#` (percent-encode one in a password; `#insecure` is not offered)",
            ));
        }
        let (plain_url, tls) = without_tls(&config.url);
        let info = plain_url
            .into_connection_info()
            // A detail may quote the URL, password and all.
            .map_err(|error| match error.detail() {
                None => invalid(&format!(
                    "{error}; it has to look like redis://[user[:password]@]host[:port][/db], \
                     rediss://… or unix:///path"
                )),
                Some(_) => invalid("a parameter of it has no meaning"),
            })?;
        let mut login = info.redis_settings().clone();
        if let Some(username) = &config.username {
            login = login.set_username(username);
        }
        if let Some(password) = &config.password {
            login = login.set_password(password.expose());
        }
        if login.username().is_some() && login.password().is_none() {
            return Err(invalid("there is a user and no password"));
        }
        Ok(Self {
            addr: info.addr().clone(),
            tls,
            login,
        })
    }
}

/// The URL for the parser of `redis`, which knows `rediss` only with a TLS stack of its own.
fn without_tls(url: &str) -> (String, bool) {
    for (scheme, plain) in [("rediss://", "redis://"), ("valkeys://", "valkey://")] {
        if let Some(rest) = url.strip_prefix(scheme) {
            return (format!("{plain}{rest}"), true);
        }
    }
    (url.to_owned(), false)
}

/// The URL without user and password, also if it is not a valid one.
pub(super) fn redact(url: &str) -> String {
    let (url, parameters) = match url.split_once('?') {
        // Behind an `@`, the question mark was part of a password that is not encoded.
        Some((before, after)) if !after.contains('@') => (before, Some(after)),
        _ => (url, None),
    };
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest))
            if scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '+') =>
        {
            (format!("{scheme}://"), rest)
        }
        _ => (String::new(), url),
    };
    let mut safe = scheme;
    match rest.rsplit_once('@') {
        Some((_, host)) => {
            safe.push_str(REDACTED);
            safe.push('@');
            safe.push_str(host);
        }
        None => safe.push_str(rest),
    }
    // The name alone: a value may be a password, whatever the name is.
    for (index, parameter) in parameters
        .into_iter()
        .flat_map(|p| p.split('&'))
        .enumerate()
    {
        safe.push(if index == 0 { '?' } else { '&' });
        match parameter.split_once('=') {
            Some((name, value)) if name == "db" => {
                safe.push_str(name);
                safe.push('=');
                safe.push_str(value);
            }
            Some((name, _)) => {
                safe.push_str(name);
                safe.push('=');
                safe.push_str(REDACTED);
            }
            None => safe.push_str(REDACTED),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_left_in_a_redacted_url() {
        for (url, safe) in [
            ("redis://host:1/2", "redis://host:1/2"),
            ("redis://u:secret@host", "redis://***@host"),
            ("redis://secret@host", "redis://***@host"),
            ("rediss://u:sec@ret/a@host:1", "rediss://***@host:1"),
            ("redis://u:sec?ret@host", "redis://***@host"),
            ("u:secret@host", "***@host"),
            ("u:sec://ret@host", "***@host"),
            ("unix:///a/b?db=1&pass=secret", "unix:///a/b?db=1&pass=***"),
            ("unix:///a/b?secret", "unix:///a/b?***"),
        ] {
            let redacted = redact(url);
            assert!(!redacted.contains("sec"), "{url} → {redacted}");
            assert_eq!(redacted, safe);
        }
    }
}
