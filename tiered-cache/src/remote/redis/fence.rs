//! The end of old connections.
//!
//! `CLIENT KILL` is a barrier: Redis executes the commands of all connections one after the other
//! (also with I/O threads, which only read and parse), so a command of the old connection has been
//! executed before the `KILL`, or it never is. What the server has read and not executed goes
//! with the connection; a connection that cannot be freed at once is marked to close as soon as
//! possible, and with that mark nothing in its buffer is executed; what is still under way
//! meets a closed socket.

use std::time::Duration;

use redis::{Pipeline, ServerError, Value};

use super::classify;
use super::connect::{Connector, Link};
use crate::remote::{ConnectRequest, ConnectionId, RemoteError, RemoteErrorKind};

/// How often, and how far apart, it is checked that a connection is gone. It nearly always is.
const CHECKS: usize = 50;
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// Introduces the connection to the server, and learns its id there.
///
/// Without `fencing` the server may refuse: the id is 0 then, which no connection of Redis has.
pub(super) async fn introduce(
    link: &Link,
    connector: &Connector,
    name: &str,
    fencing: bool,
) -> Result<ConnectionId, RemoteError> {
    if fencing && name.is_empty() {
        // Every connection without a name would pass for this home's.
        return Err(RemoteError::new(
            RemoteErrorKind::Protocol,
            "fencing needs a name for the connection",
        ));
    }
    let mut commands = Pipeline::new();
    commands.cmd("CLIENT").arg("SETNAME").arg(name);
    commands.cmd("CLIENT").arg("ID");
    let answers = ask(link, connector, &commands).await?;
    match answers.as_slice() {
        [Value::Okay, Value::Int(id)] => Ok(ConnectionId((*id).unsigned_abs())),
        [_, Value::Int(id)] if !fencing => Ok(ConnectionId((*id).unsigned_abs())),
        [_, Value::ServerError(_)] if !fencing => Ok(ConnectionId(0)),
        [Value::ServerError(error), _] | [_, Value::ServerError(error)] => Err(refused(error)),
        other => Err(unexpected("CLIENT ID", &other)),
    }
}

/// Ends the connections in `request.fence`, as far as they still are this home's.
pub(super) async fn fence(
    link: &Link,
    connector: &Connector,
    own: ConnectionId,
    request: ConnectRequest<'_>,
) -> Result<(), RemoteError> {
    for &id in request.fence {
        // After a restart the server counts from the start again: this connection may have got
        // the number of the one to end, which went with the server's former life.
        if id != own && id != ConnectionId(0) {
            end(link, connector, id, request.name).await?;
        }
    }
    Ok(())
}

async fn end(
    link: &Link,
    connector: &Connector,
    id: ConnectionId,
    name: &str,
) -> Result<(), RemoteError> {
    if !is_there(link, connector, id, name).await? {
        return Ok(());
    }
    tracing::info!(
        id = id.0,
        name,
        "ending a connection on which writes may be under way"
    );
    let mut kill = Pipeline::new();
    kill.cmd("CLIENT").arg("KILL").arg("ID").arg(id.0);
    match ask(link, connector, &kill).await?.as_slice() {
        [Value::Int(_)] => {}
        [Value::ServerError(error)] => return Err(refused(error)),
        other => return Err(unexpected("CLIENT KILL", &other)),
    }
    for _ in 0..CHECKS {
        if !is_there(link, connector, id, name).await? {
            return Ok(());
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
    Err(RemoteError::new(
        RemoteErrorKind::Unavailable,
        format!("connection {} was told to end and has not", id.0),
    ))
}

/// Whether the server has a connection with this id and this name.
///
/// The name matters: after a restart of the server the id may be somebody else's.
async fn is_there(
    link: &Link,
    connector: &Connector,
    id: ConnectionId,
    name: &str,
) -> Result<bool, RemoteError> {
    let mut list = Pipeline::new();
    list.cmd("CLIENT").arg("LIST").arg("ID").arg(id.0);
    let mut answers = ask(link, connector, &list).await?;
    if let [Value::ServerError(error)] = answers.as_slice()
        && error.code() == "ERR"
        && error.details() == Some("syntax error")
    {
        // Before Redis 6.2 the list cannot be narrowed.
        list.clear();
        list.cmd("CLIENT").arg("LIST");
        answers = ask(link, connector, &list).await?;
    }
    match answers.as_slice() {
        [Value::VerbatimString { text, .. }] => Ok(lists(text, id, name)),
        [Value::BulkString(text)] => Ok(lists(&String::from_utf8_lossy(text), id, name)),
        [Value::ServerError(error)] => Err(refused(error)),
        other => Err(unexpected("CLIENT LIST", &other)),
    }
}

fn lists(text: &str, id: ConnectionId, name: &str) -> bool {
    let (id, name) = (format!("id={}", id.0), format!("name={name}"));
    text.lines().any(|line| {
        let mut fields = line.split(' ');
        fields.next() == Some(id.as_str()) && fields.any(|field| field == name)
    })
}

async fn ask(
    link: &Link,
    connector: &Connector,
    commands: &Pipeline,
) -> Result<Vec<Value>, RemoteError> {
    link.ask(commands)
        .await
        .map_err(|error| classify::transport(&error, connector.peer()))
}

fn refused(error: &ServerError) -> RemoteError {
    let error = classify::command(error);
    match error.kind() {
        RemoteErrorKind::Credentials => RemoteError::new(
            RemoteErrorKind::Credentials,
            format!(
                "{}: fencing needs +client|setname +client|id +client|list +client|kill; grant \
                 them, or switch `fencing` off",
                error.message()
            ),
        )
        .with_code(error.code().unwrap_or_default()),
        RemoteErrorKind::Key => RemoteError::new(RemoteErrorKind::Protocol, error.message())
            .with_code(error.code().unwrap_or_default()),
        _ => error,
    }
}

fn unexpected(command: &str, answer: &dyn std::fmt::Debug) -> RemoteError {
    RemoteError::new(
        RemoteErrorKind::Protocol,
        format!("an answer to {command} that Redis does not give: {answer:?}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_id_with_the_whole_name_is_a_match() {
        let text = "id=12 addr=127.0.0.1:5 laddr=127.0.0.1:6 fd=8 name=home-1 age=0 flags=N\n";
        assert!(lists(text, ConnectionId(12), "home-1"));
        assert!(!lists(text, ConnectionId(1), "home-1"));
        assert!(!lists(text, ConnectionId(12), "home"));
        assert!(!lists(text, ConnectionId(12), "home-11"));
        assert!(!lists("", ConnectionId(12), "home-1"));
    }
}
