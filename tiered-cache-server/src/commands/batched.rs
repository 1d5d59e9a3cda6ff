//! Writes that depend on nothing, so that those which come together can be made together.

use std::sync::LazyLock;
use std::time::SystemTime;

use tiered_cache::Written;

use super::set_options::{Of, SetOptions, Unit, positive};
use crate::group::Writes;
use crate::reply::Reply;
use crate::request::Args;
use crate::settings::RemoteKind;
use crate::shared::Shared;
use crate::table;

/// What the reply to a command will be, once its writes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// `OK`, for so many writes.
    Ok(usize),
    /// How many of so many keys had a value.
    Existed(usize),
}

impl Answer {
    pub(crate) fn writes(self) -> usize {
        match self {
            Self::Ok(writes) | Self::Existed(writes) => writes,
        }
    }

    /// Replies, by what became of the writes.
    pub(crate) fn give(self, written: &[Written], reply: &mut Reply) {
        match self {
            Self::Ok(_) => reply.ok(),
            Self::Existed(_) => {
                let existed = written.iter().filter(|one| one.existed == Some(true));
                reply.count(existed.count());
            }
        }
    }
}

struct Numbers {
    set: usize,
    del: usize,
    unlink: usize,
    mset: usize,
    setex: usize,
    psetex: usize,
}

static NUMBERS: LazyLock<Numbers> = LazyLock::new(|| Numbers {
    set: table::number(b"set"),
    del: table::number(b"del"),
    unlink: table::number(b"unlink"),
    mset: table::number(b"mset"),
    setex: table::number(b"setex"),
    psetex: table::number(b"psetex"),
});

/// Takes a command's writes, if it is one that depends on nothing and is right in every way, and
/// answers with its number, too. All others are done by themselves.
pub(crate) fn batched(
    shared: &Shared,
    args: Args<'_>,
    writes: &mut Writes,
) -> Option<(Answer, usize)> {
    let name = args.get(0)?;
    match name.len() {
        3 if args.is(0, "set") && args.len() >= 3 => {
            let expires_at = if args.len() == 3 {
                None
            } else {
                plain_expiry(args)?
            };
            writes.set(&args[1], &args[2], expires_at);
            Some((Answer::Ok(1), NUMBERS.set))
        }
        3 if args.is(0, "del") && args.len() >= 2 => {
            Some((delete(shared, args, writes)?, NUMBERS.del))
        }
        4 if args.is(0, "mset") && args.len() >= 3 && args.len() % 2 == 1 => {
            for place in (1..args.len()).step_by(2) {
                writes.set(&args[place], &args[place + 1], None);
            }
            Some((Answer::Ok(args.len() / 2), NUMBERS.mset))
        }
        5 | 6 if args.len() == 4 => {
            let (unit, number) = match () {
                () if args.is(0, "setex") => (Unit::Seconds, NUMBERS.setex),
                () if args.is(0, "psetex") => (Unit::Milliseconds, NUMBERS.psetex),
                () => return None,
            };
            let expires_at = positive(&args[2], unit, "").ok()?;
            writes.set(&args[1], &args[3], Some(expires_at));
            Some((Answer::Ok(1), number))
        }
        6 if args.is(0, "unlink") && args.len() >= 2 => {
            Some((delete(shared, args, writes)?, NUMBERS.unlink))
        }
        _ => None,
    }
}

/// The expiry of a `SET` that has no other option.
fn plain_expiry(args: Args<'_>) -> Option<Option<SystemTime>> {
    let options = SetOptions::parse(args, 3, Of::Set).ok()?;
    let conditional = options.absent || options.present || options.get || options.keep_ttl;
    if conditional {
        return None;
    }
    options.expires_at("").ok()
}

/// Without a remote, the reply is known when the writes are made.
fn delete(shared: &Shared, args: Args<'_>, writes: &mut Writes) -> Option<Answer> {
    if shared.kind() != RemoteKind::None {
        return None;
    }
    for key in args.from(1) {
        writes.delete(key);
    }
    Some(Answer::Existed(args.len() - 1))
}
