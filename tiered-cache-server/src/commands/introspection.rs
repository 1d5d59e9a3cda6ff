//! What the server says of itself.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tiered_cache::Durability;

use super::client::not_offered;
use super::connection::REDIS_VERSION;
use super::set_options::NOT_AN_INTEGER;
use super::{Context, Fault, glob};
use crate::request::{Args, integer};
use crate::settings::RemoteKind;
use crate::shared::Shared;

/// Does a command, or leaves it to the remote: false.
pub(super) async fn run(
    context: &mut Context<'_>,
    name: &str,
    args: Args<'_>,
) -> Result<bool, Fault> {
    match name {
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
        "cluster" | "asking" | "readonly" | "readwrite" => {
            return Err("ERR This instance has cluster support disabled".into());
        }
        // Of this server: the user at the remote is another one.
        "acl" if args.is(1, "whoami") => {
            let user = context.session.shared.settings.user.as_bytes();
            context.reply.bulk(user);
        }
        "role" if context.session.shared.kind() != RemoteKind::Redis => {
            context.reply.array(3);
            context.reply.bulk(b"master");
            context.reply.integer(0);
            context.reply.array(0);
        }
        _ if is_not_offered(name) => return Err(not_offered(name)),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Commands that would stop, or change, what is behind; or turn this connection into something else.
pub(super) fn is_not_offered(name: &str) -> bool {
    matches!(
        name,
        "shutdown"
            | "sync"
            | "psync"
            | "replconf"
            | "replicaof"
            | "slaveof"
            | "failover"
            | "monitor"
            | "debug"
    )
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

/// What is said to `CONFIG SET` and the like.
pub(super) const SETTINGS: &str = "ERR settings are changed in the file, the environment or the flags \
                                   of tiered-cache-server, at its start";

const CONFIG_HELP: [&str; 5] = [
    "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GET <pattern> [<pattern> ...]",
    "    Settings that Redis has, too, and their values.",
    "HELP",
    "    Prints this help.",
];

fn config(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    if args.is(1, "help") {
        context.reply.statuses(&CONFIG_HELP);
        return Ok(());
    }
    if !args.is(1, "get") {
        return Err(SETTINGS.into());
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
    Ok(())
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
                ("used_memory_rss", resident().to_string()),
                ("hot_bytes", stats.hot_bytes.to_string()),
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
                ("hot_hits", stats.hot_hits.to_string()),
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
        (
            "replication",
            vec![
                ("role", "master".to_owned()),
                ("connected_slaves", "0".to_owned()),
            ],
        ),
        ("keyspace", vec![("version", stats.version.to_string())]),
    ]
}

/// The memory of this process, in bytes; 0 where the system does not say it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.map_or(0, |kilobytes| kilobytes << 10)
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
