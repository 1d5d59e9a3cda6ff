//! Loading dumps that are JSON.

use std::io::BufRead;

use super::json::{Token, Tokens};
use super::json_write::column_names;
use super::schema::Schema;
use super::{LoadReport, Loading, unsupported};
use crate::config::pairs;
use crate::error::Result;
use crate::pack::Value;
use crate::session::Session;

/// The only version that there is.
const VERSION: &str = "1 ";

/// Loads all tables of a dump.
pub(super) fn load(session: &mut Session, input: &mut dyn BufRead) -> Result<Vec<LoadReport>> {
    let mut tokens = Tokens::new(input);
    tokens.mark(b'{')?;
    if tokens.word()? != "WiredTiger Dump Version" {
        return Err(tokens.source.wrong("this is no dump"));
    }
    tokens.mark(b':')?;
    let version = tokens.word()?;
    if !version.starts_with(VERSION) {
        return Err(unsupported(&format!("the version {version:?}")));
    }
    let mut reports = Vec::new();
    while tokens.has(b',')? {
        let uri = tokens.word()?;
        tokens.mark(b':')?;
        reports.push(load_table(session, &mut tokens, uri)?);
    }
    tokens.mark(b'}')?;
    match tokens.next()? {
        Token::End => Ok(reports),
        _ => Err(tokens.source.wrong("there is more after the end")),
    }
}

/// `[{"config": …, "colgroups": […], "indices": […]}, {"data": […]}]`
fn load_table(session: &mut Session, tokens: &mut Tokens<'_>, uri: String) -> Result<LoadReport> {
    let mut schema = Schema::default();
    tokens.mark(b'[')?;
    tokens.mark(b'{')?;
    loop {
        match &tokens.word()?[..] {
            "config" => {
                tokens.mark(b':')?;
                add(tokens, &mut schema, uri.clone())?;
            }
            "colgroups" | "indices" => {
                tokens.mark(b':')?;
                each(tokens, |tokens| read_part(tokens, &mut schema))?;
            }
            other => {
                let why = format!("{other:?} has no place in the description of a table");
                return Err(tokens.source.wrong(&why));
            }
        }
        if !tokens.has(b',')? {
            break;
        }
    }
    tokens.mark(b'}')?;
    tokens.mark(b',')?;
    tokens.mark(b'{')?;
    if tokens.word()? != "data" {
        return Err(tokens.source.wrong("the data is missing"));
    }
    tokens.mark(b':')?;
    let mut loading = Loading::begin(session, &schema)?;
    let (key, value) = (loading.table.key_format(), loading.table.value_format());
    let columns = Columns {
        names: column_names(loading.table.columns(), key, value),
        fixed: (key.fixed_texts(), value.fixed_texts()),
    };
    each(tokens, |tokens| {
        let (key, value) = columns.read(tokens)?;
        let (key, value) = (values(&key), values(&value));
        let stored = loading.store(session, &key, &value);
        stored.map_err(|error| tokens.source.locate(error))
    })?;
    tokens.mark(b'}')?;
    tokens.mark(b']')?;
    Ok(loading.report())
}

/// Adds an object, whose settings come next.
fn add(tokens: &mut Tokens<'_>, schema: &mut Schema, uri: String) -> Result<()> {
    let settings = pairs(&tokens.word()?).map_err(|why| tokens.source.wrong(&why))?;
    schema.add(uri, settings);
    Ok(())
}

/// `{"uri": …, "config": …}`, or the other way round.
fn read_part(tokens: &mut Tokens<'_>, schema: &mut Schema) -> Result<()> {
    let (mut uri, mut config) = (None, None);
    tokens.mark(b'{')?;
    for end in [b',', b'}'] {
        let name = tokens.word()?;
        tokens.mark(b':')?;
        match &name[..] {
            "uri" => uri = Some(tokens.word()?),
            "config" => config = Some(tokens.word()?),
            _ => return Err(tokens.source.wrong("a part has a uri and a config")),
        }
        tokens.mark(end)?;
    }
    let (Some(uri), Some(config)) = (uri, config) else {
        return Err(tokens.source.wrong("a part has a uri and a config"));
    };
    let settings = pairs(&config).map_err(|why| tokens.source.wrong(&why))?;
    schema.add(uri, settings);
    Ok(())
}

/// `[item, item, …]`
fn each<'r>(
    tokens: &mut Tokens<'r>,
    mut item: impl FnMut(&mut Tokens<'r>) -> Result<()>,
) -> Result<()> {
    tokens.mark(b'[')?;
    if tokens.has(b']')? {
        return Ok(());
    }
    loop {
        item(tokens)?;
        if !tokens.has(b',')? {
            return tokens.mark(b']');
        }
    }
}

/// The columns of an entry.
struct Columns {
    names: (Vec<String>, Vec<String>),
    /// Which are text of a fixed size: the engine writes the zeros behind it, too.
    fixed: (Vec<bool>, Vec<bool>),
}

impl Columns {
    /// `{"name": value, …}`, all columns in their order.
    fn read(&self, tokens: &mut Tokens<'_>) -> Result<(Vec<Column>, Vec<Column>)> {
        tokens.mark(b'{')?;
        let mut first = true;
        let mut some = |names: &[String], fixed: &[bool]| -> Result<Vec<Column>> {
            let mut columns = Vec::with_capacity(names.len());
            for (name, fixed) in names.iter().zip(fixed) {
                if !first {
                    tokens.mark(b',')?;
                }
                first = false;
                columns.push(read_column(tokens, name, *fixed)?);
            }
            Ok(columns)
        };
        let keys = some(&self.names.0, &self.fixed.0)?;
        let values = some(&self.names.1, &self.fixed.1)?;
        tokens.mark(b'}')?;
        Ok((keys, values))
    }
}

/// A column that was read.
enum Column {
    Int(i64),
    Uint(u64),
    Bytes(Vec<u8>),
}

fn read_column(tokens: &mut Tokens<'_>, name: &str, fixed: bool) -> Result<Column> {
    let found = tokens.text()?;
    if found != name.as_bytes() {
        let found = found.escape_ascii();
        let why = format!("the column {name:?} is missing: there is \"{found}\"");
        return Err(tokens.source.wrong(&why));
    }
    tokens.mark(b':')?;
    match tokens.next()? {
        Token::Text(mut text) => {
            while fixed && text.last() == Some(&0) {
                text.pop();
            }
            Ok(Column::Bytes(text))
        }
        Token::Number(number) => {
            let wrong = |_| tokens.source.wrong("the number has more than 64 bits");
            if number.starts_with('-') {
                number.parse().map(Column::Int).map_err(wrong)
            } else {
                number.parse().map(Column::Uint).map_err(wrong)
            }
        }
        _ => Err(tokens.source.wrong("a column is a string or a number")),
    }
}

fn values(columns: &[Column]) -> Vec<Value<'_>> {
    let value = |column| match column {
        &Column::Int(number) => Value::Int(number),
        &Column::Uint(number) => Value::Uint(number),
        Column::Bytes(bytes) => Value::Bytes(bytes),
    };
    columns.iter().map(value).collect()
}
