//! Commands about the connection itself.

use std::io;
use std::sync::atomic::Ordering;

use super::set_options::NOT_AN_INTEGER;
use super::{Context, Fault, Flow, SYNTAX, client, forward, naming, transactions};
use crate::request::{Args, integer};
use crate::settings::RemoteKind;
use crate::table::Spec;

/// The version of Redis whose commands and replies are meant.
pub(super) const REDIS_VERSION: &str = "7.0.15";

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
            context.reply.status("RESET");
        }
        _ if in_transaction => return transactions::run(context, spec, args).await,
        "ping" => return ping(context, args).await,
        "echo" => context.reply.bulk(&args[1]),
        "auth" => auth(context, args),
        "hello" => {
            let switched = hello(context, args).await?;
            return Ok(told(context, switched.map(|()| Flow::Continue)));
        }
        "select" => match integer(&args[1]).map(i32::try_from) {
            Some(Ok(0)) => context.reply.ok(),
            Some(Ok(_)) => context.reply.error("ERR DB index is out of range"),
            Some(Err(_)) => context
                .reply
                .error("ERR value is out of range, value must between -2147483648 and 2147483647"),
            None => context.reply.error(NOT_AN_INTEGER),
        },
        "client" => {
            let done = client::run(context, args);
            return Ok(told(context, done));
        }
        _ => return forward::subscription(context, name, args).await,
    }
    Ok(Flow::Continue)
}

/// Tells the client what is wrong, if anything.
fn told(context: &mut Context<'_>, done: Result<Flow, Fault>) -> Flow {
    done.unwrap_or_else(|fault| {
        fault.tell(context.reply);
        Flow::Continue
    })
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

/// Changes what the connection speaks. The outer error: the client cannot be served any more.
async fn hello(context: &mut Context<'_>, args: Args<'_>) -> io::Result<Result<(), Fault>> {
    let version = match greet(context, args) {
        Ok(version) => version,
        Err(fault) => return Ok(Err(fault)),
    };
    if let Some(version) = version {
        let resp3 = version == 3;
        context.session.info.resp3.store(resp3, Ordering::Relaxed);
        if let Some(subscriber) = &mut context.session.subscriber {
            // Messages that come meanwhile are of the old version, and go before the reply.
            let between = &mut context.reply.bytes;
            subscriber.upstream.speak(resp3, between).await?;
        }
        context.reply.resp3 = resp3;
        if !resp3 {
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
    Ok(Ok(()))
}

/// Reads `HELLO`, and does its options; the answer is the version that it asks for.
fn greet(context: &mut Context<'_>, args: Args<'_>) -> Result<Option<i64>, Fault> {
    let mut version = None;
    let mut at = 1;
    if let Some(text) = args.get(1) {
        at = 2;
        let number = integer(text);
        let number = number.ok_or("ERR Protocol version is not an integer or out of range")?;
        if !(2..=3).contains(&number) {
            return Err("NOPROTO unsupported protocol version".into());
        }
        version = Some(number);
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
            return Err(naming("ERR Syntax error in HELLO option '", option, "'").into());
        }
    }
    if let Some((user, password)) = login
        && !context.session.log_in(user, password)
    {
        return Err(WRONG_PASSWORD.into());
    }
    if !context.session.trusted {
        return Err(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the \
             HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and \
             select the RESP protocol version at the same time"
                .into(),
        );
    }
    if let Some(name) = name {
        client::set_name(context, name)?;
    }
    Ok(version)
}

/// Whether commands of the remote can be offered.
pub(super) fn has_redis(context: &Context<'_>) -> bool {
    context.session.shared.kind() == RemoteKind::Redis
}
