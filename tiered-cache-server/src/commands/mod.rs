//! The commands.

pub(crate) mod batched;
mod client;
mod command;
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
mod transactions;
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
    /// This is its reply: code and message, with bytes that the client gave.
    Says(Vec<u8>),
    Cache(Error),
}

impl Fault {
    /// Tells the client.
    fn tell(&self, reply: &mut Reply) {
        match self {
            Self::Says(says) => reply.error_bytes(says),
            Self::Cache(error) => reply.error(&text_of(error)),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Cache(error)
    }
}

impl From<&str> for Fault {
    fn from(says: &str) -> Self {
        Self::Says(says.into())
    }
}

impl From<Vec<u8>> for Fault {
    fn from(says: Vec<u8>) -> Self {
        Self::Says(says)
    }
}

impl From<String> for Fault {
    fn from(says: String) -> Self {
        Self::Says(says.into_bytes())
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
    let before = context.reply.bytes.len();
    context.session.replies.begin();
    let flow = match checked(context, args) {
        Some(Some(spec)) => {
            let flow = dispatch(context, spec, args).await;
            if spec.waits {
                context.tally.arrived();
            } else {
                context.tally.count(spec.number);
            }
            flow
        }
        Some(None) => forward::unknown(context, args).await,
        None => Ok(Flow::Continue),
    };
    if !context.session.replies.end() {
        context.reply.bytes.truncate(before);
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
    if context.session.transaction.is_some() || transactions::is_about_them(spec) {
        return transactions::run(context, spec, args).await;
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
        Err(Fault::Cache(error)) if is_the_remotes(context, &error) => {
            forward::run(context, spec, args).await
        }
        Err(fault) => {
            fault.tell(context.reply);
            Ok(Flow::Continue)
        }
    }
}

/// Whether the remote knows better what to say: the key is no string there, or is too long to be here.
fn is_the_remotes(context: &Context<'_>, error: &Error) -> bool {
    let can_say = match error {
        Error::Remote(error) => error.code() == Some("WRONGTYPE"),
        Error::TooLarge { .. } => true,
        _ => false,
    };
    can_say && context.session.shared.kind() == RemoteKind::Redis
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
        || command::run(context, name, args)?
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
    if context.session.transaction.is_none()
        && let Err(says) = formed(spec, args, shared.kind())
    {
        context.reply.error_bytes(&says);
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

/// Whether a command has its arguments, and a subcommand that is known. (Those of a command that the
/// remote does, it knows best.)
fn formed(spec: &'static Spec, args: Args<'_>, behind: RemoteKind) -> Result<(), Vec<u8>> {
    let here = || matches!(spec.name, "client" | "command" | "config");
    let meant = match args.get(1) {
        Some(sub) if spec.contains && (behind != RemoteKind::Redis || here()) => {
            table::find_sub(spec, sub).ok_or_else(|| {
                let after = format!("'. Try {} HELP.", spec.name.to_uppercase());
                let sub = &sub[..sub.len().min(128)];
                naming("ERR unknown subcommand '", sub, &after)
            })?
        }
        _ => spec,
    };
    if meant.takes(args.len()) {
        return Ok(());
    }
    let name = meant.name;
    Err(format!("ERR wrong number of arguments for '{name}' command").into())
}

/// A client's word as an error shows it: to Redis it is a text that ends with a zero byte.
fn shown(word: &[u8], most: usize) -> &[u8] {
    let end = memchr::memchr(0, word).unwrap_or(word.len());
    &word[..end.min(most)]
}

/// An error with a client's word in it.
fn naming(before: &str, word: &[u8], after: &str) -> Vec<u8> {
    [before.as_bytes(), shown(word, usize::MAX), after.as_bytes()].concat()
}

/// Redis's words for a command that nobody knows.
fn unknown_text(args: Args<'_>) -> Vec<u8> {
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
