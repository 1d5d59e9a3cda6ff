//! Our own commands: how the two levels stand.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tiered_cache::SyncState;

use super::set_options::NOT_AN_INTEGER;
use super::{Context, Fault, SYNTAX, watch};
use crate::reply::Reply;
use crate::request::{Args, integer};
use crate::table::{OWN, Spec};

/// How long `TIERED.FLUSH` waits when it is not told.
const FLUSH: Duration = Duration::from_secs(10);

pub(super) async fn run(
    context: &mut Context<'_>,
    spec: &Spec,
    args: Args<'_>,
) -> Result<(), Fault> {
    match spec.name {
        "tiered.watch" => return watch::watch(context, args),
        "tiered.unwatch" => {
            context.session.watching = None;
            context.reply.ok();
            return Ok(());
        }
        _ => {}
    }
    let cache = &context.session.shared.cache;
    let reply = &mut *context.reply;
    match spec.name {
        "tiered.lag" => {
            let stats = cache.stats();
            let age = stats.oldest_dirty.unwrap_or_default().as_millis();
            pairs(
                reply,
                &[
                    ("dirty_keys", number(stats.dirty_keys)),
                    ("dirty_bytes", number(stats.dirty_bytes)),
                    ("oldest_ms", i64::try_from(age).unwrap_or(i64::MAX)),
                    ("dead_letters", number(stats.dead_letters)),
                ],
            );
        }
        "tiered.flush" => {
            let limit = match args.get(1) {
                _ if args.len() > 2 => return Err(SYNTAX.into()),
                None => FLUSH,
                Some(ms) => {
                    let ms = integer(ms).and_then(|ms| u64::try_from(ms).ok());
                    Duration::from_millis(ms.ok_or(NOT_AN_INTEGER)?)
                }
            };
            let report = cache.flush(limit).await?;
            pairs(
                reply,
                &[
                    ("complete", i64::from(report.complete)),
                    ("flushed", number(report.flushed)),
                    ("remaining", number(report.remaining)),
                    ("dead_letters", number(report.dead_letters)),
                ],
            );
        }
        "tiered.syncstate" => {
            let (state, since) = match cache.sync_state(&args[1])? {
                SyncState::Clean => ("clean", None),
                SyncState::Dirty { since } => ("dirty", Some(since)),
                SyncState::InFlight { since } => ("in_flight", Some(since)),
                SyncState::DeadLettered { since } => ("dead_lettered", Some(since)),
                _ => ("unknown", None),
            };
            reply.map(2);
            reply.bulk(b"state");
            reply.bulk(state.as_bytes());
            reply.bulk(b"since_ms");
            match since {
                Some(since) => reply.integer(ms(since)),
                None => reply.null(),
            }
        }
        "tiered.deadletters" => dead_letters(context, args)?,
        "tiered.evictlocal" => {
            let mut evicted = 0;
            for key in args.from(1) {
                evicted += usize::from(cache.evict_local(key)?);
            }
            reply.count(evicted);
        }
        "tiered.stats" => {
            let stats = cache.stats();
            pairs(
                reply,
                &[
                    ("hits", number(stats.hits)),
                    ("hot_hits", number(stats.hot_hits)),
                    ("negative_hits", number(stats.negative_hits)),
                    ("stale_hits", number(stats.stale_hits)),
                    ("misses", number(stats.misses)),
                    ("fills", number(stats.fills)),
                    ("sets", number(stats.sets)),
                    ("deletes", number(stats.deletes)),
                    ("flushed", number(stats.flushed)),
                    ("flush_retries", number(stats.flush_retries)),
                    ("version", number(stats.version)),
                ],
            );
        }
        _ => {
            reply.array(OWN.len());
            for (name, _, summary) in OWN {
                let line = format!("{} {summary}", name.to_uppercase());
                reply.bulk(line.as_bytes());
            }
        }
    }
    Ok(())
}

fn dead_letters(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    let letters = context.session.shared.cache.dead_letters();
    let reply = &mut *context.reply;
    if args.is(1, "list") && args.len() == 2 {
        let list = letters.list()?;
        reply.array(list.len());
        for letter in list {
            reply.map(5);
            reply.bulk(b"key");
            reply.bulk(&letter.key);
            reply.bulk(b"reason");
            reply.bulk(letter.reason.as_bytes());
            reply.bulk(b"attempts");
            reply.integer(i64::from(letter.attempts));
            reply.bulk(b"since_ms");
            reply.integer(ms(letter.since));
            reply.bulk(b"discarded");
            reply.integer(i64::from(letter.discarded));
        }
        return Ok(());
    }
    if args.is(1, "retry") {
        if args.len() == 2 {
            reply.count(letters.retry_all()?);
            return Ok(());
        }
        let mut retried = 0;
        for key in args.from(2) {
            retried += usize::from(letters.retry(key)?);
        }
        reply.count(retried);
        return Ok(());
    }
    if args.is(1, "discard") && args.len() > 2 {
        let mut discarded = 0;
        for key in args.from(2) {
            discarded += usize::from(letters.discard(key)?);
        }
        reply.count(discarded);
        return Ok(());
    }
    Err("ERR LIST, RETRY [key ...] or DISCARD key [key ...] is expected".into())
}

fn pairs(reply: &mut Reply, pairs: &[(&str, i64)]) {
    reply.map(pairs.len());
    for (name, number) in pairs {
        reply.bulk(name.as_bytes());
        reply.integer(*number);
    }
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn ms(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
