//! The commands.

pub(crate) mod batched;
mod connection;
mod expiry;
mod forward;
mod glob;
mod introspection;
mod keyspace;
mod numbers;
pub(crate) mod reads;
mod set_options;
mod strings;
mod tiered;
pub(crate) mod watch;

use std::io;

use bytes::BytesMut;
use tiered_cache::Error;

use crate::latency::Tally;
use crate::reply::Reply;
use crate::request::Args;
use crate::session::Session;
use crate::settings::RemoteKind;
use crate::stream::Stream;
use crate::table::{self, Spec};

/// What a command works with.
pub(crate) struct Context<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) reply: &'a mut Reply,
    pub(crate) stream: &'a mut Stream,
    /// What the client sends while a command waits.
    pub(crate) ahead: &'a mut BytesMut,
    pub(crate) tally: &'a mut Tally,
}

/// How it goes on with a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Close,
}

/// Why a command has no reply yet.
pub(crate) enum Fault {
    /// This is its reply: code and message.
    Says(String),
    Cache(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Cache(error)
    }
}

impl From<&str> for Fault {
    fn from(says: &str) -> Self {
        Self::Says(says.to_owned())
    }
}

impl From<String> for Fault {
    fn from(says: String) -> Self {
        Self::Says(says)
    }
}

pub(crate) const SYNTAX: &str = "ERR syntax error";

/// What the client is told of an error of the cache.
pub(crate) fn text_of(error: &Error) -> String {
    match error {
        Error::Remote(error) => match error.code() {
            Some(_) => error.to_string(),
            None => format!("ERR {error}"),
        },
        Error::DeadLettered { reason } => {
            format!("ERR written here, but refused by the remote: {reason}")
        }
        Error::Backpressure { .. } => format!("OOM {error}"),
        error => format!("ERR {error}"),
    }
}

/// Does one command.
///
/// # Errors
/// The client is gone, or its replies cannot be sent.
pub(crate) async fn run(context: &mut Context<'_>, args: Args<'_>) -> io::Result<Flow> {
    // The replies to those before are ready.
    context.tally.ready();
    let Some(spec) = checked(context, args) else {
        return Ok(Flow::Continue);
    };
    let Some(spec) = spec else {
        return forward::unknown(context, args).await;
    };
    let flow = dispatch(context, spec, args).await;
    if spec.waits {
        context.tally.arrived();
    } else {
        context.tally.count(spec.number);
    }
    flow
}

async fn dispatch(
    context: &mut Context<'_>,
    spec: &'static Spec,
    args: Args<'_>,
) -> io::Result<Flow> {
    if connection::is_about_the_connection(spec) {
        return connection::run(context, spec, args).await;
    }
    if context.session.transaction.is_some() || forward::is_about_transactions(spec) {
        return forward::transaction(context, spec, args).await;
    }
    let mut done = here(context, spec, args).await;
    if matches!(done, Ok(true)) && spec.has("write") {
        done = remember(context, &spec.keys(args))
            .map(|()| true)
            .map_err(Fault::Cache);
    }
    match done {
        Ok(true) => Ok(Flow::Continue),
        Ok(false) => forward::run(context, spec, args).await,
        Err(Fault::Says(says)) => {
            context.reply.error(&says);
            Ok(Flow::Continue)
        }
        // The key is no string there: the remote knows what to say.
        Err(Fault::Cache(Error::Remote(error)))
            if error.code() == Some("WRONGTYPE")
                && context.session.shared.kind() == RemoteKind::Redis =>
        {
            forward::run(context, spec, args).await
        }
        Err(Fault::Cache(error)) => {
            context.reply.error(&text_of(&error));
            Ok(Flow::Continue)
        }
    }
}

/// Remembers for `WAIT` that this client has written keys.
fn remember(context: &mut Context<'_>, keys: &[&[u8]]) -> Result<(), Error> {
    let unflushed = &mut context.session.unflushed;
    keys.iter().try_for_each(|key| unflushed.add_key(key))
}

/// Does a command here; false: it is the remote's.
async fn here(context: &mut Context<'_>, spec: &Spec, args: Args<'_>) -> Result<bool, Fault> {
    let name = spec.name;
    if name.starts_with("tiered.") {
        tiered::run(context, spec, args).await?;
        return Ok(true);
    }
    Ok(strings::run(context, name, args).await?
        || expiry::run(context, name, args).await?
        || keyspace::run(context, name, args).await?
        || introspection::run(context, name, args).await?)
}

/// The command's place in the table, if the client may give it in this form; the inner `None`: it is
/// not in the table. The outer one: the reply says why not.
fn checked(context: &mut Context<'_>, args: Args<'_>) -> Option<Option<&'static Spec>> {
    let shared = &context.session.shared;
    let spec = table::find(&args[0]);
    let Some(spec) = spec else {
        if shared.kind() == RemoteKind::Redis && context.session.trusted {
            return Some(None);
        }
        context.reply.error_bytes(&unknown_text(args));
        return None;
    };
    // Inside a transaction, the remote has to see what is wrong: it refuses the whole then.
    let in_transaction = context.session.transaction.is_some();
    if !in_transaction && !spec.takes(args.len()) {
        let name = spec.name;
        context.reply.error(&format!(
            "ERR wrong number of arguments for '{name}' command"
        ));
        return None;
    }
    if !context.session.trusted && !matches!(spec.name, "auth" | "hello" | "quit" | "reset") {
        context.reply.error("NOAUTH Authentication required.");
        return None;
    }
    if context.session.subscriber.is_some()
        && !context.reply.resp3
        && !connection::may_come_between(spec)
    {
        let name = spec.name;
        context.reply.error(&format!(
            "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
             RESET are allowed in this context"
        ));
        return None;
    }
    Some(Some(spec))
}

/// Redis's words for a command that nobody knows.
fn unknown_text(args: Args<'_>) -> Vec<u8> {
    // To Redis these are texts that end with a zero byte.
    let shown = |word: &[u8], most: usize| {
        let end = memchr::memchr(0, word).unwrap_or(word.len());
        word[..end.min(most)].to_vec()
    };
    let mut text = b"ERR unknown command '".to_vec();
    text.extend(shown(&args[0], 128));
    text.extend_from_slice(b"', with args beginning with: ");
    let from = text.len();
    for argument in args.from(1) {
        let room = 128usize.saturating_sub(text.len() - from);
        if room == 0 {
            break;
        }
        text.push(b'\'');
        text.extend(shown(argument, room));
        text.extend_from_slice(b"' ");
    }
    text
}
