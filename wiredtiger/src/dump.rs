//! Tables as text, in the format of the engine's tools `wt dump -x` and `wt load`.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::io::{self, BufRead, Write};

use crate::config::{Config, pairs};
use crate::error::{Error, ErrorKind, Result};
use crate::fields::Fields;
use crate::named::Named;
use crate::session::Session;
use crate::table::TableEntry;

const DUMP: &str = "dump";
const LOAD: &str = "load";

/// Settings of a table that a dump carries over to the table that is loaded.
const CARRIED: [&str; 12] = [
    "allocation_size",
    "app_metadata",
    "block_compressor",
    "checksum",
    "internal_page_max",
    "internal_key_max",
    "leaf_key_max",
    "leaf_page_max",
    "leaf_value_max",
    "memory_page_max",
    "prefix_compression",
    "split_pct",
];

/// What was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadReport {
    /// The name of the table.
    pub table: String,
    /// How many entries were stored.
    pub entries: u64,
}

impl Session {
    /// Writes a table as text, one line for each key and each value, in hexadecimal: what `wt dump
    /// -x` writes, and `wt load` and [`load`](Self::load) read. It shows one state of the table.
    /// The answer is the number of entries.
    ///
    /// # Errors
    /// - [`NotFound`](ErrorKind::NotFound): there is no such table.
    /// - [`NotSupported`](ErrorKind::NotSupported): the table has column groups.
    /// - [`Io`](ErrorKind::Io): `out` cannot be written.
    pub fn dump<T: Named + ?Sized>(&self, table: &T, out: &mut dyn Write) -> Result<u64> {
        let uri = table.uri(self)?.0;
        let name = uri.to_string_lossy();
        let nothing = Config::new().finish();
        let mut cursor = self.raw().open_loose(&uri, &nothing)?;
        let settings = creation_settings(self, &name)?;
        let written = |why: io::Error| Error::io(DUMP, &name, &why);
        let (major, minor, patch) = crate::Connection::version();
        write!(
            out,
            "WiredTiger Dump (WiredTiger Version {major}.{minor}.{patch})\n\
             Format=hex\nHeader\n{name}\n{settings}\nData\n"
        )
        .map_err(written)?;
        let mut count = 0;
        let mut line = String::new();
        while cursor.next()? {
            line.clear();
            push_hex(&mut line, cursor.key()?);
            push_hex(&mut line, cursor.value()?);
            out.write_all(line.as_bytes()).map_err(written)?;
            count += 1;
        }
        out.flush().map_err(written)?;
        Ok(count)
    }

    /// Creates a table, of the name and formats that a dump says, and stores what is in the dump,
    /// by [`dump`](Self::dump) or by `wt dump`, with `-x` or without. Entries of a table that is
    /// there are replaced.
    ///
    /// # Errors
    /// - [`Decode`](ErrorKind::Decode): the text is no dump, or cut off. What came before is stored.
    /// - [`NotSupported`](ErrorKind::NotSupported): the table has named columns, column groups,
    ///   indexes or record numbers, or the dump is in another format.
    /// - [`TypeMismatch`](ErrorKind::TypeMismatch): the table is there, with other formats.
    /// - [`Io`](ErrorKind::Io): `input` cannot be read.
    pub fn load(&mut self, input: &mut dyn BufRead) -> Result<LoadReport> {
        let mut lines = Lines { input, number: 0 };
        let head = Head::read(&mut lines)?;
        let (key_format, value_format) = (head.key_format.clone(), head.value_format.clone());
        let entry = TableEntry::new(&head.name, key_format, value_format)?;
        let config = head.config()?.finish();
        self.settled()?.create(&entry.uri, &config)?;
        let slot = self.shared().tables.slot_of(entry);
        let raw = self.raw_mut();
        let mut count = 0;
        while let Some(key) = lines.next()? {
            let value = lines.needed()?;
            let (key, value) = (head.bytes(&key, &lines)?, head.bytes(&value, &lines)?);
            raw.insert(slot, crate::raw::Mode::Overwrite, &key, &value)?;
            count += 1;
        }
        Ok(LoadReport {
            table: head.name,
            entries: count,
        })
    }
}

/// Settings that a table can be created with.
const CREATION: [&str; 33] = [
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
    "format",
    "ignore_in_memory_cache_size",
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

/// How the table would be created: what the metadata says of it and of its file, where they agree
/// on a name the table.
///
/// The engine has a cursor for that, `metadata:create`, which takes texts for items of memory when
/// it is raw (rule 53).
fn creation_settings(session: &Session, uri: &str) -> Result<String> {
    let name = uri.strip_prefix("table:").unwrap_or(uri);
    let (mut settings, mut simple) = (BTreeMap::new(), false);
    for of in [format!("file:{name}.wt"), uri.to_owned()] {
        let mut cursor = session
            .raw()
            .open_loose(c"metadata:", &Config::new().finish())?;
        let key = CString::new(of).unwrap_or_default();
        if !cursor.search(key.to_bytes_with_nul())? {
            continue;
        }
        let text = Fields::new(cursor.value()?).string()?;
        for (key, value) in pairs(&text).map_err(|why| Error::new(ErrorKind::Decode, DUMP, why))? {
            simple |= key == "colgroups" && ["", "()"].contains(&&value[..]);
            if CREATION.contains(&&key[..]) {
                settings.insert(key, value);
            }
        }
    }
    if !simple {
        let why = "a table with column groups cannot be dumped";
        return Err(Error::new(ErrorKind::NotSupported, DUMP, why).on(uri));
    }
    let settings = settings.into_iter();
    let settings: Vec<_> = settings
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    Ok(settings.join(","))
}

fn push_hex(line: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    for byte in bytes {
        line.push(DIGITS[usize::from(byte >> 4)]);
        line.push(DIGITS[usize::from(byte & 0x0f)]);
    }
    line.push('\n');
}

/// The lines of a dump, counted for the messages.
struct Lines<'r> {
    input: &'r mut dyn BufRead,
    number: u64,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let read = self.input.read_line(&mut line);
        self.number += 1;
        match read {
            Ok(0) => Ok(None),
            Ok(_) if line.ends_with('\n') => {
                line.pop();
                Ok(Some(line))
            }
            Ok(_) => Err(self.wrong("the last line is cut off")),
            Err(why) => Err(Error::io(LOAD, format!("line {}", self.number), &why)),
        }
    }

    fn needed(&mut self) -> Result<String> {
        self.next()?.ok_or_else(|| self.wrong("the dump ends here"))
    }

    #[cold]
    fn wrong(&self, why: &str) -> Error {
        let text = format!("line {}: {why}", self.number);
        Error::new(ErrorKind::Decode, LOAD, text)
    }
}

/// What stands before the data.
struct Head {
    name: String,
    hex: bool,
    key_format: String,
    value_format: String,
    settings: Vec<(String, String)>,
}

impl Head {
    fn read(lines: &mut Lines<'_>) -> Result<Self> {
        if !lines.needed()?.starts_with("WiredTiger Dump ") {
            return Err(lines.wrong("this is no dump"));
        }
        let hex = match &lines.needed()?[..] {
            "Format=hex" => true,
            "Format=print" => false,
            other => return Err(unsupported(&format!("{other:?}"))),
        };
        if lines.needed()? != "Header" {
            return Err(lines.wrong("the header is missing"));
        }
        let uri = lines.needed()?;
        let name = uri.strip_prefix("table:");
        let name = name.ok_or_else(|| unsupported(&uri))?.to_owned();
        let settings = pairs(&lines.needed()?).map_err(|why| lines.wrong(&why))?;
        if lines.needed()? != "Data" {
            return Err(unsupported("column groups and indexes"));
        }
        let find = |key: &str| {
            let found = settings.iter().rev().find(|(name, _)| name == key);
            found.map_or("", |(_, value)| value).to_owned()
        };
        for key in ["columns", "colgroups"] {
            if !["", "()"].contains(&&find(key)[..]) {
                return Err(unsupported(key));
            }
        }
        let format = |key| Some(find(key)).filter(|format| !format.is_empty());
        let key_format = format("key_format").unwrap_or_else(|| "u".into());
        let value_format = format("value_format").unwrap_or_else(|| "u".into());
        for format in [&key_format, &value_format] {
            // Record numbers and bit fields are stored in another way.
            let plain = |c: char| c.is_ascii_digit() || "bBhHiIlLqQSsuU".contains(c);
            if !format.chars().all(plain) {
                return Err(unsupported(&format!("the format {format:?}")));
            }
        }
        Ok(Self {
            name,
            hex,
            key_format,
            value_format,
            settings,
        })
    }

    /// The settings for creating the table: the formats, and those that are known to do no harm.
    fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        for (key, value) in &self.settings {
            if let Some(key) = CARRIED.iter().find(|carried| *carried == key) {
                match value
                    .strip_prefix('"')
                    .and_then(|text| text.strip_suffix('"'))
                {
                    Some(text) => config.quoted(key, text)?,
                    None => config.word(key, value)?,
                };
            }
        }
        config.quoted("key_format", &self.key_format)?;
        config.quoted("value_format", &self.value_format)?;
        Ok(config)
    }

    fn bytes(&self, line: &str, lines: &Lines<'_>) -> Result<Vec<u8>> {
        let bytes = if self.hex {
            from_hex(line)
        } else {
            from_print(line)
        };
        bytes.ok_or_else(|| lines.wrong("this is not as its format says"))
    }
}

#[cold]
fn unsupported(what: &str) -> Error {
    let why = format!("a dump with {what} cannot be loaded");
    Error::new(ErrorKind::NotSupported, LOAD, why)
}

fn from_hex(line: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    };
    line.as_bytes().chunks(2).map(pair).collect()
}

/// Printable bytes as they are; a backslash twice, and before the two digits of others.
fn from_print(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
        } else if rest.first() == Some(&b'\\') {
            bytes.push(b'\\');
            rest = &rest[1..];
        } else {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.extend(from_hex(std::str::from_utf8(digits).ok()?)?);
            rest = after;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bytes_again() {
        let mut line = String::new();
        push_hex(&mut line, &[0, 0x9f, 0xa0, 0xff]);
        assert_eq!(line, "009fa0ff\n");
        assert_eq!(from_hex("009fA0ff").unwrap(), [0, 0x9f, 0xa0, 0xff]);
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("0g"), None);
        assert_eq!(from_print("a\\\\b\\00").unwrap(), b"a\\b\0");
        assert_eq!(from_print("a\\0"), None);
        assert_eq!(from_print("\\zz"), None);
    }
}
