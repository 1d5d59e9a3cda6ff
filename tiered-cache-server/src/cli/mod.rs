//! Where the settings come from: a file, then the environment, then the flags.
//!
//! There is one list of settings, the tree of [`Settings`]: flags and variables are made from its
//! leaves, so that a new setting has all of them.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value as Json;
use toml::{Table, Value};

use crate::settings::{HELP, Settings};

/// What the command line asks for.
pub(crate) enum Asked {
    Run(Box<Settings>),
    /// Print this and end.
    Print(String),
}

/// A setting: its place in the tree, and its default; `None`: it is not set.
struct Leaf {
    path: Vec<String>,
    default: Option<Value>,
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

    /// A short name of the flag; the variable has it, too.
    fn alias(&self) -> Option<&'static str> {
        (self.path == ["cache", "writes", "read_modify_write"]).then_some("rmw")
    }

    /// The variable's value, and its name as it was set.
    fn from(
        &self,
        variable: &impl Fn(&str) -> Result<Option<String>>,
    ) -> Result<Option<(String, String)>> {
        let short = self
            .alias()
            .map(|short| format!("TIERED_CACHE_{}", short.to_uppercase()));
        for name in [Some(self.variable()), short].into_iter().flatten() {
            if let Some(text) = variable(&name)? {
                return Ok(Some((name, text)));
            }
        }
        Ok(None)
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
            None => meaning,
            Some(Value::String(text)) if text.is_empty() => meaning,
            Some(Value::String(text)) => format!("{meaning} [default: {text}]"),
            Some(other) => format!("{meaning} [default: {other}]"),
        }
    }

    fn parse(&self, text: &str) -> Result<Value> {
        Ok(match &self.default {
            Some(Value::Integer(_)) => Value::Integer(
                text.parse()
                    .with_context(|| format!("`{text}` is not a whole number"))?,
            ),
            Some(Value::Boolean(_)) => Value::Boolean(
                text.parse()
                    .with_context(|| format!("`{text}` is neither true nor false"))?,
            ),
            Some(_) => Value::String(text.to_owned()),
            None => self.parse_unset(text)?,
        })
    }

    /// What is not set shows no type: a text, if it may be one, or else a number.
    fn parse_unset(&self, text: &str) -> Result<Value> {
        let string = Value::String(text.to_owned());
        if self.alone(string.clone()).is_ok() {
            return Ok(string);
        }
        let number = text.parse().ok().map(Value::Integer);
        match number.filter(|number| self.alone(number.clone()).is_ok()) {
            Some(number) => Ok(number),
            // In the words of the setting's type.
            None => Err(self.alone(string).err().map_or_else(
                || anyhow::anyhow!("`{text}` is not understood"),
                anyhow::Error::from,
            )),
        }
    }

    /// The settings with nothing but this one.
    fn alone(&self, value: Value) -> Result<Settings> {
        let mut table = Table::new();
        set(&mut table, &self.path, value)?;
        Ok(table.try_into()?)
    }
}

fn leaves() -> Result<Vec<Leaf>> {
    fn walk(value: &Json, path: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
        let default = match value {
            Json::Object(table) => {
                for (name, value) in table {
                    path.push(name.clone());
                    walk(value, path, leaves);
                    path.pop();
                }
                return;
            }
            // The address is the setting `remote`.
            _ if path == &["redis", "url"] => return,
            Json::Null => None,
            Json::Bool(is) => Some(Value::Boolean(*is)),
            Json::Number(number) => number.as_i64().map(Value::Integer),
            Json::String(text) => Some(Value::String(text.clone())),
            Json::Array(_) => return,
        };
        leaves.push(Leaf {
            path: path.clone(),
            default,
        });
    }
    let mut leaves = Vec::new();
    // As JSON, which has a word for what is not set.
    let settings = serde_json::to_value(Settings::default())?;
    walk(&settings, &mut Vec::new(), &mut leaves);
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
        );
    for leaf in leaves {
        let flag = leaf.flag();
        let mut arg = Arg::new(flag.clone())
            .long(flag)
            .value_name("VALUE")
            .help(leaf.help());
        if let Some(short) = leaf.alias() {
            arg = arg.visible_alias(short);
        }
        if matches!(leaf.default, Some(Value::Boolean(_))) {
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
    variable: impl Fn(&str) -> Result<Option<String>>,
) -> Result<Asked> {
    let leaves = leaves()?;
    let matches = command(&leaves).try_get_matches_from(args)?;
    let file = matches
        .get_one::<String>("config")
        .cloned()
        .map_or_else(|| variable("TIERED_CACHE_CONFIG"), |file| Ok(Some(file)))?
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
        if let Some((name, text)) = leaf.from(&variable)? {
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
