//! Where the settings come from: a file, then the environment, then the flags.
//!
//! There is one list of settings, the tree of [`Settings`]: flags and variables are made from its
//! leaves, so that a new setting has all of them.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::{Table, Value};

use crate::settings::{HELP, Settings};

/// What the command line asks for.
pub(crate) enum Asked {
    Run(Box<Settings>),
    /// Print this and end.
    Print(String),
}

/// A setting: its place in the tree, and its default.
struct Leaf {
    path: Vec<String>,
    default: Value,
}

impl Leaf {
    /// `--reads-max-age`: the cache's settings have no `cache-` in front.
    fn flag(&self) -> String {
        self.short_path().join("-").replace('_', "-")
    }

    fn variable(&self) -> String {
        format!(
            "TIERED_CACHE_{}",
            self.short_path().join("_").to_uppercase()
        )
    }

    fn short_path(&self) -> &[String] {
        match self.path.first() {
            Some(first) if first == "cache" => &self.path[1..],
            _ => &self.path,
        }
    }

    fn help(&self) -> String {
        let path = self.path.join(".");
        let meaning = HELP.iter().find(|(name, _)| *name == path).map_or_else(
            || format!("Setting `{path}`"),
            |(_, help)| (*help).to_owned(),
        );
        match &self.default {
            Value::String(text) if text.is_empty() => meaning,
            Value::String(text) => format!("{meaning} [default: {text}]"),
            other => format!("{meaning} [default: {other}]"),
        }
    }

    fn parse(&self, text: &str) -> Result<Value> {
        Ok(match &self.default {
            Value::Integer(_) => Value::Integer(
                text.parse()
                    .with_context(|| format!("`{text}` is not a whole number"))?,
            ),
            Value::Boolean(_) => Value::Boolean(
                text.parse()
                    .with_context(|| format!("`{text}` is neither true nor false"))?,
            ),
            _ => Value::String(text.to_owned()),
        })
    }
}

fn leaves() -> Result<Vec<Leaf>> {
    fn walk(table: &Table, path: &[String], leaves: &mut Vec<Leaf>) {
        for (name, value) in table {
            let mut path = path.to_vec();
            path.push(name.clone());
            match value {
                Value::Table(table) => walk(table, &path, leaves),
                // The address is the setting `remote`.
                _ if path == ["redis", "url"] => {}
                value => leaves.push(Leaf {
                    path,
                    default: value.clone(),
                }),
            }
        }
    }
    let mut leaves = Vec::new();
    walk(&Table::try_from(Settings::default())?, &[], &mut leaves);
    Ok(leaves)
}

fn command(leaves: &[Leaf]) -> Command {
    let mut command = Command::new("tiered-cache-server")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A two-level cache that speaks the Redis protocol: local speed, Redis behind it")
        .after_help(
            "Every flag is a setting of the file, too (`--print-config` shows it), and a variable: \
             --reads-max-age is TIERED_CACHE_READS_MAX_AGE. Flags win over variables, variables \
             over the file.",
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .help("A file with settings, in TOML"),
        )
        .arg(
            Arg::new("print-config")
                .long("print-config")
                .action(ArgAction::SetTrue)
                .help("Print all settings as they are, without secrets, and end"),
        )
        .arg(
            Arg::new("rmw")
                .long("rmw")
                .value_name("WHO")
                .value_parser(NonEmptyStringValueParser::new())
                .help(
                    "Who decides INCR, SET NX and the like, `local` or `remote`: short for \
                     --writes-read-modify-write",
                ),
        );
    for leaf in leaves {
        let flag = leaf.flag();
        let mut arg = Arg::new(flag.clone())
            .long(flag)
            .value_name("VALUE")
            .help(leaf.help());
        if matches!(leaf.default, Value::Boolean(_)) {
            arg = arg.num_args(0..=1).default_missing_value("true");
        }
        command = command.arg(arg);
    }
    command
}

/// Reads the settings.
///
/// # Errors
/// A setting that is not known or not valid, with where it stands; a file that cannot be read.
/// What clap has to say (`--help`, an unknown flag) is among them, as a [`clap::Error`].
pub(crate) fn load(
    args: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Asked> {
    let leaves = leaves()?;
    let matches = command(&leaves).try_get_matches_from(args)?;
    let file = matches
        .get_one::<String>("config")
        .cloned()
        .or_else(|| variable("TIERED_CACHE_CONFIG"))
        .map(PathBuf::from);
    let mut table = match &file {
        None => Table::new(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the settings {} cannot be read", path.display()))?;
            // The file alone, first: its errors have line numbers.
            toml::from_str::<Settings>(&text)
                .and_then(|_| toml::from_str(&text))
                .with_context(|| format!("the settings {}", path.display()))?
        }
    };
    for leaf in &leaves {
        let name = leaf.variable();
        if let Some(text) = variable(&name) {
            let value = leaf.parse(&text).with_context(|| name.clone())?;
            set(&mut table, &leaf.path, value).with_context(|| name)?;
        }
    }
    flags(&leaves, &matches, &mut table)?;
    let settings: Settings = table.try_into().context("the settings")?;
    settings.cache.check()?;
    if matches.get_flag("print-config") {
        return Ok(Asked::Print(toml::to_string_pretty(&settings)?));
    }
    Ok(Asked::Run(Box::new(settings)))
}

fn flags(leaves: &[Leaf], matches: &ArgMatches, table: &mut Table) -> Result<()> {
    if let Some(who) = matches.get_one::<String>("rmw") {
        let path = ["cache", "writes", "read_modify_write"].map(str::to_owned);
        set(table, &path, Value::String(who.clone())).context("--rmw")?;
    }
    for leaf in leaves {
        let flag = leaf.flag();
        if let Some(text) = matches.get_one::<String>(&flag) {
            let value = leaf.parse(text).with_context(|| format!("--{flag}"))?;
            set(table, &leaf.path, value).with_context(|| format!("--{flag}"))?;
        }
    }
    Ok(())
}

/// Puts a value at its place in the tree.
fn set(table: &mut Table, path: &[String], value: Value) -> Result<()> {
    let [name, rest @ ..] = path else {
        bail!("a setting without a name");
    };
    if rest.is_empty() {
        table.insert(name.clone(), value);
        return Ok(());
    }
    let below = table
        .entry(name.clone())
        .or_insert_with(|| Value::Table(Table::new()));
    match below {
        Value::Table(below) => set(below, rest, value),
        _ => bail!("`{name}` is no table"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(args: &[&str], variables: &[(&str, &str)]) -> Result<Asked> {
        let args = ["tiered-cache-server"].iter().chain(args);
        load(args.map(OsString::from), |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn settings(args: &[&str], variables: &[(&str, &str)]) -> Settings {
        match ask(args, variables).unwrap() {
            Asked::Run(settings) => *settings,
            Asked::Print(text) => panic!("it prints {text}"),
        }
    }

    #[test]
    fn flags_win_over_variables_and_variables_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("settings.toml");
        let text = "threads = 1\nmaxclients = 1\n[cache.reads]\nmax_age = \"1s\"\n";
        std::fs::write(&file, text).unwrap();
        let variables = [
            ("TIERED_CACHE_MAXCLIENTS", "2"),
            ("TIERED_CACHE_READS_MAX_AGE", "2s"),
        ];
        let file = file.to_str().unwrap();
        let args = [
            "--config",
            file,
            "--reads-max-age",
            "3s",
            "--rmw",
            "local",
            "--force",
        ];
        let settings = settings(&args, &variables);
        assert_eq!((settings.threads, settings.maxclients), (1, 2));
        assert_eq!(settings.cache.reads.max_age.as_secs(), 3);
        assert_eq!(
            settings.cache.writes.read_modify_write,
            tiered_cache::ReadModifyWrite::Local
        );
        assert!(settings.force);
    }

    #[test]
    fn every_setting_has_a_flag_and_a_meaning() {
        let leaves = leaves().unwrap();
        for (name, _) in HELP {
            assert!(leaves.iter().any(|leaf| leaf.path == [name]), "{name}");
        }
        for leaf in leaves.iter().filter(|leaf| leaf.path.len() == 1) {
            assert!(
                HELP.iter().any(|(name, _)| *name == leaf.path[0]),
                "{:?}",
                leaf.path
            );
        }
        command(&leaves).debug_assert();
    }

    #[test]
    fn what_is_printed_has_no_secrets_and_can_be_read_again() {
        let args = [
            "--remote",
            "redis://user:hidden@host:1/2",
            "--requirepass",
            "hidden",
            "--print-config",
        ];
        let Asked::Print(text) = ask(&args, &[]).unwrap() else {
            panic!("it runs");
        };
        assert!(!text.contains("hidden"), "{text}");
        assert!(text.contains("redis://***@host:1/2"), "{text}");
        toml::from_str::<Settings>(&text).unwrap();
    }

    #[test]
    fn mistakes_are_named() {
        for (args, variables, says) in [
            (&["--threads", "many"][..], &[][..], "--threads"),
            (&[], &[("TIERED_CACHE_TIMEOUT", "soon")], "timeout"),
            (&["--flush-lanes", "0"], &[], "flush.lanes"),
            (&["--config", "/nowhere/at/all"], &[], "/nowhere/at/all"),
            (&["--unheard-of"], &[], "--unheard-of"),
        ] {
            let Err(error) = ask(args, variables) else {
                panic!("{args:?} is taken");
            };
            let error = format!("{error:#}");
            assert!(error.contains(says), "{args:?}: {error}");
        }
    }
}
