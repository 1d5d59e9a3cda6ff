//! Commands of keys, whatever they hold.

use tiered_cache::{Error, Peek, TieredCache, Write};

use super::expiry::time_of;
use super::set_options::NOT_AN_INTEGER;
use super::{Context, Fault, SYNTAX, glob};
use crate::request::{Args, integer};
use crate::settings::RemoteKind;

/// Does a command, or leaves it to the remote: false.
pub(super) async fn run(
    context: &mut Context<'_>,
    name: &str,
    args: Args<'_>,
) -> Result<bool, Fault> {
    match name {
        "del" | "unlink" => return delete(context, args).await,
        "exists" | "touch" => {
            let mut there = 0;
            for key in args.from(1) {
                let time = time_of(&context.session.shared.cache, key).await?;
                there += usize::from(time.is_some());
            }
            context.reply.count(there);
            return Ok(true);
        }
        "type" => {
            let time = time_of(&context.session.shared.cache, &args[1]).await?;
            let kind = if time.is_some() { "string" } else { "none" };
            context.reply.status(kind);
            return Ok(true);
        }
        _ => {}
    }
    // With a Redis behind, all keys are there.
    if context.session.shared.kind() == RemoteKind::Redis {
        return Ok(false);
    }
    match name {
        "dbsize" => {
            let count = context.session.shared.cache.count().await?;
            context
                .reply
                .count(usize::try_from(count).unwrap_or(usize::MAX));
        }
        "keys" => {
            let pattern = args[1].to_vec();
            let keys = walk(&context.session.shared.cache, move |key| {
                glob::matches(&pattern, key)
            })
            .await?;
            context.reply.array(keys.len());
            for key in keys {
                context.reply.bulk(&key);
            }
        }
        "scan" => scan(context, args)?,
        "flushall" | "flushdb" => flush_all(context, args).await?,
        _ => return Ok(false),
    }
    Ok(true)
}

async fn delete(context: &mut Context<'_>, args: Args<'_>) -> Result<bool, Fault> {
    let shared = &context.session.shared;
    let keys: Vec<&[u8]> = args.from(1).collect();
    let mut there = Vec::with_capacity(keys.len());
    for key in &keys {
        there.push(match shared.cache.peek(key, |_, _| ())? {
            Peek::Value(()) => true,
            Peek::Absent => false,
            // How many there are, the remote knows.
            Peek::Unknown if shared.kind() == RemoteKind::Redis => return Ok(false),
            Peek::Unknown => time_of(&shared.cache, key).await?.is_some(),
        });
    }
    let existed = delete_all(&shared.cache, &keys).await?;
    // What is not known any more was, a moment ago.
    let existed = existed.into_iter().zip(there);
    let count = existed
        .filter(|(existed, there)| existed.unwrap_or(*there))
        .count();
    context.reply.count(count);
    Ok(true)
}

/// Deletes keys here, and at the remote later; those of which nothing is known count as deleted.
pub(super) async fn delete_here(cache: &TieredCache, keys: &[&[u8]]) -> Result<usize, Error> {
    let existed = delete_all(cache, keys).await?;
    Ok(existed
        .into_iter()
        .filter(|one| *one != Some(false))
        .count())
}

/// Deletes keys: for each, whether it had a value, where that is known.
async fn delete_all(cache: &TieredCache, keys: &[&[u8]]) -> Result<Vec<Option<bool>>, Error> {
    let batch: Vec<Write<'_>> = keys.iter().map(|key| Write::delete(key)).collect();
    let written = cache.apply(&batch).await?;
    Ok(written.into_iter().map(|one| one.existed).collect())
}

/// All local keys that are wanted, gathered on a thread where that may take its time.
async fn walk(
    cache: &TieredCache,
    wanted: impl Fn(&[u8]) -> bool + Send + 'static,
) -> Result<Vec<bytes::Bytes>, Fault> {
    let cache = cache.clone();
    let walk = tokio::task::spawn_blocking(move || {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let (keys, next) = cache.local_keys(after.as_deref())?;
            found.extend(keys.into_iter().filter(|key| wanted(key)));
            match next {
                Some(_) => after = next,
                None => return Ok::<_, Error>(found),
            }
        }
    });
    let found = walk
        .await
        .map_err(|why| format!("ERR the walk through the keys broke off: {why}"))?;
    Ok(found?)
}

/// A cursor as Redis reads one: a sign is taken, and nothing is zero.
fn cursor(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if text.is_empty() {
        return Some(0);
    }
    if !digits.bytes().all(|one| one.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(if text.starts_with('-') {
        number.wrapping_neg()
    } else {
        number
    })
}

fn scan(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    let cursor = cursor(&args[1]).ok_or("ERR invalid cursor")?;
    let (mut count, mut pattern, mut kind) = (10, None, None);
    let mut at = 2;
    while at < args.len() {
        let value = args.get(at + 1).ok_or(SYNTAX)?;
        if args.is(at, "count") {
            count = integer(value).ok_or(NOT_AN_INTEGER)?;
            if count < 1 {
                return Err(SYNTAX.into());
            }
        } else if args.is(at, "match") {
            pattern = Some(value);
        } else if args.is(at, "type") {
            kind = Some(value);
        } else {
            return Err(SYNTAX.into());
        }
        at += 2;
    }
    let shared = &context.session.shared;
    let mut after = match cursor {
        0 => None,
        // A cursor that is not known any more: the scan is over, as far as can be told.
        cursor => match shared.scans.lock().place(cursor) {
            Some(place) => Some(place),
            None => return Err("ERR the scan of this cursor is too long ago: begin again".into()),
        },
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(1 << 16);
    let mut found = Vec::new();
    let mut seen = 0;
    let next = loop {
        let (keys, next) = shared.cache.local_keys(after.as_deref())?;
        seen += keys.len();
        found.extend(keys);
        match next {
            Some(_) if seen < count => after = next,
            next => break next,
        }
    };
    let next = next.map_or(0, |place| shared.scans.lock().keep(place));
    if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case(b"string")) {
        found.clear();
    }
    if let Some(pattern) = pattern {
        found.retain(|key| glob::matches(pattern, key));
    }
    context.reply.array(2);
    context.reply.bulk(next.to_string().as_bytes());
    context.reply.array(found.len());
    for key in found {
        context.reply.bulk(&key);
    }
    Ok(())
}

async fn flush_all(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    if args.len() > 2 || args.len() == 2 && !args.is(1, "async") && !args.is(1, "sync") {
        return Err(SYNTAX.into());
    }
    let cache = &context.session.shared.cache;
    let mut after = None;
    loop {
        let (keys, next) = cache.local_keys(after.as_deref())?;
        let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
        delete_here(cache, &keys).await?;
        // Others have their turn.
        tokio::task::yield_now().await;
        match next {
            Some(_) => after = next,
            None => break,
        }
    }
    context.session.unflushed.add_all();
    context.reply.ok();
    Ok(())
}
