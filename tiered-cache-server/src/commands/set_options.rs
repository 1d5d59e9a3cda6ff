//! The options of `SET` and `GETEX`, and times of expiry.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Fault, SYNTAX};
use crate::request::{Args, integer};

pub(crate) const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";

/// The unit of a time, and whether it counts from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Milliseconds,
    SecondsAt,
    MillisecondsAt,
}

/// The options, as they were given.
#[derive(Debug, Default)]
pub(crate) struct SetOptions<'a> {
    pub(crate) absent: bool,
    pub(crate) present: bool,
    pub(crate) get: bool,
    pub(crate) keep_ttl: bool,
    pub(crate) persist: bool,
    pub(crate) expire: Option<(Unit, &'a [u8])>,
}

/// Whose options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Set,
    GetEx,
}

impl<'a> SetOptions<'a> {
    /// The options from place `first` on. As in Redis: the same unit may come again, and the last time
    /// holds.
    pub(crate) fn parse(args: Args<'a>, first: usize, of: Of) -> Result<Self, Fault> {
        let mut options = Self::default();
        let mut at = first;
        while let Some(word) = args.get(at) {
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            let unit = [
                ("ex", Unit::Seconds),
                ("px", Unit::Milliseconds),
                ("exat", Unit::SecondsAt),
                ("pxat", Unit::MillisecondsAt),
            ]
            .into_iter()
            .find(|(name, _)| is(name));
            let other_unit = |unit| options.expire.is_some_and(|(other, _)| other != unit);
            if let Some((_, unit)) = unit
                && !options.keep_ttl
                && !options.persist
                && !other_unit(unit)
                && let Some(time) = args.get(at + 1)
            {
                options.expire = Some((unit, time));
                at += 1;
            } else if of == Of::Set && is("nx") && !options.present {
                options.absent = true;
            } else if of == Of::Set && is("xx") && !options.absent {
                options.present = true;
            } else if of == Of::Set && is("get") {
                options.get = true;
            } else if of == Of::Set && is("keepttl") && options.expire.is_none() {
                options.keep_ttl = true;
            } else if of == Of::GetEx && is("persist") && options.expire.is_none() {
                options.persist = true;
            } else {
                return Err(SYNTAX.into());
            }
            at += 1;
        }
        Ok(options)
    }

    /// The time of expiry, if one was given.
    pub(crate) fn expires_at(&self, command: &str) -> Result<Option<SystemTime>, Fault> {
        self.expire
            .map(|(unit, time)| positive(time, unit, command))
            .transpose()
    }
}

/// A time that has to be above zero.
pub(crate) fn positive(time: &[u8], unit: Unit, command: &str) -> Result<SystemTime, Fault> {
    let number = integer(time).ok_or(NOT_AN_INTEGER)?;
    if number <= 0 {
        return Err(invalid(command));
    }
    let ms = absolute(number, unit).filter(|ms| *ms > 0);
    ms.map(at).ok_or_else(|| invalid(command))
}

/// A time of the `EXPIRE` family in milliseconds since the epoch: it may lie in the past.
pub(crate) fn any(time: &[u8], unit: Unit, command: &str) -> Result<i64, Fault> {
    let number = integer(time).ok_or(NOT_AN_INTEGER)?;
    absolute(number, unit).ok_or_else(|| invalid(command))
}

fn absolute(number: i64, unit: Unit) -> Option<i64> {
    let ms = match unit {
        Unit::Seconds | Unit::SecondsAt => number.checked_mul(1000)?,
        Unit::Milliseconds | Unit::MillisecondsAt => number,
    };
    match unit {
        Unit::Seconds | Unit::Milliseconds => ms.checked_add(now_ms()),
        Unit::SecondsAt | Unit::MillisecondsAt => Some(ms),
    }
}

fn invalid(command: &str) -> Fault {
    format!("ERR invalid expire time in '{command}' command").into()
}

/// Milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    ms_of(SystemTime::now())
}

/// A time in milliseconds since the epoch.
pub(crate) fn ms_of(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The time that milliseconds since the epoch mean; what lies before is the epoch.
pub(crate) fn at(ms: i64) -> SystemTime {
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
}
