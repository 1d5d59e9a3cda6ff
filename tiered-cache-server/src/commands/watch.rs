//! `TIERED.WATCH`: the change feed, as messages of version 3 of the protocol.
//!
//! Events are taken from the feed when the client can take them, so many bytes at a time as its output
//! buffer has room for. A client that reads more slowly than events come falls out of the feed's window:
//! it is told, and begins again. Nothing of it waits in memory.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_core::Stream;
use tiered_cache::{Error, Event, EventKind, Origin, Watch};

use super::set_options::ms_of;
use super::{Context, Fault, SYNTAX, text_of};
use crate::reply::Reply;
use crate::request::Args;

/// The watch of one client.
pub(crate) struct Watching {
    watch: Watch,
    /// All entries of the beginning have been sent, and the client has been told so.
    live: bool,
}

/// Begins a watch, in the place of the one before.
pub(super) fn watch(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    if !context.reply.resp3 {
        return Err(
            "ERR TIERED.WATCH pushes events, which needs version 3 of the protocol: say HELLO 3 first"
                .into(),
        );
    }
    let prefix = match args.len() {
        2 => &b""[..],
        4 if args.is(2, "prefix") => &args[3],
        _ => return Err(SYNTAX.into()),
    };
    let since: u64 = std::str::from_utf8(&args[1])
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or("ERR since is not a version: 0, or one that an event had")?;
    let watch = context.session.shared.cache.watch(since);
    let watch = watch.map_err(|error| Fault::from(why_ended(&error)))?;
    context.session.watching = Some(Watching {
        watch: watch.with_prefix(prefix),
        // Without a beginning, there is nothing to tell of its end.
        live: since > 0,
    });
    context.reply.ok();
    Ok(())
}

/// What a client is told when a watch cannot begin, or go on.
fn why_ended(error: &Error) -> String {
    match error {
        Error::TooOld { .. } => format!("TOOOLD {error}: begin again from 0"),
        Error::TooNew { .. } => format!("TOONEW {error}"),
        error => text_of(error),
    }
}

impl Watching {
    /// Waits for events, and puts as many into `reply`, which is empty, as are there and as it has
    /// `room` for. False: the watch has ended, and `reply` says why.
    ///
    /// Cancel safe: nothing has been taken then.
    pub(crate) async fn gather(&mut self, reply: &mut Reply, room: usize) -> bool {
        poll_fn(|context| {
            loop {
                if reply.bytes.len() >= room {
                    return Poll::Ready(true);
                }
                match Pin::new(&mut self.watch).poll_next(context) {
                    Poll::Ready(Some(Ok(event))) => {
                        if !event.initial {
                            // Nothing the client wants lies between the beginning and this.
                            self.tell_live(reply, event.version - 1);
                        }
                        push(reply, &event);
                    }
                    Poll::Ready(end) => {
                        let why = match end {
                            Some(Err(error)) => why_ended(&error),
                            _ => "ERR the feed is over".to_owned(),
                        };
                        reply.push(2);
                        reply.bulk(b"tiered.watch.end");
                        reply.bulk(why.as_bytes());
                        return Poll::Ready(false);
                    }
                    Poll::Pending => {
                        self.tell_live(reply, self.watch.position());
                        if reply.bytes.is_empty() {
                            return Poll::Pending;
                        }
                        return Poll::Ready(true);
                    }
                }
            }
        })
        .await
    }

    /// Tells the client, once, that it has all that was there at the beginning.
    fn tell_live(&mut self, reply: &mut Reply, position: u64) {
        if self.live || position == 0 {
            return;
        }
        self.live = true;
        reply.push(2);
        reply.bulk(b"tiered.watch.live");
        reply.version(position);
    }
}

fn push(reply: &mut Reply, event: &Event) {
    let kind = match event.kind {
        EventKind::Added => "added",
        EventKind::Modified => "modified",
        EventKind::Deleted => "deleted",
        EventKind::Expired => "expired",
        EventKind::Evicted => "evicted",
        EventKind::Invalidated => "invalidated",
        _ => "other",
    };
    let origin = match event.origin {
        Origin::Local => "local",
        Origin::Fill => "fill",
        Origin::Push => "push",
        _ => "other",
    };
    reply.push(2);
    reply.bulk(b"tiered.watch");
    reply.map(8);
    reply.bulk(b"version");
    reply.version(event.version);
    reply.bulk(b"kind");
    reply.bulk(kind.as_bytes());
    reply.bulk(b"key");
    reply.bulk(&event.key);
    reply.bulk(b"value");
    reply.bulk_or_null(event.value.as_deref());
    reply.bulk(b"previous");
    reply.bulk_or_null(event.previous.as_deref());
    reply.bulk(b"expires_ms");
    match event.expires_at {
        Some(at) => reply.integer(ms_of(at)),
        None => reply.null(),
    }
    reply.bulk(b"origin");
    reply.bulk(origin.as_bytes());
    reply.bulk(b"initial");
    reply.boolean(event.initial);
}
