//! What the server says of itself.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tiered_cache::Durability;

use super::connection::REDIS_VERSION;
use super::set_options::NOT_AN_INTEGER;
use super::{Context, Fault, glob};
use crate::request::{Args, integer};
use crate::settings::RemoteKind;
use crate::shared::Shared;
use crate::table::{self, OWN, Spec};

/// Does a command, or leaves it to the remote: false.
pub(super) async fn run(
    context: &mut Context<'_>,
    name: &str,
    args: Args<'_>,
) -> Result<bool, Fault> {
    match name {
        "command" => command(context, args),
        "config" => config(context, args)?,
        "info" => {
            let text = info(&context.session.shared, args);
            context.reply.verbatim(&text);
        }
        "time" => {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            context.reply.array(2);
            context.reply.bulk(now.as_secs().to_string().as_bytes());
            let micros = now.subsec_micros().to_string();
            context.reply.bulk(micros.as_bytes());
        }
        "wait" => wait(context, args).await?,
        "cluster" => {
            return Err("ERR This instance has cluster support disabled".into());
        }
        // They would stop, or change, what is behind; or turn this connection into something else.
        "shutdown" | "sync" | "psync" | "replconf" | "replicaof" | "slaveof" | "failover"
        | "monitor" | "debug" => {
            return Err(format!("ERR '{name}' is not offered by tiered-cache-server").into());
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Returns when the remote has what this client has written, with 1; with 0 when the time is over, or
/// the remote has refused some of it for good.
async fn wait(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    let replicas = integer(&args[1]).ok_or(NOT_AN_INTEGER)?;
    let ms = integer(&args[2]).ok_or("ERR timeout is not an integer or out of range")?;
    let ms = u64::try_from(ms).map_err(|_| "ERR timeout is negative")?;
    if context.session.shared.kind() == RemoteKind::None {
        // There is nobody to wait for.
        context.reply.integer(0);
        return Ok(());
    }
    let limit = match (replicas, ms) {
        (..=0, _) => Duration::ZERO,
        (_, 0) => Duration::from_secs(u64::from(u32::MAX)),
        (_, ms) => Duration::from_millis(ms),
    };
    let reached = context.session.unflushed.reached(limit).await?;
    context.reply.integer(i64::from(reached));
    Ok(())
}

fn command(context: &mut Context<'_>, args: Args<'_>) {
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
                    None if reply.resp3 => reply.null(),
                    None => reply.bytes.extend_from_slice(b"*-1\r\n"),
                }
            }
        }
        Some(b"list") => {
            reply.array(table::all().count());
            for spec in table::all() {
                reply.bulk(spec.name.as_bytes());
            }
        }
        Some(b"docs") => docs(reply, args),
        Some(b"getkeys") => {
            let inner = args.get(2).and_then(table::find);
            let Some(spec) = inner else {
                return reply.error("ERR Invalid command specified");
            };
            let keys = match spec.first {
                0 => Vec::new(),
                // The places count from the inner command's name.
                first => args.from(2 + first).step_by(spec.step.max(1)).collect(),
            };
            let last = usize::try_from(spec.last).unwrap_or(usize::MAX);
            let count = (last.saturating_sub(spec.first) / spec.step.max(1)).saturating_add(1);
            let keys: Vec<&[u8]> = keys.into_iter().take(count).collect();
            if keys.is_empty() {
                return reply.error("ERR The command has no key arguments");
            }
            reply.array(keys.len());
            for key in keys {
                reply.bulk(key);
            }
        }
        Some(other) => {
            let other = String::from_utf8_lossy(other).into_owned();
            reply.error(&format!(
                "ERR unknown subcommand '{other}'. Try COMMAND HELP."
            ));
        }
    }
}

/// What `COMMAND` says of a command.
fn describe(reply: &mut crate::reply::Reply, spec: &Spec) {
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
fn docs(reply: &mut crate::reply::Reply, args: Args<'_>) {
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

fn config(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    if args.is(1, "get") {
        if args.len() < 3 {
            return Err("ERR wrong number of arguments for 'config|get' command".into());
        }
        let all = parameters(&context.session.shared);
        let found: Vec<_> = all
            .into_iter()
            .filter(|(name, _)| {
                args.from(2)
                    .any(|pattern| glob::matches(&pattern.to_ascii_lowercase(), name.as_bytes()))
            })
            .collect();
        context.reply.map(found.len());
        for (name, value) in found {
            context.reply.bulk(name.as_bytes());
            context.reply.bulk(value.as_bytes());
        }
        return Ok(());
    }
    if ["set", "rewrite", "resetstat"]
        .iter()
        .any(|sub| args.is(1, sub))
    {
        return Err(
            "ERR settings are changed in the file, the environment or the flags of \
                    tiered-cache-server, at its start"
                .into(),
        );
    }
    let sub = String::from_utf8_lossy(&args[1]);
    Err(format!("ERR unknown subcommand '{sub}'. Try CONFIG HELP.").into())
}

/// What clients ask for by the names that Redis has for it. No secrets.
fn parameters(shared: &Shared) -> Vec<(&'static str, String)> {
    let settings = &shared.settings;
    let writes = &settings.cache.writes;
    let port = settings.listen.rsplit(':').next().unwrap_or_default();
    vec![
        (
            "appendfsync",
            match writes.durability {
                Durability::Disk => "always".to_owned(),
                _ => "everysec".to_owned(),
            },
        ),
        ("appendonly", "yes".to_owned()),
        ("bind", settings.listen.clone()),
        (
            "client-query-buffer-limit",
            settings.query_buffer_limit.as_u64().to_string(),
        ),
        ("databases", "1".to_owned()),
        ("dir", settings.home.display().to_string()),
        ("maxclients", settings.maxclients.to_string()),
        ("maxmemory", "0".to_owned()),
        ("maxmemory-policy", "noeviction".to_owned()),
        ("port", port.to_owned()),
        (
            "proto-max-bulk-len",
            writes.max_value_size.as_u64().to_string(),
        ),
        ("save", String::new()),
        (
            "tcp-keepalive",
            settings.tcp_keepalive.as_secs().to_string(),
        ),
        ("timeout", settings.timeout.as_secs().to_string()),
        ("unixsocket", settings.unixsocket.display().to_string()),
    ]
}

/// The text of `INFO`: the sections that are asked for, or all.
fn info(shared: &Shared, args: Args<'_>) -> String {
    let wanted = |name: &str| {
        args.len() == 1
            || args.from(1).any(|section| {
                [name, "all", "default", "everything"]
                    .iter()
                    .any(|word| section.eq_ignore_ascii_case(word.as_bytes()))
            })
    };
    let mut text = String::new();
    for (name, fields) in sections(shared) {
        if !wanted(name) {
            continue;
        }
        if !text.is_empty() {
            text.push_str("\r\n");
        }
        let (first, rest) = name.split_at(1);
        let _ = write!(text, "# {}{rest}\r\n", first.to_uppercase());
        for (field, value) in fields {
            let _ = write!(text, "{field}:{value}\r\n");
        }
    }
    text
}

type Section = (&'static str, Vec<(&'static str, String)>);

fn sections(shared: &Shared) -> Vec<Section> {
    let stats = shared.cache.stats();
    let settings = &shared.settings;
    let count =
        |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed).to_string();
    let ms = |time: Option<Duration>| time.unwrap_or_default().as_millis().to_string();
    let lanes: Vec<String> = stats
        .lanes
        .iter()
        .map(|lane| format!("{:?}", lane.state))
        .collect();
    let uptime = shared.started.elapsed().as_secs();
    let counters = &shared.counters;
    vec![
        (
            "server",
            vec![
                ("redis_version", REDIS_VERSION.to_owned()),
                ("tiered_cache_version", env!("CARGO_PKG_VERSION").to_owned()),
                ("redis_mode", "standalone".to_owned()),
                ("process_id", std::process::id().to_string()),
                (
                    "tcp_port",
                    settings.listen.rsplit(':').next().unwrap_or("0").to_owned(),
                ),
                ("uptime_in_seconds", uptime.to_string()),
                ("uptime_in_days", (uptime / 86400).to_string()),
                ("home", settings.home.display().to_string()),
            ],
        ),
        (
            "clients",
            vec![
                ("connected_clients", shared.clients.count().to_string()),
                ("maxclients", settings.maxclients.to_string()),
            ],
        ),
        (
            "memory",
            vec![
                (
                    "engine_cache_size",
                    settings.cache.local.cache_size.as_u64().to_string(),
                ),
                ("local_bytes", stats.local_bytes.to_string()),
                ("disk_bytes", stats.disk_bytes.to_string()),
                ("maxmemory", "0".to_owned()),
                ("maxmemory_policy", "noeviction".to_owned()),
            ],
        ),
        (
            "stats",
            vec![
                ("total_connections_received", count(&counters.connections)),
                ("rejected_connections", count(&counters.rejected)),
                ("total_commands_processed", count(&counters.commands)),
                ("total_commands_forwarded", count(&counters.forwarded)),
                ("total_net_input_bytes", count(&counters.input_bytes)),
                ("total_net_output_bytes", count(&counters.output_bytes)),
                ("protocol_errors", count(&counters.protocol_errors)),
                ("keyspace_hits", stats.hits.to_string()),
                (
                    "keyspace_misses",
                    (stats.misses + stats.negative_hits).to_string(),
                ),
                ("stale_hits", stats.stale_hits.to_string()),
                ("fills", stats.fills.to_string()),
                ("sets", stats.sets.to_string()),
                ("deletes", stats.deletes.to_string()),
                ("expired_keys", stats.expired.to_string()),
                ("evicted_keys", stats.evicted.to_string()),
            ],
        ),
        (
            "writebehind",
            vec![
                ("dirty_keys", stats.dirty_keys.to_string()),
                ("dirty_bytes", stats.dirty_bytes.to_string()),
                ("lag_ms", ms(stats.oldest_dirty)),
                ("flushed", stats.flushed.to_string()),
                ("flush_retries", stats.flush_retries.to_string()),
                ("dead_letters", stats.dead_letters.to_string()),
                ("lanes", lanes.join(",")),
            ],
        ),
        (
            "remote",
            vec![
                ("remote", settings.remote.to_string()),
                ("remote_reads", stats.remote_reads.to_string()),
                (
                    "remote_read_failures",
                    stats.remote_read_failures.to_string(),
                ),
                (
                    "remote_read_us",
                    stats.remote_read_latency.as_micros().to_string(),
                ),
                ("breaker_open", u8::from(stats.breaker_open).to_string()),
            ],
        ),
        ("keyspace", vec![("version", stats.version.to_string())]),
    ]
}

/// What a client is told when a command needs a remote, and there is none.
pub(super) fn needs_remote(kind: RemoteKind, name: &str) -> String {
    let remote = match kind {
        RemoteKind::Memory => "memory",
        _ => "none",
    };
    format!(
        "ERR '{name}' needs a Redis behind tiered-cache-server, and this one has none (remote: \
         {remote})"
    )
}
