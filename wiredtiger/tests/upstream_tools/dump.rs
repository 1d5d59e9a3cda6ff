//! What `wt dump` prints, taken apart.

use std::path::Path;

use crate::home::{Entries, Stored, name};
use crate::sample::{Sample, hex};
use crate::tool::{VERSION, wt};

/// The lines about the table, and what comes after the line `Data`.
pub(crate) struct Dump {
    pub(crate) text: Vec<u8>,
    data: usize,
}

impl Dump {
    pub(crate) fn of(home: &Path, uri: &str, options: &[&str]) -> Self {
        let text = wt(home, &[options, &[uri]].concat());
        let first = format!("WiredTiger Dump (WiredTiger Version {VERSION})\n");
        assert!(text.starts_with(first.as_bytes()), "{uri}: {}", show(&text));
        let mark = b"\nData\n";
        let data = text.windows(mark.len()).position(|window| window == mark);
        let data = data.unwrap_or_else(|| panic!("{uri}: no data in {}", show(&text)));
        Self {
            data: data + mark.len(),
            text,
        }
    }

    /// The table's settings.
    pub(crate) fn head(&self) -> &[u8] {
        &self.text[..self.data]
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.text[self.data..]
    }

    /// A line for each key and each value.
    pub(crate) fn lines(&self) -> Vec<&str> {
        std::str::from_utf8(self.data())
            .expect("digits")
            .lines()
            .collect()
    }
}

/// Compares the bytes that `wt` finds in a table with what was stored. Returns the dump, which
/// `wt load` reads.
pub(crate) fn check(home: &Path, stored: &Stored) -> Dump {
    let dump = Dump::of(home, &stored.uri, &["dump", "-x"]);
    let lines = dump.lines();
    assert_eq!(lines.len(), 2 * stored.entries.len(), "{}", stored.uri);
    for (line, (key, value)) in lines.chunks(2).zip(&stored.entries) {
        same(&stored.uri, line[0].as_bytes(), hex(key).as_bytes());
        same(&stored.uri, line[1].as_bytes(), hex(value).as_bytes());
    }
    dump
}

/// Compares what `wt` unpacks from those bytes. Not for bytes as values: in place of an empty one
/// this release shows the value before it.
pub(crate) fn check_shown<K: Sample, V: Sample>(home: &Path, entries: &Entries<K, V>) {
    assert_ne!(V::FORMAT, "u");
    let shown = entries
        .iter()
        .flat_map(|(key, value)| [key.shown(), value.shown()]);
    let shown = shown
        .map(|item| [&item[..], b"\n"].concat())
        .collect::<Vec<_>>()
        .concat();
    // As a whole: a text may have line ends of its own.
    let uri = format!("table:{}", name::<K, V>());
    same(
        &uri,
        Dump::of(home, &uri, &["dump", "-p", "-x"]).data(),
        &shown,
    );
}

/// Compares texts that are too long to be printed.
pub(crate) fn same(what: &str, left: &[u8], right: &[u8]) {
    if left == right {
        return;
    }
    let at = left
        .iter()
        .zip(right)
        .take_while(|(left, right)| left == right)
        .count();
    let from = at.saturating_sub(40);
    let (left, right) = (show(&left[from..]), show(&right[from..]));
    panic!("{what}: from byte {from} on they differ:\n{left}\n{right}");
}

/// The beginning of a text.
fn show(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(400)]).into_owned()
}
