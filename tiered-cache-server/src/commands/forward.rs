//! Commands that the remote does.
//!
//! Its keys' unflushed changes go first, then the command, as it is; then what is here of the keys is
//! forgotten. Every client has a connection of its own for that, so that transactions, blocking
//! commands and their order are as in Redis.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tiered_cache::Error;
use tokio::io::AsyncReadExt;

use super::connection::has_redis;
use super::introspection::needs_remote;
use super::keyspace::delete_here;
use super::{Context, Flow, remember, text_of, transactions};
use crate::request::Args;
use crate::session::Subscriber;
use crate::shared::Shared;
use crate::table::{Spec, find_sub};
use crate::upstream::{Frame, Upstream};

/// Tells where the answers to a subscription end.
const MARK: &[u8] = b"tiered-cache";

/// Whether there is a Redis that can do a command; the reply says so if not.
pub(super) fn redis_is_there(context: &mut Context<'_>, name: &str) -> bool {
    let there = has_redis(context);
    if !there {
        let kind = context.session.shared.kind();
        context.reply.error(&needs_remote(kind, name));
    }
    there
}

/// The command itself, or the subcommand that is meant, and the keys that it names.
pub(super) fn part_and_keys(spec: &'static Spec, args: Args<'_>) -> (&'static Spec, Vec<Vec<u8>>) {
    let part = args
        .get(1)
        .and_then(|sub| find_sub(spec, sub))
        .unwrap_or(spec);
    let keys = part.keys(args).into_iter().map(<[u8]>::to_vec).collect();
    (part, keys)
}

/// Does a command at the remote.
///
/// # Errors
/// The client is gone.
pub(super) async fn run(
    context: &mut Context<'_>,
    spec: &'static Spec,
    args: Args<'_>,
) -> io::Result<Flow> {
    if !redis_is_there(context, spec.name) {
        return Ok(Flow::Continue);
    }
    let (part, keys) = part_and_keys(spec, args);
    let all = Everything::of(spec.name);
    if let Err(error) = settle(&context.session.shared, &keys, all).await {
        context.reply.error(&text_of(&error));
        return Ok(Flow::Continue);
    }
    let done = exchange(context, args, part.has("blocking")).await;
    if done.is_err()
        && let Some(upstream) = context.session.upstream.take()
    {
        // The client is gone, and its command may still be done, until the remote has let go of it.
        upstream.hang_up().await;
    }
    if !part.has("readonly") {
        forget(&context.session.shared, &keys, all).await;
    }
    match done? {
        Ok(frame) => context.reply.bytes.extend_from_slice(&frame.bytes),
        // A deletion can do without the remote.
        Err(Away { .. }) if matches!(spec.name, "del" | "unlink") => {
            let keys: Vec<&[u8]> = args.from(1).collect();
            let deleted = delete_here(&context.session.shared.cache, &keys).await;
            match deleted.and_then(|count| remember(context, &keys).map(|()| count)) {
                Ok(count) => context.reply.count(count),
                Err(error) => context.reply.error(&text_of(&error)),
            }
        }
        Err(away) => context.reply.error(&away.text()),
    }
    Ok(Flow::Continue)
}

/// Does a command that is not known here: every argument may be a key.
///
/// # Errors
/// The client is gone.
pub(super) async fn unknown(context: &mut Context<'_>, args: Args<'_>) -> io::Result<Flow> {
    let keys: Vec<Vec<u8>> = args.from(1).map(<[u8]>::to_vec).collect();
    if let Some(transaction) = &mut context.session.transaction {
        transaction.keys.extend(keys.iter().cloned());
    } else if let Err(error) = settle(&context.session.shared, &keys, None).await {
        context.reply.error(&text_of(&error));
        return Ok(Flow::Continue);
    }
    let done = exchange(context, args, false).await?;
    forget(&context.session.shared, &keys, None).await;
    match done {
        Ok(frame) => context.reply.bytes.extend_from_slice(&frame.bytes),
        Err(away) => context.reply.error(&away.text()),
    }
    Ok(Flow::Continue)
}

/// Begins or ends subscriptions, on a connection that has nothing else.
///
/// # Errors
/// The client is gone.
pub(super) async fn subscription(
    context: &mut Context<'_>,
    name: &str,
    args: Args<'_>,
) -> io::Result<Flow> {
    if !redis_is_there(context, name) {
        return Ok(Flow::Continue);
    }
    if let Err(error) = subscribe(context, args).await {
        context.session.subscriber = None;
        context.reply.error(&Away { why: error }.text());
    }
    let session = &context.session;
    let subscribed = session.subscriber.is_some();
    session.info.subscribed.store(subscribed, Ordering::Relaxed);
    Ok(Flow::Continue)
}

async fn subscribe(context: &mut Context<'_>, args: Args<'_>) -> io::Result<()> {
    let shared = std::sync::Arc::clone(&context.session.shared);
    let limit = shared.settings.forward_timeout;
    let resp3 = context.reply.resp3;
    let mut subscriber = match context.session.subscriber.take() {
        Some(subscriber) => subscriber,
        None => {
            let remote = shared.remote.as_ref().ok_or(io::ErrorKind::NotConnected)?;
            Subscriber {
                upstream: Upstream::open(remote, resp3).await?,
                count: 0,
            }
        }
    };
    let upstream = &mut subscriber.upstream;
    upstream.send(args.from(0), args.len()).await?;
    upstream.send([&b"PING"[..], MARK].into_iter(), 2).await?;
    loop {
        let frame = tokio::time::timeout(limit, upstream.frame())
            .await
            .map_err(|_| io::ErrorKind::TimedOut)??;
        // The answer to our own mark: a string, or, in version 2, a pair.
        if frame.bytes.starts_with(b"$") || frame.bytes.starts_with(b"*2\r\n") {
            break;
        }
        if let Some(count) = frame.subscriptions() {
            subscriber.count = count;
        }
        context.reply.bytes.extend_from_slice(&frame.bytes);
    }
    if subscriber.count > 0 {
        context.session.subscriber = Some(subscriber);
    }
    Ok(())
}

/// The remote gave no reply.
pub(super) struct Away {
    why: io::Error,
}

impl Away {
    pub(super) fn text(&self) -> String {
        format!("ERR the remote did not answer: {}", self.why)
    }
}

/// Sends a command, and waits for its reply. The inner error: there is none.
pub(super) async fn exchange(
    context: &mut Context<'_>,
    args: Args<'_>,
    blocks: bool,
) -> io::Result<Result<Frame, Away>> {
    let shared = std::sync::Arc::clone(&context.session.shared);
    shared.counters.forwarded.fetch_add(1, Ordering::Relaxed);
    let limit = shared.settings.forward_timeout;
    let resp3 = context.reply.resp3;
    if let Some(upstream) = &mut context.session.upstream
        && !upstream.is_usable().await
    {
        context.session.upstream = None;
        if context.session.transaction.is_some() || !context.session.watched.is_empty() {
            let why = io::Error::other("its connection has ended, and the transaction with it");
            transactions::end(context.session);
            return Ok(Err(Away { why }));
        }
    }
    let sent = async {
        let upstream = match &mut context.session.upstream {
            Some(upstream) => upstream,
            empty => {
                let remote = shared.remote.as_ref().ok_or(io::ErrorKind::NotConnected)?;
                empty.insert(Upstream::open(remote, resp3).await?)
            }
        };
        upstream.speak(resp3, &mut context.reply.bytes).await?;
        upstream.send(args.from(0), args.len()).await?;
        Ok::<_, io::Error>(upstream)
    };
    let upstream = match tokio::time::timeout(limit, sent).await {
        Ok(Ok(upstream)) => upstream,
        Ok(Err(why)) => {
            context.session.upstream = None;
            return Ok(Err(Away { why }));
        }
        Err(_) => {
            let why = io::ErrorKind::TimedOut.into();
            context.session.upstream = None;
            return Ok(Err(Away { why }));
        }
    };
    loop {
        let frame = async {
            if blocks {
                return upstream.frame().await;
            }
            tokio::time::timeout(limit, upstream.frame())
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        };
        let frame = tokio::select! {
            biased;
            frame = frame => frame,
            // A client that goes takes its waiting command with it.
            read = context.stream.read_buf(context.ahead), if blocks => {
                if read? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if context.ahead.len() > context.session.query_limit {
                    return Err(io::Error::other("what it sent ahead is above query_buffer_limit"));
                }
                continue;
            }
        };
        match frame {
            Ok(frame) if frame.is_push() => context.reply.bytes.extend_from_slice(&frame.bytes),
            Ok(frame) => return Ok(Ok(frame)),
            Err(why) => {
                context.session.upstream = None;
                return Ok(Err(Away { why }));
            }
        }
    }
}

/// Commands that are about more than the keys they name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Everything {
    Reads,
    Changes,
}

impl Everything {
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "keys" | "scan" | "dbsize" | "randomkey" | "sort" | "sort_ro" | "save" | "bgsave"
            | "bgrewriteaof" => Some(Self::Reads),
            "flushall" | "flushdb" | "swapdb" => Some(Self::Changes),
            _ => None,
        }
    }
}

/// Brings the last changes of keys to the remote, or of all.
pub(super) async fn settle(
    shared: &Shared,
    keys: impl IntoIterator<Item = &Vec<u8>>,
    all: Option<Everything>,
) -> Result<(), Error> {
    let limit: Duration = shared.settings.cache.writes.remote_timeout;
    if all.is_some() {
        let report = shared.cache.flush(limit).await?;
        if !report.complete {
            return Err(Error::NotAcknowledged { waited: limit });
        }
    }
    for key in keys {
        shared.cache.flush_key(key, limit).await?;
    }
    Ok(())
}

/// Forgets what is here of keys that the remote may have changed. What was written here meanwhile
/// stays: it comes after the command.
pub(super) async fn forget(
    shared: &Shared,
    keys: impl IntoIterator<Item = &Vec<u8>>,
    all: Option<Everything>,
) {
    let cache = shared.cache.clone();
    let forgotten = if all == Some(Everything::Changes) {
        tokio::task::spawn_blocking(move || cache.evict_all_local().map(drop))
            .await
            .unwrap_or_else(|why| Err(Error::Internal(why.to_string())))
    } else {
        keys.into_iter()
            .try_for_each(|key| cache.evict_local(key).map(drop))
    };
    if let Err(error) = forgotten {
        tracing::warn!(%error, "what is here of keys changed at the remote cannot be forgotten");
    }
}
