//! The README's tick-list of C functions: complete, without strangers, and true about the safe
//! crate. In the published package, which has no safe crate beside it, the last part is left out.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "abi/bindings.rs"]
#[allow(dead_code, reason = "the other test reads more of it")]
mod bindings;
#[path = "ticklist/raw_calls.rs"]
mod raw_calls;
#[path = "ticklist/rows.rs"]
mod rows;
#[path = "ticklist/rust_paths.rs"]
mod rust_paths;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bindings::Bindings;
use rows::Answer;

/// The C functions and methods of the bindings, as the README writes them.
fn bound() -> BTreeSet<String> {
    let bindings = Bindings::parse(include_str!("../src/bindings.rs")).unwrap();
    let mut names: BTreeSet<String> = bindings
        .functions
        .iter()
        .map(|function| function.name.clone())
        .collect();
    for each in &bindings.structs {
        let alias = bindings
            .aliases
            .iter()
            .find(|alias| is_path(&alias.ty, &each.name));
        for field in each.fields.iter().filter(|field| is_function(&field.ty)) {
            let alias = alias.unwrap_or_else(|| panic!("{} has no WT_ name", each.name));
            names.insert(format!("{}::{}", alias.name, field.c_name()));
        }
    }
    names
}

fn is_path(ty: &syn::Type, name: &str) -> bool {
    matches!(ty, syn::Type::Path(path) if path.path.is_ident(name))
}

/// Only function pointers are optional in the bindings.
fn is_function(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

fn rows() -> BTreeMap<String, Answer> {
    rows::read(include_str!("../README.md")).unwrap()
}

/// The source of the safe crate, which a published package does not have beside it.
fn safe_crate() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wiredtiger/src");
    source.is_dir().then_some(source)
}

#[test]
fn each_function_and_method_has_a_row() {
    let (bound, rows) = (bound(), rows());
    assert!(
        bound.len() > 150,
        "only {} names were found in the bindings",
        bound.len()
    );
    let missing: Vec<_> = bound
        .iter()
        .filter(|name| !rows.contains_key(*name))
        .collect();
    assert!(missing.is_empty(), "README.md lacks rows for {missing:#?}");
    let strangers: Vec<_> = rows.keys().filter(|name| !bound.contains(*name)).collect();
    assert!(
        strangers.is_empty(),
        "README.md has rows for what is not bound: {strangers:#?}"
    );
}

#[test]
fn rust_paths_are_there() {
    let Some(source) = safe_crate() else { return };
    let known = rust_paths::public_functions(&source).unwrap();
    let mut wrong = Vec::new();
    for (name, answer) in rows() {
        if let Answer::Paths(paths) = answer {
            let unknown = paths.into_iter().filter(|path| !known.contains(path));
            wrong.extend(unknown.map(|path| format!("{name}: {path}")));
        }
    }
    assert!(
        wrong.is_empty(),
        "the safe crate has no such public functions: {wrong:#?}"
    );
}

#[test]
fn what_the_safe_crate_calls_is_ticked() {
    let Some(source) = safe_crate() else { return };
    let called = raw_calls::find(&source.join("raw"), &bound()).unwrap();
    assert!(
        called.contains("wiredtiger_open"),
        "no calls were found: {called:?}"
    );
    let mut wrong = Vec::new();
    for (name, answer) in rows() {
        match answer {
            Answer::None if called.contains(&name) => wrong.push(format!("{name} is called")),
            Answer::Internal if !called.contains(&name) => {
                wrong.push(format!("{name} is not called"));
            }
            _ => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "README.md says otherwise than src/raw: {wrong:#?}"
    );
}

#[test]
fn rows_that_say_nothing_are_refused() {
    let table = |row: &str| format!("| C | safe crate |\n|---|---|\n{row}\n");
    for row in [
        "| `wiredtiger_open` | |",
        "| `wiredtiger_open` | yes |",
        "| `wiredtiger_open` | — |",
        "| `wiredtiger_open` | internal |",
        "| wiredtiger_open | `Connection::open` |",
        "| `wiredtiger_open` | `Connection::open` | more |",
        "| `wiredtiger_open` | `Connection::open` |\n| `wiredtiger_open` | — not yet |",
    ] {
        assert!(rows::read(&table(row)).is_err(), "{row}: accepted");
    }
    let text = table("| `wiredtiger_open` | `A::b`, `A::c` |\n| `WT_X::y` | — not yet |");
    assert_eq!(rows::read(&text).unwrap().len(), 2);
}
