//! The commands of Redis 7.0, with arity and the places of their keys, and our own.
//!
//! `commands.tsv` is what `COMMAND` of Redis 7.0.15 says: name, arity, flags, first key, last key,
//! step, categories. `CLIENT SETINFO` and `NO-TOUCH` of 7.2 are there, too: clients send them.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::request::Args;

/// The longest name of a command, with room.
const LONGEST: usize = 32;

/// Our own commands: name, arity, what it does.
pub(crate) const OWN: [(&str, i32, &str); 9] = [
    (
        "tiered.lag",
        1,
        "How far the remote is behind: unflushed keys and bytes, the age of the oldest in \
         milliseconds, dead letters",
    ),
    (
        "tiered.flush",
        -1,
        "[milliseconds]: waits until the remote has all that was written before",
    ),
    ("tiered.syncstate", 2, "key: how it stands with the remote"),
    (
        "tiered.deadletters",
        -2,
        "LIST | RETRY [key ...] | DISCARD key [key ...]: writes that the remote refused for good",
    ),
    (
        "tiered.evictlocal",
        -2,
        "key [key ...]: forgets what is here and clean of keys",
    ),
    (
        "tiered.watch",
        -2,
        "since [PREFIX prefix]: pushes every change after the version `since` (0: first all that is \
         here), in version 3 of the protocol",
    ),
    ("tiered.unwatch", 1, "Ends what TIERED.WATCH began"),
    ("tiered.stats", 1, "The figures of the cache"),
    ("tiered.help", 1, "This"),
];

/// A command, or a subcommand as `object|encoding`.
#[derive(Debug)]
pub(crate) struct Spec {
    /// Its number among all.
    pub(crate) number: usize,
    pub(crate) name: &'static str,
    pub(crate) arity: i32,
    pub(crate) flags: Vec<&'static str>,
    /// The place of the first key; 0: there is none, or it is not at a fixed place.
    pub(crate) first: usize,
    /// The place of the last key; negative: counted from the end.
    pub(crate) last: i32,
    pub(crate) step: usize,
    pub(crate) categories: Vec<&'static str>,
    /// It waits for something, by its nature.
    pub(crate) waits: bool,
    /// It has subcommands.
    pub(crate) contains: bool,
}

static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let own = OWN.iter().map(|&(name, arity, _)| Spec {
        number: 0,
        name,
        arity,
        flags: Vec::new(),
        first: 0,
        last: 0,
        step: 0,
        categories: vec!["slow"],
        waits: false,
        contains: false,
    });
    let redis = include_str!("commands.tsv").lines().filter_map(parse);
    let mut specs: Vec<Spec> = redis.chain(own).collect();
    let containers: HashSet<&str> = specs.iter().filter_map(Spec::container).collect();
    for (number, spec) in specs.iter_mut().enumerate() {
        spec.number = number;
        spec.waits = spec.has("blocking") || matches!(spec.name, "wait" | "tiered.flush");
        spec.contains = containers.contains(spec.name);
    }
    specs
});

static TABLE: LazyLock<HashMap<&'static str, &'static Spec>> =
    LazyLock::new(|| SPECS.iter().map(|spec| (spec.name, spec)).collect());

fn parse(line: &'static str) -> Option<Spec> {
    let mut fields = line.split('\t');
    let mut field = || fields.next();
    let words = |text: &'static str| text.split(',').filter(|word| !word.is_empty()).collect();
    Some(Spec {
        number: 0,
        name: field()?,
        arity: field()?.parse().ok()?,
        flags: words(field()?),
        first: field()?.parse().ok()?,
        last: field()?.parse().ok()?,
        step: field()?.parse().ok()?,
        categories: words(field()?),
        waits: false,
        contains: false,
    })
}

/// All commands, without subcommands.
pub(crate) fn all() -> impl Iterator<Item = &'static Spec> {
    with_subcommands().filter(|spec| spec.container().is_none())
}

/// All commands and subcommands.
pub(crate) fn with_subcommands() -> impl Iterator<Item = &'static Spec> {
    SPECS.iter()
}

/// How many there are, subcommands included.
pub(crate) fn count() -> usize {
    SPECS.len()
}

/// The number of a command by its name; one that is not known has one beyond all.
pub(crate) fn number(name: &[u8]) -> usize {
    find(name).map_or(usize::MAX, |spec| spec.number)
}

/// The name of a command by its number.
pub(crate) fn name(number: usize) -> &'static str {
    SPECS.get(number).map_or("unknown", |spec| spec.name)
}

/// A command by its name, in whatever case.
pub(crate) fn find(name: &[u8]) -> Option<&'static Spec> {
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    TABLE.get(std::str::from_utf8(lower).ok()?).copied()
}

/// The subcommand of a command, if it has such.
pub(crate) fn find_sub(spec: &Spec, sub: &[u8]) -> Option<&'static Spec> {
    find(&[spec.name.as_bytes(), b"|", sub].concat())
}

impl Spec {
    /// The command that this is a subcommand of.
    fn container(&self) -> Option<&'static str> {
        self.name.split_once('|').map(|(container, _)| container)
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }

    /// Whether so many arguments, the name included, are right.
    pub(crate) fn takes(&self, count: usize) -> bool {
        let wanted = usize::try_from(self.arity.unsigned_abs()).unwrap_or(usize::MAX);
        if self.arity < 0 {
            count >= wanted
        } else {
            count == wanted
        }
    }

    /// The keys of a command. Where their places are not fixed, every argument may be one.
    pub(crate) fn keys<'a>(&self, args: Args<'a>) -> Vec<&'a [u8]> {
        if self.has("movablekeys") {
            return args.from(1).collect();
        }
        if self.first == 0 {
            return Vec::new();
        }
        let last = match usize::try_from(self.last) {
            Ok(last) => last,
            Err(_) => args
                .len()
                .saturating_sub(usize::try_from(self.last.unsigned_abs()).unwrap_or(0)),
        };
        (self.first..=last)
            .step_by(self.step.max(1))
            .filter_map(|place| args.get(place))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Limits, Reader, Step};

    fn keys(line: &str) -> Vec<String> {
        let mut reader = Reader::default();
        let line = format!("{line}\r\n");
        let limits = Limits {
            bulk: 100,
            trusted: true,
        };
        assert!(matches!(
            reader.read(line.as_bytes(), limits),
            Step::Command(_)
        ));
        let args = reader.args(line.as_bytes());
        let spec = find(&args[0]).unwrap();
        let spec = args
            .get(1)
            .and_then(|sub| find_sub(spec, sub))
            .unwrap_or(spec);
        let keys = spec.keys(args).into_iter();
        keys.map(|key| String::from_utf8_lossy(key).into_owned())
            .collect()
    }

    #[test]
    fn keys_lie_where_the_table_says() {
        assert_eq!(keys("GET a"), ["a"]);
        assert_eq!(keys("mset a 1 b 2"), ["a", "b"]);
        assert_eq!(keys("BLPOP a b 0"), ["a", "b"]);
        assert_eq!(keys("XGROUP CREATE a g $"), ["a"]);
        assert_eq!(keys("PING"), Vec::<String>::new());
        assert_eq!(keys("EVAL script 1 a"), ["script", "1", "a"]);
        assert_eq!(keys("rename a b"), ["a", "b"]);
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = include_str!("commands.tsv").lines();
        assert!(lines.clone().all(|line| parse(line).is_some()));
        assert!(lines.count() > 300);
        assert!(find(b"GeT").unwrap().takes(2) && !find(b"get").unwrap().takes(3));
        assert!(find(b"tiered.lag").is_some() && find(&[b'x'; 100]).is_none());
    }
}
