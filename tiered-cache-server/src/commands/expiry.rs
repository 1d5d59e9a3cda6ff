//! Commands of expiry.

use std::time::SystemTime;

use tiered_cache::{Current, Error, Peek, ReadOptions, TieredCache, Update};

use super::set_options::{self, Unit, ms_of, now_ms};
use super::strings::Outcome;
use super::{Context, Fault, naming};
use crate::request::Args;

/// Does a command, or leaves it to the remote: false.
pub(super) async fn run(
    context: &mut Context<'_>,
    name: &str,
    args: Args<'_>,
) -> Result<bool, Fault> {
    let unit = match name {
        "expire" => Unit::Seconds,
        "pexpire" => Unit::Milliseconds,
        "expireat" => Unit::SecondsAt,
        "pexpireat" => Unit::MillisecondsAt,
        "ttl" | "pttl" | "expiretime" | "pexpiretime" => {
            let time = time_of(&context.session.shared.cache, &args[1]).await?;
            context.reply.integer(match time {
                None => -2,
                Some(None) => -1,
                Some(Some(at)) => shown(name, at),
            });
            return Ok(true);
        }
        "persist" => return persist(context, args).await,
        _ => return Ok(false),
    };
    expire(context, name, unit, args).await
}

fn shown(name: &str, at: SystemTime) -> i64 {
    let at = ms_of(at);
    let left = (at - now_ms()).max(0);
    match name {
        "ttl" => seconds(left),
        "pttl" => left,
        "expiretime" => seconds(at),
        _ => at,
    }
}

/// Milliseconds to the nearest second.
fn seconds(ms: i64) -> i64 {
    ms / 1000 + i64::from(ms % 1000 >= 500)
}

/// When a key expires; the outer `None`: it is absent, the inner one: never.
pub(super) async fn time_of(
    cache: &TieredCache,
    key: &[u8],
) -> Result<Option<Option<SystemTime>>, Error> {
    let known = cache.peek(key, |_, at| {
        at.map(|ms| set_options::at(i64::try_from(ms).unwrap_or(i64::MAX)))
    })?;
    Ok(match known {
        Peek::Value(at) => Some(at),
        Peek::Absent => None,
        Peek::Unknown => {
            let answer = cache.get_with(key, ReadOptions::new()).await?;
            answer.value.map(|_| answer.expires_at)
        }
    })
}

#[derive(Clone, Copy, Debug, Default)]
struct Conditions {
    /// Only a key without expiry.
    never: bool,
    /// Only a key with one.
    some: bool,
    /// Only to a later time.
    later: bool,
    /// Only to an earlier one.
    earlier: bool,
}

impl Conditions {
    fn parse(args: Args<'_>) -> Result<Self, Fault> {
        let mut conditions = Self::default();
        for word in args.from(3) {
            match word.to_ascii_lowercase().as_slice() {
                b"nx" => conditions.never = true,
                b"xx" => conditions.some = true,
                b"gt" => conditions.later = true,
                b"lt" => conditions.earlier = true,
                _ => {
                    return Err(naming("ERR Unsupported option ", word, "").into());
                }
            }
        }
        let Self {
            never,
            some,
            later,
            earlier,
        } = conditions;
        if never && (some || later || earlier) {
            let text = "ERR NX and XX, GT or LT options at the same time are not compatible";
            return Err(text.into());
        }
        if later && earlier {
            return Err("ERR GT and LT options at the same time are not compatible".into());
        }
        Ok(conditions)
    }

    fn are_none(self) -> bool {
        !(self.never || self.some || self.later || self.earlier)
    }

    fn hold(self, now: Option<i64>, then: i64) -> bool {
        !(self.never && now.is_some()
            || self.some && now.is_none()
            || self.later && now.is_none_or(|now| then <= now)
            || self.earlier && now.is_some_and(|now| then >= now))
    }
}

async fn expire(
    context: &mut Context<'_>,
    name: &str,
    unit: Unit,
    args: Args<'_>,
) -> Result<bool, Fault> {
    let shared = &context.session.shared;
    let conditions = Conditions::parse(args)?;
    let then = set_options::any(&args[2], unit, name)?;
    let key = &args[1];
    if !shared.decides_here {
        // Without a condition, the new time is the same whoever sets it; but the key has to be here.
        let here = conditions.are_none() && shared.cache.peek(key, |_, _| ())? == Peek::Value(());
        if !here {
            return Ok(false);
        }
        let done = shared.cache.expire_at(key, set_options::at(then)).await?;
        context.reply.integer(i64::from(done));
        return Ok(true);
    }
    let decide = |entry: Option<Current<'_>>| match entry {
        Some(entry) if conditions.hold(entry.expires_at.map(ms_of), then) => {
            let update = if then <= now_ms() {
                Update::Delete
            } else {
                Update::Expire(Some(set_options::at(then)))
            };
            (Outcome::Integer(1), update)
        }
        _ => (Outcome::Integer(0), Update::Nothing),
    };
    let outcome = shared.cache.update(key, decide).await?;
    outcome.give(context.reply);
    Ok(true)
}

async fn persist(context: &mut Context<'_>, args: Args<'_>) -> Result<bool, Fault> {
    let shared = &context.session.shared;
    if !shared.decides_here {
        return Ok(false);
    }
    let decide = |entry: Option<Current<'_>>| match entry {
        Some(entry) if entry.expires_at.is_some() => (Outcome::Integer(1), Update::Expire(None)),
        _ => (Outcome::Integer(0), Update::Nothing),
    };
    let outcome = shared.cache.update(&args[1], decide).await?;
    outcome.give(context.reply);
    Ok(true)
}
