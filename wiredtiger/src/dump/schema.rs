//! What a dump says about a table, its column groups and its indexes.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};

use super::{DUMP, unsupported};
use crate::config::{Config, pairs};
use crate::dynamic::DynTable;
use crate::error::{Error, ErrorKind, Result};
use crate::fields::Fields;
use crate::name::{self, table_uri};
use crate::pack::Format;
use crate::session::Session;

/// Settings outside all brackets, as the engine writes them.
pub(super) type Settings = Vec<(String, String)>;

/// Settings that a table, a column group or an index is created with again, as they stand there.
const CARRIED: [&str; 14] = [
    "allocation_size",
    "app_metadata",
    "block_compressor",
    "checksum",
    "collator",
    "immutable",
    "internal_key_max",
    "internal_page_max",
    "leaf_key_max",
    "leaf_page_max",
    "leaf_value_max",
    "memory_page_max",
    "prefix_compression",
    "split_pct",
];

/// Settings that an object can be created with.
const CREATION: [&str; 35] = [
    "access_pattern_hint",
    "allocation_size",
    "app_metadata",
    "assert",
    "block_allocation",
    "block_compressor",
    "cache_resident",
    "checksum",
    "colgroups",
    "collator",
    "columns",
    "dictionary",
    "encryption",
    "extractor",
    "format",
    "ignore_in_memory_cache_size",
    "immutable",
    "internal_key_max",
    "internal_key_truncate",
    "internal_page_max",
    "key_format",
    "key_gap",
    "leaf_key_max",
    "leaf_page_max",
    "leaf_value_max",
    "log",
    "memory_page_image_max",
    "memory_page_max",
    "os_cache_dirty_max",
    "os_cache_max",
    "prefix_compression",
    "prefix_compression_min",
    "split_pct",
    "value_format",
    "write_timestamp_usage",
];

/// The objects of a dump: a table, and its parts.
#[derive(Debug, Default)]
pub(super) struct Schema {
    /// The table is the first; the others are in the order in which they are created.
    objects: Vec<Object>,
}

#[derive(Debug)]
pub(super) struct Object {
    pub(super) uri: String,
    settings: Settings,
}

impl Object {
    fn get(&self, key: &str) -> &str {
        let found = self.settings.iter().rev().find(|(name, _)| name == key);
        found.map_or("", |(_, value)| value)
    }

    /// The text of a setting, without the quotes that the engine may write.
    fn text(&self, key: &str) -> &str {
        unquoted(self.get(key))
    }

    /// The names in a list.
    fn names(&self, key: &str) -> Vec<String> {
        let list = self.get(key);
        let inside = list
            .strip_prefix('(')
            .and_then(|list| list.strip_suffix(')'));
        let names = inside.unwrap_or(list).split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        names.map(|name| unquoted(name).to_owned()).collect()
    }

    /// The names of its columns, if they have any.
    pub(super) fn columns(&self) -> Vec<String> {
        self.names("columns")
    }

    /// In the engine's language.
    pub(super) fn config(&self) -> String {
        let settings = self.settings.iter();
        let settings: Vec<_> = settings
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        settings.join(",")
    }

    /// The settings for creating it again that are known to do no harm.
    fn carried(&self) -> Result<Config> {
        let mut config = Config::new();
        for (key, value) in &self.settings {
            let Some(key) = CARRIED.iter().find(|carried| *carried == key) else {
                continue;
            };
            if value.starts_with('"') {
                config.quoted(key, unquoted(value))?;
            } else if !value.is_empty() {
                config.word(key, value)?;
            }
        }
        if self.get("log").contains("enabled=false") {
            config.group("log", |log| {
                log.set("enabled", false);
                Ok(())
            })?;
        }
        Ok(config)
    }

    /// As [`carried`](Self::carried), with the names of its columns.
    fn carried_with_columns(&self) -> Result<Config> {
        let mut config = self.carried()?;
        let columns = self.columns();
        if !columns.is_empty() {
            config.words("columns", &name::checked("column", &columns)?);
        }
        Ok(config)
    }
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}

impl Schema {
    /// Adds what a dump says of an object.
    pub(super) fn add(&mut self, uri: String, settings: Settings) {
        let object = Object { uri, settings };
        // The table comes first, wherever it stands.
        if object.uri.starts_with("table:") {
            self.objects.insert(0, object);
        } else {
            self.objects.push(object);
        }
    }

    /// The name of the table.
    pub(super) fn name(&self) -> Result<&str> {
        let uri = self
            .objects
            .first()
            .map_or("nothing in it", |first| &first.uri);
        uri.strip_prefix("table:").ok_or_else(|| unsupported(uri))
    }

    pub(super) fn table(&self) -> Option<&Object> {
        self.objects.first()
    }

    /// The column groups, or the indexes.
    pub(super) fn parts(&self, kind: &str) -> impl Iterator<Item = &Object> {
        let parts = self.objects.iter().skip(1);
        parts.filter(move |part| {
            part.uri
                .strip_prefix(kind)
                .is_some_and(|rest| rest.starts_with(':'))
        })
    }

    /// A line for each name and each text of settings.
    pub(super) fn lines(&self) -> String {
        let objects = self.objects.iter();
        objects
            .map(|object| format!("{}\n{}\n", object.uri, object.config()))
            .collect()
    }

    /// How a table and its parts would be created: what the metadata says of each, and of the file
    /// that it is in.
    ///
    /// The engine has a cursor for that, `metadata:create`, which takes texts for items of memory
    /// when it is raw (rule 53).
    pub(super) fn of_table(session: &Session, uri: &CStr) -> Result<Self> {
        let uri = uri.to_string_lossy().into_owned();
        let table = uri.strip_prefix("table:").unwrap_or(&uri).to_owned();
        let mut schema = Self::default();
        let Some(own) = settings_of(session, &uri)? else {
            return Err(Error::new(ErrorKind::NotFound, DUMP, "there is no such table").on(&uri));
        };
        // The one group of a table without others has its file.
        let whole = settings_of(session, &format!("colgroup:{table}"))?.unwrap_or_default();
        schema.add(uri, creation(session, &whole, &own)?);
        for kind in ["colgroup", "index"] {
            let prefix = format!("{kind}:{table}:");
            for entry in session.metadata()? {
                let entry = entry?;
                if !entry.uri.starts_with(&prefix) {
                    continue;
                }
                let own = parsed(&entry.config)?;
                schema.add(entry.uri, creation(session, &own, &own)?);
            }
        }
        Ok(schema)
    }

    /// Creates what is not there, and opens the table.
    pub(super) fn create(&self, session: &mut Session) -> Result<DynTable> {
        let name = self.name()?;
        table_uri(name)?;
        let table = &self.objects[0];
        let format = |key| match table.text(key) {
            "" => Format::new("u"),
            text => Format::new(text),
        };
        let undecodable =
            |error: Error| Error::new(ErrorKind::Decode, super::LOAD, error.message());
        let key = format("key_format").map_err(undecodable)?;
        let value = format("value_format").map_err(undecodable)?;
        let mut config = table.carried_with_columns()?;
        let groups = table.names("colgroups");
        if !groups.is_empty() {
            config.words("colgroups", &name::checked("column group", &groups)?);
        }
        config.set("key_format", &key).set("value_format", &value);
        let mut parts = Vec::new();
        for group in self.parts("colgroup") {
            // A tool that lists the parts of `t2` as those of `t`, too, must not create them.
            if let Some(group_name) = part_of(name, &group.uri) {
                let uri = name::uri_of_part("colgroup", name, group_name)?;
                parts.push((uri, group.carried_with_columns()?));
            }
        }
        check_groups(&groups, &parts)?;
        session.create_parts(name, &config.finish(), &parts)?;
        let opened = session.open_as(name, &key, &value)?;
        for index in self.parts("index") {
            if let Some(index_name) = part_of(name, &index.uri) {
                let config = index_config(index, &key)?;
                session.create_index_with(opened.slot(session)?, index_name, &config)?;
            }
        }
        Ok(opened)
    }
}

/// The name of a part of the table `name`, by its URI.
fn part_of<'u>(name: &str, uri: &'u str) -> Option<&'u str> {
    let (_, rest) = uri.split_once(':')?;
    rest.strip_prefix(name)?.strip_prefix(':')
}

/// A table waits for all of its groups: with one missing it could not be used.
fn check_groups(names: &[String], parts: &[(CString, Config)]) -> Result<()> {
    let there = |name: &String| {
        let end = format!(":{name}");
        parts
            .iter()
            .any(|(uri, _)| uri.to_bytes().ends_with(end.as_bytes()))
    };
    if let Some(missing) = names.iter().find(|name| !there(name)) {
        let why = format!("the column group {missing:?} is not described");
        return Err(Error::new(ErrorKind::Decode, super::LOAD, why));
    }
    Ok(())
}

/// What an index is created with.
fn index_config(index: &Object, table_key: &Format) -> Result<Config> {
    let mut config = index.carried_with_columns()?;
    let extractor = index.text("extractor");
    if !["", "none"].contains(&extractor) {
        config.quoted("extractor", extractor)?;
        // Of such an index the format is the user's, with that of the table's key behind it.
        let whole = index.text("key_format");
        let own = whole.strip_suffix(table_key.as_str()).unwrap_or(whole);
        config.set("key_format", &Format::new(own)?);
    }
    Ok(config)
}

/// The settings that an object would be created with: those of its file, and its own, which count
/// where both have one.
fn creation(session: &Session, with_file: &Settings, own: &Settings) -> Result<Settings> {
    let source = with_file.iter().find(|(key, _)| key == "source");
    let file = match source {
        Some((_, file)) => settings_of(session, unquoted(file))?.unwrap_or_default(),
        None => Vec::new(),
    };
    let all = file.into_iter().chain(own.iter().cloned());
    let known: BTreeMap<_, _> = all
        .filter(|(key, _)| CREATION.contains(&&key[..]))
        .collect();
    Ok(known.into_iter().collect())
}

/// What the metadata says of an object; nothing if it does not know it.
fn settings_of(session: &Session, uri: &str) -> Result<Option<Settings>> {
    let mut cursor = session
        .raw()
        .open_loose(c"metadata:", &Config::new().finish())?;
    let key = CString::new(uri).unwrap_or_default();
    if !cursor.search(key.to_bytes_with_nul())? {
        return Ok(None);
    }
    let text = Fields::new(cursor.value()?).string()?;
    parsed(&text).map(Some)
}

fn parsed(text: &str) -> Result<Settings> {
    pairs(text).map_err(|why| Error::new(ErrorKind::Decode, DUMP, why))
}
