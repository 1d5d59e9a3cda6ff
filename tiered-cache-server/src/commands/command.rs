//! `COMMAND`: what is known of the commands.

use super::connection::has_redis;
use super::introspection::needs_remote;
use super::{Context, Fault, SYNTAX, glob};
use crate::reply::Reply;
use crate::request::Args;
use crate::table::{self, OWN, Spec};

const HELP: [&str; 15] = [
    "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "(no subcommand)",
    "    All commands.",
    "COUNT",
    "    How many there are.",
    "LIST [FILTERBY (ACLCAT|PATTERN|MODULE) <value>]",
    "    Their names.",
    "INFO [<name> ...]",
    "    Some commands, or all.",
    "DOCS [<name> ...]",
    "    What the own commands of tiered-cache-server do.",
    "GETKEYS <full-command>",
    "    The keys of a command.",
    "HELP",
    "    Prints this help.",
];

/// Does the command, or leaves it to the remote: false.
pub(super) fn run(context: &mut Context<'_>, name: &str, args: Args<'_>) -> Result<bool, Fault> {
    if name != "command" {
        return Ok(false);
    }
    let reply = &mut *context.reply;
    match args.get(1).map(<[u8]>::to_ascii_lowercase).as_deref() {
        None => {
            reply.array(table::all().count());
            for spec in table::all() {
                describe(reply, spec);
            }
        }
        Some(b"count") => reply.count(table::all().count()),
        Some(b"info") => {
            let names: Vec<&[u8]> = match args.len() {
                2 => table::all().map(|spec| spec.name.as_bytes()).collect(),
                _ => args.from(2).collect(),
            };
            reply.array(names.len());
            for name in names {
                match table::find(name) {
                    Some(spec) => describe(reply, spec),
                    None => reply.null(),
                }
            }
        }
        Some(b"list") => list(reply, args)?,
        Some(b"docs") => docs(reply, args),
        Some(b"help") => reply.statuses(&HELP),
        // Where the keys of all commands are, Redis knows.
        Some(_) if has_redis(context) => return Ok(false),
        Some(b"getkeys") => keys_of(context, args)?,
        Some(_) => {
            let kind = context.session.shared.kind();
            return Err(needs_remote(kind, "command|getkeysandflags").into());
        }
    }
    Ok(true)
}

/// The keys of a command, where they are at fixed places.
fn keys_of(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    let spec = args.get(2).and_then(table::find);
    let spec = spec.ok_or("ERR Invalid command specified")?;
    let inner = args.tail(2);
    let sub = inner.get(1).filter(|_| spec.contains);
    let spec = sub.map_or(Some(spec), |sub| table::find_sub(spec, sub));
    let spec = spec.ok_or("ERR Invalid command specified")?;
    if spec.has("movablekeys") {
        let kind = context.session.shared.kind();
        return Err(needs_remote(kind, spec.name).into());
    }
    if spec.first == 0 {
        return Err("ERR The command has no key arguments".into());
    }
    if !spec.takes(inner.len()) {
        return Err("ERR Invalid number of arguments specified for command".into());
    }
    let keys = spec.keys(inner);
    context.reply.array(keys.len());
    for key in keys {
        context.reply.bulk(key);
    }
    Ok(())
}

fn list(reply: &mut Reply, args: Args<'_>) -> Result<(), Fault> {
    let value = args.get(4);
    let by = |word: &str| args.is(3, word);
    let names: Vec<&str> = match value {
        None if args.len() == 2 => table::all().map(|spec| spec.name).collect(),
        Some(value) if args.len() == 5 && args.is(2, "filterby") => {
            let named = |spec: &Spec| -> bool {
                if by("pattern") {
                    return glob::matches(&value.to_ascii_lowercase(), spec.name.as_bytes());
                }
                let mut categories = spec.categories.iter();
                by("aclcat") && categories.any(|one| value.eq_ignore_ascii_case(one.as_bytes()))
            };
            // There are no modules here.
            if !["pattern", "aclcat", "module"].into_iter().any(by) {
                return Err(SYNTAX.into());
            }
            let named = table::with_subcommands().filter(|spec| named(spec));
            named.map(|spec| spec.name).collect()
        }
        _ => return Err(SYNTAX.into()),
    };
    reply.array(names.len());
    for name in names {
        reply.bulk(name.as_bytes());
    }
    Ok(())
}

/// What `COMMAND` says of a command.
fn describe(reply: &mut Reply, spec: &Spec) {
    reply.array(10);
    reply.bulk(spec.name.as_bytes());
    reply.integer(i64::from(spec.arity));
    reply.set(spec.flags.len());
    for flag in &spec.flags {
        reply.status(flag);
    }
    reply.count(spec.first);
    reply.integer(i64::from(spec.last));
    reply.count(spec.step);
    reply.set(spec.categories.len());
    for category in &spec.categories {
        reply.status(&format!("@{category}"));
    }
    // Tips, key specifications, subcommands.
    reply.array(0);
    reply.array(0);
    reply.array(0);
}

/// The documentation of our own commands; Redis documents its own.
fn docs(reply: &mut Reply, args: Args<'_>) {
    let wanted = |name: &str| {
        args.len() == 2
            || args
                .from(2)
                .any(|given| given.eq_ignore_ascii_case(name.as_bytes()))
    };
    let own: Vec<_> = OWN.iter().filter(|(name, ..)| wanted(name)).collect();
    reply.map(own.len());
    for (name, _, summary) in own {
        reply.bulk(name.as_bytes());
        reply.map(2);
        for (key, value) in [("summary", *summary), ("group", "server")] {
            reply.bulk(key.as_bytes());
            reply.bulk(value.as_bytes());
        }
    }
}
