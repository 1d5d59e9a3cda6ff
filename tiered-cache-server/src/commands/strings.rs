//! Commands of strings.

use tiered_cache::{Current, Error, Expiry, Peek, ReadOptions, TieredCache, Update, Write};

use super::numbers::{Number, float};
use super::set_options::{NOT_AN_INTEGER, Of, SetOptions, Unit, positive};
use super::{Context, Fault, SYNTAX};
use crate::reply::Reply;
use crate::request::{Args, integer};

/// What a decision about a key answers.
pub(super) enum Outcome {
    Ok,
    Null,
    Integer(i64),
    Bulk(Vec<u8>),
    Says(Vec<u8>),
}

impl Outcome {
    pub(super) fn give(self, reply: &mut Reply) {
        match self {
            Self::Ok => reply.ok(),
            Self::Null => reply.null(),
            Self::Integer(number) => reply.integer(number),
            Self::Bulk(bytes) => reply.bulk(&bytes),
            Self::Says(text) => reply.error_bytes(&text),
        }
    }

    fn length(length: usize) -> Self {
        Self::Integer(i64::try_from(length).unwrap_or(i64::MAX))
    }

    fn value(entry: Option<Current<'_>>) -> Self {
        entry.map_or(Self::Null, |entry| Self::Bulk(entry.value.to_vec()))
    }
}

fn says(text: &str) -> (Outcome, Update) {
    (Outcome::Says(text.into()), Update::Nothing)
}

fn kept(value: Vec<u8>) -> Update {
    Update::Set {
        value,
        expiry: Expiry::Keep,
    }
}

fn fresh(value: &[u8]) -> Update {
    Update::Set {
        value: value.to_vec(),
        expiry: Expiry::Never,
    }
}

/// Does a command, or leaves it to the remote: false.
pub(super) async fn run(
    context: &mut Context<'_>,
    name: &str,
    args: Args<'_>,
) -> Result<bool, Fault> {
    match name {
        "get" => {
            let value = context.session.shared.cache.get(&args[1]).await?;
            context.reply.bulk_or_null(value.as_deref());
        }
        "mget" => mget(context, args).await?,
        "strlen" => {
            let length = with_value(&context.session.shared.cache, &args[1], <[u8]>::len).await?;
            context.reply.count(length.unwrap_or(0));
        }
        "getrange" | "substr" => get_range(context, args).await?,
        "set" => return set(context, args).await,
        "setex" | "psetex" => set_ex(context, name, args).await?,
        "mset" => mset(context, args).await?,
        _ => return decided(context, name, args).await,
    }
    Ok(true)
}

/// What depends on what is there.
async fn decided(context: &mut Context<'_>, name: &str, args: Args<'_>) -> Result<bool, Fault> {
    let shared = &context.session.shared;
    if !shared.decides_here {
        return Ok(false);
    }
    let cache = &shared.cache;
    let max = context.session.max_bulk;
    let outcome = match name {
        "setnx" => {
            let set = |entry: Option<Current<'_>>| match entry {
                Some(_) => (Outcome::Integer(0), Update::Nothing),
                None => (Outcome::Integer(1), fresh(&args[2])),
            };
            cache.update(&args[1], set).await?
        }
        "getset" => {
            let set = |entry: Option<Current<'_>>| (Outcome::value(entry), fresh(&args[2]));
            cache.update(&args[1], set).await?
        }
        "getdel" => {
            let delete = |entry: Option<Current<'_>>| {
                let update = entry.map_or(Update::Nothing, |_| Update::Delete);
                (Outcome::value(entry), update)
            };
            cache.update(&args[1], delete).await?
        }
        "getex" => get_ex(cache, args).await?,
        "msetnx" => {
            if args.len().is_multiple_of(2) {
                return Err(wrong_count("msetnx"));
            }
            let done = cache.apply_if_absent(&pairs(args)).await?;
            Outcome::Integer(i64::from(done))
        }
        "append" => {
            let append = |entry: Option<Current<'_>>| {
                let value = [entry.map_or(&[][..], |entry| entry.value), &args[2]].concat();
                if value.len() > max {
                    return says(TOO_LONG);
                }
                (Outcome::length(value.len()), kept(value))
            };
            cache.update(&args[1], append).await?
        }
        "setrange" => set_range(cache, args, max).await?,
        "incr" => add(cache, &args[1], 1).await?,
        "decr" => add(cache, &args[1], -1).await?,
        "incrby" => add(cache, &args[1], integer(&args[2]).ok_or(NOT_AN_INTEGER)?).await?,
        "decrby" => {
            let by = integer(&args[2]).ok_or(NOT_AN_INTEGER)?;
            let by = by.checked_neg().ok_or("ERR decrement would overflow")?;
            add(cache, &args[1], by).await?
        }
        "incrbyfloat" => add_float(cache, args).await?,
        _ => return Ok(false),
    };
    outcome.give(context.reply);
    Ok(true)
}

const TOO_LONG: &str = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

fn wrong_count(name: &str) -> Fault {
    format!("ERR wrong number of arguments for '{name}' command").into()
}

fn pairs(args: Args<'_>) -> Vec<Write<'_>> {
    let keys = args.from(1).step_by(2);
    let values = args.from(2).step_by(2);
    keys.zip(values)
        .map(|(key, value)| Write::set(key, value, None))
        .collect()
}

/// What `take` makes of a value: of the local one where it lies, or else of the remote's.
async fn with_value<T>(
    cache: &TieredCache,
    key: &[u8],
    take: impl Fn(&[u8]) -> T,
) -> Result<Option<T>, Error> {
    match cache.peek(key, |value, _| take(value))? {
        Peek::Value(taken) => Ok(Some(taken)),
        Peek::Absent => Ok(None),
        Peek::Unknown => Ok(cache.get(key).await?.map(|value| take(&value))),
    }
}

async fn mget(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    let cache = &context.session.shared.cache;
    let keys: Vec<&[u8]> = args.from(1).collect();
    let values = match cache.get_many(&keys).await {
        Ok(values) => values,
        // One of them is no string, which is nothing to `MGET`.
        Err(Error::Remote(_)) => {
            let mut values = Vec::with_capacity(keys.len());
            for key in &keys {
                values.push(match cache.get_with(key, ReadOptions::new()).await {
                    Ok(answer) => answer.value,
                    Err(Error::Remote(error)) if error.code() == Some("WRONGTYPE") => None,
                    Err(error) => return Err(error.into()),
                });
            }
            values
        }
        Err(error) => return Err(error.into()),
    };
    context.reply.array(values.len());
    for value in values {
        context.reply.bulk_or_null(value.as_deref());
    }
    Ok(())
}

async fn get_range(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    let from = integer(&args[2]).ok_or(NOT_AN_INTEGER)?;
    let to = integer(&args[3]).ok_or(NOT_AN_INTEGER)?;
    let part = |value: &[u8]| {
        let length = i64::try_from(value.len()).unwrap_or(i64::MAX);
        if from < 0 && to < 0 && from > to {
            return Vec::new();
        }
        let place = |at: i64| {
            if at < 0 {
                length.saturating_add(at).max(0)
            } else {
                at
            }
        };
        let (from, to) = (place(from), place(to).min(length - 1));
        if length == 0 || from > to {
            return Vec::new();
        }
        let index = |at: i64| usize::try_from(at).unwrap_or(0);
        value[index(from)..=index(to)].to_vec()
    };
    let part = with_value(&context.session.shared.cache, &args[1], part).await?;
    context.reply.bulk(&part.unwrap_or_default());
    Ok(())
}

async fn set(context: &mut Context<'_>, args: Args<'_>) -> Result<bool, Fault> {
    let options = SetOptions::parse(args, 3, Of::Set)?;
    let (key, value) = (&args[1], &args[2]);
    let shared = &context.session.shared;
    let conditional = options.absent || options.present || options.get;
    if conditional && !shared.decides_here {
        return Ok(false);
    }
    let expiry = match options.expires_at("set")? {
        Some(at) => Expiry::At(at),
        None if options.keep_ttl => Expiry::Keep,
        None => Expiry::Never,
    };
    if !conditional {
        let with = tiered_cache::SetOptions::new().expiry(expiry);
        shared.cache.set_with(key, value, with).await?;
        context.reply.ok();
        return Ok(true);
    }
    let decide = |entry: Option<Current<'_>>| {
        let goes = !(options.absent && entry.is_some() || options.present && entry.is_none());
        let outcome = match (options.get, goes) {
            (true, _) => Outcome::value(entry),
            (false, true) => Outcome::Ok,
            (false, false) => Outcome::Null,
        };
        let update = if goes {
            Update::Set {
                value: value.to_vec(),
                expiry,
            }
        } else {
            Update::Nothing
        };
        (outcome, update)
    };
    let outcome = shared.cache.update(key, decide).await?;
    outcome.give(context.reply);
    Ok(true)
}

/// Comes here only when something is wrong with it; see `batched`.
async fn set_ex(context: &mut Context<'_>, name: &str, args: Args<'_>) -> Result<(), Fault> {
    let unit = if name == "setex" {
        Unit::Seconds
    } else {
        Unit::Milliseconds
    };
    let at = positive(&args[2], unit, name)?;
    let with = tiered_cache::SetOptions::new().expiry(Expiry::At(at));
    let cache = &context.session.shared.cache;
    cache.set_with(&args[1], &args[3], with).await?;
    context.reply.ok();
    Ok(())
}

async fn mset(context: &mut Context<'_>, args: Args<'_>) -> Result<(), Fault> {
    if args.len().is_multiple_of(2) {
        return Err(wrong_count("mset"));
    }
    context.session.shared.cache.apply(&pairs(args)).await?;
    context.reply.ok();
    Ok(())
}

async fn get_ex(cache: &TieredCache, args: Args<'_>) -> Result<Outcome, Fault> {
    let options = SetOptions::parse(args, 2, Of::GetEx)?;
    let decide = |entry: Option<Current<'_>>| {
        // In this order: for a key that is absent, a wrong time is no error.
        let Some(found) = entry else {
            return (Outcome::Null, Update::Nothing);
        };
        let update = match options.expires_at("getex") {
            Err(Fault::Says(text)) => return (Outcome::Says(text), Update::Nothing),
            Err(Fault::Cache(_)) => return says(SYNTAX),
            Ok(Some(at)) => Update::Expire(Some(at)),
            Ok(None) if options.persist && found.expires_at.is_some() => Update::Expire(None),
            Ok(None) => Update::Nothing,
        };
        (Outcome::value(entry), update)
    };
    Ok(cache.update(&args[1], decide).await?)
}

async fn set_range(cache: &TieredCache, args: Args<'_>, max: usize) -> Result<Outcome, Fault> {
    let offset = integer(&args[2]).ok_or(NOT_AN_INTEGER)?;
    let offset = usize::try_from(offset).map_err(|_| "ERR offset is out of range")?;
    let part = &args[3];
    let write = |entry: Option<Current<'_>>| {
        let before = entry.map_or(&[][..], |entry| entry.value);
        if part.is_empty() {
            return (Outcome::length(before.len()), Update::Nothing);
        }
        let end = offset.saturating_add(part.len());
        if end > max {
            return says(TOO_LONG);
        }
        let mut value = before.to_vec();
        value.resize(value.len().max(end), 0);
        value[offset..end].copy_from_slice(part);
        (Outcome::length(value.len()), kept(value))
    };
    Ok(cache.update(&args[1], write).await?)
}

async fn add(cache: &TieredCache, key: &[u8], by: i64) -> Result<Outcome, Error> {
    let sum = |entry: Option<Current<'_>>| {
        let Some(before) = entry.map_or(Some(0), |entry| integer(entry.value)) else {
            return says(NOT_AN_INTEGER);
        };
        let Some(sum) = before.checked_add(by) else {
            return says("ERR increment or decrement would overflow");
        };
        (Outcome::Integer(sum), kept(sum.to_string().into_bytes()))
    };
    cache.update(key, sum).await
}

async fn add_float(cache: &TieredCache, args: Args<'_>) -> Result<Outcome, Fault> {
    const NOT_A_FLOAT: &str = "ERR value is not a valid float";
    let by = float(&args[2]);
    let sum = |entry: Option<Current<'_>>| {
        // The value is looked at first.
        let before = entry.map_or_else(|| Some(Number::zero()), |entry| float(entry.value));
        let (Some(before), Some(by)) = (before, &by) else {
            return says(NOT_A_FLOAT);
        };
        let Some(sum) = before.plus(by) else {
            return says("ERR increment would produce NaN or Infinity");
        };
        let sum = sum.into_bytes();
        (Outcome::Bulk(sum.clone()), kept(sum))
    };
    Ok(cache.update(&args[1], sum).await?)
}
