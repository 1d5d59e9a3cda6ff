//! `CLIENT`: what a client says of itself, asks of others, and does to them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::{Context, Fault, Flow, SYNTAX, naming};
use crate::request::{Args, integer};
use crate::session::Replies;
use crate::shared::ClientInfo;

const HELP: [&str; 15] = [
    "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GETNAME | SETNAME <name>",
    "    The name of the current connection.",
    "ID | INFO",
    "    The current connection.",
    "LIST [ID <id> ... | TYPE <type>]",
    "    All connections, or some.",
    "KILL <ip:port> | KILL [ID|ADDR|LADDR|USER|TYPE|SKIPME <value>] ...",
    "    Ends connections.",
    "REPLY (ON|OFF|SKIP)",
    "    Which replies the current connection wants.",
    "GETREDIR | TRACKINGINFO | TRACKING OFF | NO-EVICT | NO-TOUCH | SETINFO",
    "    Taken, so that clients start: nothing is tracked or evicted here.",
    "HELP",
    "    Prints this help.",
];

/// Does a subcommand, which is known and has its arguments.
pub(super) fn run(context: &mut Context<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let sub = args[1].to_ascii_lowercase();
    let info = Arc::clone(&context.session.info);
    let user = &context.session.shared.settings.user;
    let reply = &mut *context.reply;
    match sub.as_slice() {
        b"id" => reply.integer(i64::try_from(info.id).unwrap_or(i64::MAX)),
        b"getname" => {
            let name = info.name.lock().clone();
            reply.bulk_or_null((!name.is_empty()).then_some(&name[..]));
        }
        b"setname" => {
            set_name(context, &args[2])?;
            context.reply.ok();
        }
        b"info" => reply.verbatim(&format!("{}\n", info.line(user))),
        b"list" => {
            let clients = chosen(context, args)?;
            let lines = clients.iter().map(|client| client.line(user) + "\n");
            context.reply.verbatim(&lines.collect::<String>());
        }
        b"kill" => return kill(context, args),
        b"reply" => replies(context, args)?,
        // What a library says of itself.
        b"setinfo" => reply.ok(),
        // What only matters where clients are evicted, or uses are counted.
        b"no-evict" | b"no-touch" if args.is(2, "on") || args.is(2, "off") => reply.ok(),
        b"tracking" if args.is(2, "off") => reply.ok(),
        b"tracking" if args.is(2, "on") => return Err(not_offered("client|tracking")),
        b"caching" => {
            return Err(
                "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN \
                 or OPTOUT mode enabled"
                    .into(),
            );
        }
        b"no-evict" | b"no-touch" | b"tracking" => return Err(SYNTAX.into()),
        b"getredir" => reply.integer(-1),
        b"trackinginfo" => {
            reply.map(3);
            reply.bulk(b"flags");
            reply.set(1);
            reply.bulk(b"off");
            reply.bulk(b"redirect");
            reply.integer(-1);
            reply.bulk(b"prefixes");
            reply.array(0);
        }
        b"help" => reply.statuses(&HELP),
        other => {
            let other = String::from_utf8_lossy(other);
            return Err(not_offered(&format!("client|{other}")));
        }
    }
    Ok(Flow::Continue)
}

/// What is said of a command that is refused, by name.
pub(super) fn not_offered(name: &str) -> Fault {
    format!("ERR '{name}' is not offered by tiered-cache-server").into()
}

/// Gives the connection a name.
pub(super) fn set_name(context: &mut Context<'_>, name: &[u8]) -> Result<(), Fault> {
    if !name.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
        let text = "ERR Client names cannot contain spaces, newlines or special characters.";
        return Err(text.into());
    }
    *context.session.info.name.lock() = Bytes::copy_from_slice(name);
    Ok(())
}

fn replies(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    let replies = &mut context.session.replies;
    if args.is(2, "on") {
        *replies = Replies::All;
        context.reply.ok();
    } else if args.is(2, "off") {
        *replies = Replies::None;
    } else if !args.is(2, "skip") {
        return Err(SYNTAX.into());
    } else if *replies != Replies::None {
        *replies = Replies::SkipNext;
    }
    Ok(())
}

/// A kind of client; `None` for those that there are not here.
fn kind(word: &[u8]) -> Result<Option<Kind>, Fault> {
    match word.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(Some(Kind::Normal)),
        b"pubsub" => Ok(Some(Kind::Subscriber)),
        b"master" | b"slave" | b"replica" => Ok(None),
        _ => Err(naming("ERR Unknown client type '", word, "'").into()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    Subscriber,
}

impl Kind {
    fn of(client: &ClientInfo) -> Self {
        if client.subscribed.load(Ordering::Relaxed) {
            Self::Subscriber
        } else {
            Self::Normal
        }
    }
}

/// The clients that `CLIENT LIST` is asked for.
fn chosen(context: &Context<'_>, args: Args<'_>) -> Result<Vec<Arc<ClientInfo>>, Fault> {
    let mut clients = context.session.shared.clients.list();
    if args.len() == 4 && args.is(2, "type") {
        let kind = kind(&args[3])?;
        clients.retain(|client| Some(Kind::of(client)) == kind);
    } else if args.len() > 3 && args.is(2, "id") {
        let mut ids = Vec::new();
        for id in args.from(3) {
            ids.push(integer(id).ok_or("ERR Invalid client ID")?);
        }
        clients.retain(|client| ids.iter().any(|id| u64::try_from(*id) == Ok(client.id)));
    } else if args.len() > 2 {
        return Err(SYNTAX.into());
    }
    Ok(clients)
}

/// Which clients `CLIENT KILL` is about.
struct Filter<'a> {
    id: Option<u64>,
    peer: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
    kind: Option<Option<Kind>>,
    skip_me: bool,
}

impl<'a> Filter<'a> {
    fn parse(context: &Context<'_>, args: Args<'a>) -> Result<Self, Fault> {
        let mut filter = Self {
            id: None,
            peer: None,
            local: None,
            kind: None,
            skip_me: true,
        };
        if args.len() == 3 {
            // The form of old.
            filter.peer = args.get(2);
            filter.skip_me = false;
            return Ok(filter);
        }
        for at in (2..args.len()).step_by(2) {
            let value = args.get(at + 1).ok_or(SYNTAX)?;
            if args.is(at, "id") {
                const WRONG: &str = "ERR client-id should be greater than 0";
                let id = integer(value).filter(|id| *id > 0).ok_or(WRONG)?;
                filter.id = Some(u64::try_from(id).map_err(|_| WRONG)?);
            } else if args.is(at, "addr") {
                filter.peer = Some(value);
            } else if args.is(at, "laddr") {
                filter.local = Some(value);
            } else if args.is(at, "type") {
                filter.kind = Some(kind(value)?);
            } else if args.is(at, "user") {
                if value != context.session.shared.settings.user.as_bytes() {
                    return Err(naming("ERR No such user '", value, "'").into());
                }
            } else if args.is(at, "skipme") && value.eq_ignore_ascii_case(b"yes") {
                filter.skip_me = true;
            } else if args.is(at, "skipme") && value.eq_ignore_ascii_case(b"no") {
                filter.skip_me = false;
            } else {
                return Err(SYNTAX.into());
            }
        }
        Ok(filter)
    }

    fn takes(&self, client: &ClientInfo, me: u64) -> bool {
        self.id.is_none_or(|id| id == client.id)
            && self.peer.is_none_or(|peer| peer == client.peer.as_bytes())
            && self
                .local
                .is_none_or(|local| local == client.local.as_bytes())
            && self.kind.is_none_or(|kind| kind == Some(Kind::of(client)))
            && !(self.skip_me && client.id == me)
    }
}

fn kill(context: &mut Context<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let filter = Filter::parse(context, args)?;
    let me = context.session.info.id;
    let mut clients = context.session.shared.clients.list();
    clients.retain(|client| filter.takes(client, me));
    if args.len() > 3 {
        context.reply.count(clients.len());
    } else if clients.is_empty() {
        return Err("ERR No such client".into());
    } else {
        context.reply.ok();
    }
    let mut flow = Flow::Continue;
    for client in clients {
        if client.id == me {
            // It gets its reply first.
            flow = Flow::Close;
        } else {
            client.end();
        }
    }
    Ok(flow)
}
