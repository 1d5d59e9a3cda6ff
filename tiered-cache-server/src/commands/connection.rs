//! Commands about the connection itself.

use std::io;

use bytes::Bytes;

use super::{Context, Flow, SYNTAX, forward};
use crate::request::{Args, integer};
use crate::settings::RemoteKind;
use crate::table::{Spec, find_sub};

/// The version of Redis whose commands and replies are meant.
pub(super) const REDIS_VERSION: &str = "7.0.15";

const NOT_IN_TRANSACTION: &str = "ERR Command not allowed inside a transaction";

pub(super) fn is_about_the_connection(spec: &Spec) -> bool {
    matches!(
        spec.name,
        "ping"
            | "echo"
            | "quit"
            | "reset"
            | "auth"
            | "hello"
            | "select"
            | "client"
            | "subscribe"
            | "unsubscribe"
            | "psubscribe"
            | "punsubscribe"
            | "ssubscribe"
            | "sunsubscribe"
    )
}

/// Whether a command is allowed beside subscriptions, in version 2 of the protocol.
pub(super) fn may_come_between(spec: &Spec) -> bool {
    spec.name.ends_with("subscribe") || matches!(spec.name, "ping" | "quit" | "reset")
}

/// Does a command about the connection.
///
/// # Errors
/// The client is gone.
pub(super) async fn run(
    context: &mut Context<'_>,
    spec: &'static Spec,
    args: Args<'_>,
) -> io::Result<Flow> {
    let name = spec.name;
    let in_transaction = context.session.transaction.is_some();
    match name {
        "quit" => {
            context.reply.ok();
            return Ok(Flow::Close);
        }
        "reset" => {
            context.session.reset();
            context.reply.resp3 = false;
            context.session.info.name.lock().clear();
            context.reply.status("RESET");
        }
        "ping" | "echo" | "client" if in_transaction => {
            return forward::transaction(context, spec, args).await;
        }
        _ if in_transaction => context.reply.error(NOT_IN_TRANSACTION),
        "ping" => return ping(context, args).await,
        "echo" => context.reply.bulk(&args[1]),
        "auth" => auth(context, args),
        "hello" => hello(context, args),
        "select" => match integer(&args[1]).and_then(|number| i32::try_from(number).ok()) {
            Some(0) => context.reply.ok(),
            Some(_) => context.reply.error("ERR DB index is out of range"),
            None => {
                let text = "ERR value is not an integer or out of range";
                context.reply.error(text);
            }
        },
        "client" => client(context, spec, args),
        _ => return forward::subscription(context, name, args).await,
    }
    Ok(Flow::Continue)
}

async fn ping(context: &mut Context<'_>, args: Args<'_>) -> io::Result<Flow> {
    if args.len() > 2 {
        let text = "ERR wrong number of arguments for 'ping' command";
        context.reply.error(text);
    } else if context.session.subscriber.is_some() && !context.reply.resp3 {
        // In version 2, replies have to look like messages then.
        context.reply.array(2);
        context.reply.bulk(b"pong");
        context.reply.bulk(args.get(1).unwrap_or_default());
    } else {
        match args.get(1) {
            Some(text) => context.reply.bulk(text),
            None => context.reply.status("PONG"),
        }
    }
    Ok(Flow::Continue)
}

const WRONG_PASSWORD: &str = "WRONGPASS invalid username-password pair or user is disabled.";

fn auth(context: &mut Context<'_>, args: Args<'_>) {
    let settings = &context.session.shared.settings;
    let (user, password) = match (args.get(1), args.get(2), args.get(3)) {
        (Some(_), None, _) if settings.requirepass.is_empty() => {
            return context.reply.error(
                "ERR AUTH <password> called without any password configured for the default user. \
                 Are you sure your configuration is correct?",
            );
        }
        (Some(password), None, _) => (settings.user.clone().into_bytes(), password),
        (Some(user), Some(password), None) => (user.to_vec(), password),
        _ => return context.reply.error(SYNTAX),
    };
    if context.session.log_in(&user, password) {
        context.reply.ok();
    } else {
        tracing::warn!(client = %context.session.info.peer, "a wrong user or password");
        context.reply.error(WRONG_PASSWORD);
    }
}

fn hello(context: &mut Context<'_>, args: Args<'_>) {
    let mut version = None;
    let mut at = 1;
    if let Some(text) = args.get(1) {
        at = 2;
        match integer(text) {
            None => {
                let text = "ERR Protocol version is not an integer or out of range";
                return context.reply.error(text);
            }
            Some(number @ (2 | 3)) => version = Some(number),
            Some(_) => return context.reply.error("NOPROTO unsupported protocol version"),
        }
    }
    let (mut login, mut name) = (None, None);
    while let Some(option) = args.get(at) {
        if args.is(at, "auth")
            && let (Some(user), Some(password)) = (args.get(at + 1), args.get(at + 2))
        {
            login = Some((user, password));
            at += 3;
        } else if args.is(at, "setname")
            && let Some(given) = args.get(at + 1)
        {
            name = Some(given);
            at += 2;
        } else {
            let option = String::from_utf8_lossy(option);
            let text = format!("ERR Syntax error in HELLO option '{option}'");
            return context.reply.error(&text);
        }
    }
    if let Some((user, password)) = login
        && !context.session.log_in(user, password)
    {
        return context.reply.error(WRONG_PASSWORD);
    }
    if !context.session.trusted {
        return context.reply.error(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the \
             HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and \
             select the RESP protocol version at the same time",
        );
    }
    if let Some(name) = name
        && !set_name(context, name)
    {
        return;
    }
    if let Some(version) = version {
        context.reply.resp3 = version == 3;
        if version == 2 {
            // Version 2 has no messages.
            context.session.watching = None;
        }
    }
    let reply = &mut *context.reply;
    let version = if reply.resp3 { 3 } else { 2 };
    reply.map(7);
    for (key, value) in [("server", "redis"), ("version", REDIS_VERSION)] {
        reply.bulk(key.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"proto");
    reply.integer(version);
    reply.bulk(b"id");
    reply.integer(i64::try_from(context.session.info.id).unwrap_or(i64::MAX));
    for (key, value) in [("mode", "standalone"), ("role", "master")] {
        reply.bulk(key.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"modules");
    reply.array(0);
}

fn set_name(context: &mut Context<'_>, name: &[u8]) -> bool {
    if !name.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
        context
            .reply
            .error("ERR Client names cannot contain spaces, newlines or special characters.");
        return false;
    }
    *context.session.info.name.lock() = Bytes::copy_from_slice(name);
    true
}

fn client(context: &mut Context<'_>, spec: &'static Spec, args: Args<'_>) {
    let sub = args[1].to_ascii_lowercase();
    if let Some(known) = find_sub(spec, &sub)
        && !known.takes(args.len())
    {
        let text = format!("ERR wrong number of arguments for '{}' command", known.name);
        return context.reply.error(&text);
    }
    let info = std::sync::Arc::clone(&context.session.info);
    match sub.as_slice() {
        b"id" => context
            .reply
            .integer(i64::try_from(info.id).unwrap_or(i64::MAX)),
        b"getname" => {
            let name = info.name.lock().clone();
            context
                .reply
                .bulk_or_null((!name.is_empty()).then_some(&name[..]));
        }
        b"setname" => {
            if set_name(context, &args[2]) {
                context.reply.ok();
            }
        }
        // What a library says of itself, and what only matters where clients are evicted.
        b"setinfo" | b"no-evict" | b"no-touch" => context.reply.ok(),
        b"info" => context.reply.verbatim(&format!("{}\n", info.line())),
        b"list" => {
            let clients = context.session.shared.clients.list();
            let lines: String = clients
                .iter()
                .map(|client| format!("{}\n", client.line()))
                .collect();
            context.reply.verbatim(&lines);
        }
        _ => {
            let sub = String::from_utf8_lossy(&args[1]);
            let text = format!("ERR unknown subcommand '{sub}'. Try CLIENT HELP.");
            context.reply.error(&text);
        }
    }
}

/// Whether commands of the remote can be offered.
pub(super) fn has_redis(context: &Context<'_>) -> bool {
    context.session.shared.kind() == RemoteKind::Redis
}
