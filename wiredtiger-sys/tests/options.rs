//! The README's tables of options: complete and without strangers, by the engine's own lists, and
//! true about the safe crate. Where the source or the safe crate is not there, its part is left out.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "ticklist/rust_paths.rs"]
mod rust_paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const README: &str = include_str!("../README.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The answers of a row, by the names of its options.
type Rows = BTreeMap<String, String>;

/// The tables of options, by their methods.
fn tables() -> BTreeMap<String, Rows> {
    let mut tables: BTreeMap<String, Rows> = BTreeMap::new();
    let mut heading = String::new();
    let mut inside = false;
    for line in README.lines() {
        if let Some(title) = line.strip_prefix("#### ") {
            heading = title.trim_matches('`').to_owned();
        }
        inside = line == "| option | safe crate |" || inside && line.starts_with('|');
        if !inside || line.starts_with("|-") || line.starts_with("| option") {
            continue;
        }
        let (names, answer) = line
            .strip_prefix('|')
            .and_then(|line| line.strip_suffix('|')?.split_once('|'))
            .unwrap_or_else(|| panic!("not a row: {line}"));
        let rows = tables.entry(heading.clone()).or_default();
        for name in names.split(',').map(|name| name.trim().trim_matches('`')) {
            let before = rows.insert(name.to_owned(), answer.trim().to_owned());
            assert!(before.is_none(), "{heading} {name} has two rows");
        }
    }
    tables
}

/// The options of a method in the engine's list, those of groups as `group.option`.
fn known(source: &str, method: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(
        source,
        &format!("confchk_{}", method.replace('.', "_")),
        "",
        &mut names,
    );
    names
}

/// Reads `static const WT_CONFIG_CHECK LIST[] = { {"name", "type", …, SUBLIST, …}, … {NULL, …`.
fn collect(source: &str, list: &str, group: &str, names: &mut BTreeSet<String>) {
    let start = format!("static const WT_CONFIG_CHECK {list}[] =");
    let (_, rest) = source
        .split_once(&start)
        .unwrap_or_else(|| panic!("{list} is not in the engine's source"));
    let (entries, _) = rest.split_once("{NULL").unwrap();
    for entry in entries.split("{\"").skip(1) {
        let (name, rest) = entry.split_once('"').unwrap();
        let name = format!("{group}{name}");
        match rest
            .split_once("confchk_")
            .filter(|_| rest.contains("\"category\""))
        {
            Some((_, sublist)) => {
                let sublist = format!("confchk_{}", word(sublist));
                collect(source, &sublist, &format!("{name}."), names);
            }
            None => {
                names.insert(name);
            }
        }
    }
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The methods that a program calls with options, as the engine lists them: `{"METHOD", "defaults",
/// LIST, …`, where the list is `NULL` if there are none.
fn methods_with_options(source: &str) -> BTreeSet<String> {
    let (_, entries) = source
        .split_once("static const WT_CONFIG_ENTRY config_entries[] = {")
        .unwrap();
    let called = |name: &&str| {
        let of = ["WT_CONNECTION.", "WT_SESSION.", "WT_CURSOR."];
        of.iter().any(|of| name.starts_with(of)) || *name == "wiredtiger_open"
    };
    let entries = entries.split("{\"").skip(1);
    let with_options = entries.filter(|entry| entry.contains("confchk_"));
    let names = with_options.filter_map(|entry| entry.split('"').next());
    names.filter(called).map(str::to_owned).collect()
}

/// Whether a row is about an option, or about a group that it is in.
fn is_about(row: &str, option: &str) -> bool {
    option
        .strip_prefix(row)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[test]
fn each_option_of_the_engine_has_a_row() {
    let path = Path::new(ROOT).join("wiredtiger/src/config/config_def.c");
    let Ok(source) = fs::read_to_string(path) else {
        return;
    };
    let tables = tables();
    let methods = methods_with_options(&source);
    for method in [
        "wiredtiger_open",
        "WT_SESSION.open_cursor",
        "WT_CURSOR.bound",
    ] {
        assert!(methods.contains(method), "{method} is not in {methods:?}");
    }
    let missing: Vec<_> = methods
        .iter()
        .filter(|method| !tables.contains_key(*method))
        .collect();
    assert!(missing.is_empty(), "README.md lacks tables of {missing:#?}");
    for (method, rows) in tables {
        let known = known(&source, &method);
        assert!(!known.is_empty(), "{method} has no options");
        let missing: Vec<_> = known
            .iter()
            .filter(|option| !rows.keys().any(|row| is_about(row, option)))
            .collect();
        assert!(
            missing.is_empty(),
            "README.md lacks rows of {method} for {missing:#?}"
        );
        let strangers: Vec<_> = rows
            .keys()
            .filter(|row| !known.iter().any(|option| is_about(row, option)))
            .collect();
        assert!(strangers.is_empty(), "{method} has no {strangers:#?}");
    }
}

#[test]
fn rust_paths_are_there() {
    let source = Path::new(ROOT).join("../wiredtiger/src");
    if !source.is_dir() {
        return;
    }
    let functions = rust_paths::public_functions(&source).unwrap();
    let mut wrong = Vec::new();
    for (method, rows) in tables() {
        for (option, answer) in rows {
            if answer.strip_prefix("— ").is_some_and(|why| !why.is_empty()) {
                continue;
            }
            for path in answer.split(',').map(|path| path.trim().trim_matches('`')) {
                if !functions.contains(path) {
                    wrong.push(format!("{method} {option}: {path}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "the safe crate has no such public functions: {wrong:#?}"
    );
}

/// What the README says is given in the engine's language is let through by the safe crate, and
/// what it refuses is said to have another way, or none.
#[test]
fn the_escape_is_open_for_what_has_no_method() {
    let path = Path::new(ROOT).join("../wiredtiger/src/config/refused.rs");
    let Ok(refused) = fs::read_to_string(path) else {
        return;
    };
    let methods = [
        ("wiredtiger_open", "Open"),
        ("WT_SESSION.create", "Create"),
        ("WT_CONNECTION.open_session", "OpenSession"),
        ("WT_CONNECTION.reconfigure", "Reconfigure"),
        ("WT_SESSION.begin_transaction", "BeginTransaction"),
    ];
    let tables = tables();
    for (method, word) in methods {
        for (option, answer) in &tables[method] {
            let name = option.split('.').next().unwrap();
            let is_refused = refused.contains(&format!("({word}, \"{name}\","));
            assert!(
                !(is_refused && answer.contains("::raw`")),
                "{method} {option} is refused by raw"
            );
        }
    }
    assert!(
        refused.contains("(Open, \"extensions\","),
        "the list is read rightly"
    );
}
